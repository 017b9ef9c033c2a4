"""The order of system calls by which a file becomes durable, and what happens when one fails."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.net import NoSpace, download
from studio.net.landing import landing

CALLS = ("write", "fsync", "rename")


@pytest.fixture
def calls(monkeypatch, target) -> list[str]:
    """The calls that matter, in order; an fsync says what it was done to.

    It asks for `target` so that pytest has made its own folders and lock files before.
    """
    made: list[str] = []

    def record(name: str) -> None:
        real = getattr(os, name)

        def called(*args, **kwargs):
            what = name
            if name == "fsync":
                what += " folder" if stat.S_ISDIR(os.fstat(args[0]).st_mode) else " file"
            made.append(what)
            return real(*args, **kwargs)

        monkeypatch.setattr(os, name, called)

    for name in CALLS:
        record(name)
    return made


def fail(monkeypatch, name: str, code: int, nth: int) -> None:
    """Let the nth call of os.<name> fail with `code`."""
    real, count = getattr(os, name), 0

    def called(*args, **kwargs):
        nonlocal count
        count += 1
        if count == nth:
            raise OSError(code, os.strerror(code))
        return real(*args, **kwargs)

    monkeypatch.setattr(os, name, called)


def test_the_file_is_durable_before_its_name_and_the_name_before_we_say_so(calls, target) -> None:
    with landing(target) as write:
        write(b"abc")
        write(b"def")
    assert calls == ["write", "write", "fsync file", "rename", "fsync folder"]
    assert target.read_bytes() == b"abcdef"


def test_a_download_lands_in_the_same_order(calls, target, serve) -> None:
    server = serve(lambda peer: peer.answer(b"abc"))
    download(server.origin, target, allow_private={server.host}, max_bytes=9, deadline=5)
    assert calls == ["write", "fsync file", "rename", "fsync folder"]


def test_until_the_end_there_is_only_a_partial_file_closed_to_others(target) -> None:
    with landing(target) as write:
        write(b"abc")
        (partial,) = target.parent.iterdir()
        assert partial.name.startswith(".")
        assert partial.suffix == ".part"
        assert stat.S_IMODE(partial.stat().st_mode) == 0o600
        assert not target.exists()


def test_a_write_that_the_system_cuts_short_is_carried_on(monkeypatch, target) -> None:
    real: Callable = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: real(fd, bytes(data)[:2]))
    with landing(target) as write:
        write(b"abcdefg")
    assert target.read_bytes() == b"abcdefg"


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize(
    ("name", "nth"),
    [("open", 2), ("write", 1), ("write", 2), ("fsync", 1), ("rename", 1), ("fsync", 2)],
)
def test_a_full_disk_is_said_plainly_and_leaves_nothing(
    monkeypatch, target, name: str, nth: int, code: int
) -> None:
    fail(monkeypatch, name, code, nth)
    with pytest.raises(NoSpace) as caught, landing(target) as write:
        write(b"abc")
        write(b"def")
    assert caught.value.may_heal
    assert os.listdir(target.parent) == []


@pytest.mark.parametrize(("name", "nth"), [("write", 2), ("fsync", 1), ("rename", 1), ("fsync", 2)])
def test_a_broken_disk_keeps_its_own_error_and_leaves_nothing(
    monkeypatch, target, name: str, nth: int
) -> None:
    fail(monkeypatch, name, errno.EIO, nth)
    with pytest.raises(OSError, match="Input/output error"), landing(target) as write:
        write(b"abc")
        write(b"def")
    assert os.listdir(target.parent) == []


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_whatever_ends_the_block_leaves_nothing(target, error: type[BaseException]) -> None:
    with pytest.raises(error), landing(target) as write:
        write(b"abc")
        raise error
    assert os.listdir(target.parent) == []


def test_a_symlink_in_the_targets_place_is_replaced_and_not_followed(target, tmp_path) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    target.symlink_to(victim)
    with landing(target) as write:
        write(b"abc")
    assert victim.read_bytes() == b"precious"
    assert not target.is_symlink()
    assert target.read_bytes() == b"abc"


@pytest.mark.parametrize("plant", ["file", "symlink"])
def test_a_partial_file_planted_beforehand_is_never_written_to(
    monkeypatch, target, tmp_path, plant: str
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _length: "guessed")
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    planted: Path = target.parent / ".guessed.part"
    if plant == "file":
        planted.write_bytes(b"precious")
    else:
        planted.symlink_to(victim)
    with pytest.raises(FileExistsError), landing(target):
        pass
    assert victim.read_bytes() == b"precious"


def test_a_missing_folder_is_an_ordinary_error(tmp_path) -> None:
    with pytest.raises(FileNotFoundError), landing(tmp_path / "nowhere" / "v.mp4"):
        pass
