"""The wall: whatever a child does, the parent lives and raises one of three errors."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from studio.media import Broken, MediaError, NoSpace, Refused, child, limits, take_image

Impostor = Callable[[str], None]


@pytest.fixture
def impostor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Impostor:
    """Put another program in the child's place: a decoder that a hostile file has taken over."""

    def write(program: str) -> None:
        entry = tmp_path / "impostor.py"
        head = "import os, signal, sys, time\noperation, source, stage, *_ = sys.argv[1:]\n"
        entry.write_text(head + textwrap.dedent(program))
        monkeypatch.setattr(child, "ENTRY", entry)

    return write


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "SIGKILL"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
        ("sys.exit(3)", "exit 3"),
        ('print(\'{"full": ""}\')', "nonsense for an answer"),
        ("raise RuntimeError('secret')", "exit 1"),
        ("", "nonsense for an answer"),
        ("print('hello')", "nonsense for an answer"),
        ("print('{}')", "nonsense for an answer"),
        ("print('[1]')", "nonsense for an answer"),
        ("print('[' * 60000)", "nonsense for an answer"),
        ("print('{\"facts\": 1}')", "nonsense for an answer"),
        ('print(\'{"refused": "no-such-rule"}\')', "nonsense for an answer"),
        ("print('{\"facts\": {}}' + ' ' * 10**6)", "nonsense for format"),
        ("os.write(1, bytes(range(256)) * 100)", "nonsense for an answer"),
    ],
)
def test_a_child_that_gives_no_answer_is_broken(
    program: str, reason: str, impostor: Impostor, photo: Callable[[str], Path], folder: Path
) -> None:
    impostor(program)
    with pytest.raises(Broken) as caught:
        take_image(photo("rocket.jpg"), folder)
    assert caught.value.reason == reason
    assert not list(folder.iterdir())


def test_a_child_that_hangs_is_killed(
    impostor: Impostor, photo: Callable[[str], Path], folder: Path, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    monkeypatch.setattr(limits, "WALL_FACTOR", 0.03)
    impostor(f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(60)")
    with pytest.raises(Broken) as caught:
        take_image(photo("rocket.jpg"), folder)
    assert caught.value.reason == "timeout"
    assert not Path("/proc", (tmp_path / "pid").read_text()).exists()


FORGED = """
print('{"facts": {"format": "jpeg", "width": %s, "height": 16}}')
"""


@pytest.mark.parametrize("width", ["-1", "true", "1.5", '"16"', "null", "1e400", str(10**30)])
def test_forged_facts_are_not_believed(
    width: str, impostor: Impostor, photo: Callable[[str], Path], folder: Path
) -> None:
    files = "[open(f'{stage}/{n}', 'wb').write(b) for n, b in {'image.jpeg': b'\\xff\\xd8\\xff', 'thumb.webp': b'RIFF0000WEBP'}.items()]"
    impostor(files + FORGED % width)
    with pytest.raises(Broken):
        take_image(photo("rocket.jpg"), folder)


@pytest.mark.parametrize(
    "theft",
    [
        "os.symlink(source, stage + '/image.jpeg')",
        "os.link(source, stage + '/image.jpeg')",
        "os.mkfifo(stage + '/image.jpeg')",
        "os.mkdir(stage + '/image.jpeg')",
        "open(stage + '/image.jpeg', 'w').write('<script>alert(1)</script>')",
        "pass",
    ],
)
def test_only_plain_files_of_the_ordered_format_land(
    theft: str, impostor: Impostor, photo: Callable[[str], Path], folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "rocket.jpg"
    source.write_bytes(photo("rocket.jpg").read_bytes())
    thumb = "open(stage + '/thumb.webp', 'wb').write(b'RIFF0000WEBP')\n"
    impostor(thumb + theft + FORGED % "16")
    with pytest.raises(Broken):
        take_image(source, folder)
    assert not list(folder.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
@pytest.mark.parametrize("name", ["preview.mp4", "poster.webp", "last.png"])
def test_a_full_disk_is_told_from_a_bad_film(
    name: str, film: Callable[..., Path], folder: Path
) -> None:
    (folder / name).symlink_to("/dev/full")
    with pytest.raises(NoSpace):
        child.run("video", film(), folder, "mp4")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a disk that is always full")
def test_a_full_disk_is_told_from_a_bad_picture(photo: Callable[[str], Path], folder: Path) -> None:
    (folder / "image.jpeg").symlink_to("/dev/full")
    with pytest.raises(NoSpace):
        child.run("image", photo("rocket.jpg"), folder, "jpeg")


def test_no_more_than_two_children_run_at_a_time(
    impostor: Impostor, photo: Callable[[str], Path], folder: Path, tmp_path: Path
) -> None:
    diary = tmp_path / "diary"
    impostor(f"""
        diary = os.open({str(diary)!r}, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(diary, b"+")
        time.sleep(0.15)
        os.write(diary, b"-")
        print('{{"refused": "damaged"}}')
    """)

    def attempt(_: int) -> None:
        with pytest.raises(Refused):
            take_image(photo("rocket.jpg"), folder)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(attempt, range(6)))
    inside = most = 0
    for step in diary.read_text():
        inside += 1 if step == "+" else -1
        most = max(most, inside)
    assert most == 2


def enclosed(program: str, *, cpu: int = 20) -> subprocess.CompletedProcess[str]:
    lines = f"from studio.media import limits\nlimits.enclose({cpu})\n" + textwrap.dedent(program)
    return subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=False
    )


def test_a_child_cannot_have_more_memory_than_a_gibibyte() -> None:
    assert enclosed("bytearray(900 * 2**20)").returncode == 0
    assert "MemoryError" in enclosed("bytearray(1100 * 2**20)").stderr


def test_a_child_cannot_burn_the_processor() -> None:
    assert enclosed("while True: pass", cpu=1).returncode < 0


def test_a_child_cannot_fill_the_disk(tmp_path: Path) -> None:
    file = tmp_path / "file"
    result = enclosed(f"open({str(file)!r}, 'wb').write(bytes(65 * 2**20))")
    assert "File too large" in result.stderr
    assert file.stat().st_size <= 64 * 2**20


def test_a_child_cannot_open_many_files() -> None:
    assert "Too many open files" in enclosed("f = [open('/dev/null') for _ in range(40)]").stderr


def test_a_child_knows_nothing_of_the_environment(
    impostor: Impostor, photo: Callable[[str], Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STUDIO_SECRET_KEY", "only for tests")
    impostor(
        "print('{\"refused\": \"%s\"}' % ('damaged' if 'STUDIO_SECRET_KEY' in os.environ else 'empty'))"
    )
    with pytest.raises(Refused) as caught:
        take_image(photo("rocket.jpg"), folder)
    assert caught.value.rule == "empty"


def test_the_parent_loads_no_decoder(photo: Callable[[str], Path], folder: Path) -> None:
    program = f"""
        import sys
        from pathlib import Path
        from studio.media import take_image
        image = take_image(Path({str(photo("rocket.jpg"))!r}), Path({str(folder)!r}))
        assert image.file.exists()
        print([name for name in sys.modules if name.split(".")[0] in ("av", "PIL", "django")])
    """
    lines = textwrap.dedent(program)
    result = subprocess.run(
        [sys.executable, "-c", lines], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "[]"


def test_every_rule_has_a_sentence() -> None:
    with pytest.raises(KeyError):
        Refused("no-such-rule")
    assert issubclass(Refused, MediaError)
    assert Refused("damaged").sentence == "The file is damaged."
