"""Films from the other side: playlists, lies, bombs, cuts, and two hundred mutants."""

from __future__ import annotations

import os
import random
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import av
import pytest
from PIL import Image

from studio.media import MediaError, Refused, mp4, take_frame, take_image, take_sound, take_video
from studio.media.decoders.opening import opened
from studio.media.webm import survey as survey_webm

Film = Callable[..., Path]

SEED = int(os.environ.get("MEDIA_SEED", "20"))
MUTANTS = int(os.environ.get("MEDIA_MUTANTS", "200"))


def rule(source: Path, folder: Path) -> str:
    with pytest.raises(Refused) as caught:
        take_video(source, folder)
    assert not list(folder.iterdir())
    return caught.value.rule


PLAYLISTS = (
    b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
    b"#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/film.ts\n",
    b"ffconcat version 1.0\nfile sibling.mp4\n",
    b"<?xml version='1.0'?><MPD xmlns='urn:mpeg:dash:schema:mpd:2011'/>",
    b"v=0\no=- 0 0 IN IP4 127.0.0.1\nm=video 9 RTP/AVP 96\n",
    b"<html><script>alert(1)</script></html>",
    b'{"code": 404, "message": "expired"}',
)


@pytest.mark.parametrize("content", PLAYLISTS)
def test_a_playlist_named_mp4_is_refused(content: bytes, folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(content)
    assert rule(source, folder) == "not-a-video"


def test_the_decoder_itself_never_follows_a_list_of_files(film: Film, tmp_path: Path) -> None:
    (tmp_path / "sibling.mp4").write_bytes(film().read_bytes())
    script = tmp_path / "film.mp4"
    script.write_bytes(b"ffconcat version 1.0\nfile sibling.mp4\n")
    with av.open(str(script)) as followed:  # what would happen without a word about the format
        assert next(followed.decode(video=0)).width == 640
    for kind in ("mp4", "webm", "mp3", "wav", "aac", "ogg"):
        with pytest.raises(Refused), opened(script, kind) as container:
            list(container.decode())


def test_every_cut_of_a_film_is_refused_without_a_decoder(film: Film, tmp_path: Path) -> None:
    early = film(frames=12, size=(160, 90))
    late = film(frames=12, size=(160, 90), options=(("movflags", "0"),))
    for whole in (early, late):
        source = tmp_path / "cut.mp4"
        source.write_bytes(whole.read_bytes())
        mp4.survey(source)
        for length in range(source.stat().st_size - 1, 0, -1):
            os.truncate(source, length)
            with pytest.raises(Refused):
                mp4.survey(source)


def test_every_cut_of_a_webm_is_refused_without_a_decoder(film: Film, tmp_path: Path) -> None:
    source = tmp_path / "cut.webm"
    source.write_bytes(film(frames=6, size=(160, 90), kind="webm").read_bytes())
    survey_webm(source)
    for length in range(source.stat().st_size - 1, 0, -1):
        os.truncate(source, length)
        with pytest.raises(Refused):
            survey_webm(source)


def test_a_cut_film_is_truncated(film: Film, folder: Path, tmp_path: Path) -> None:
    content = film().read_bytes()
    source = tmp_path / "cut.mp4"
    source.write_bytes(content[:-1])
    assert rule(source, folder) == "truncated"


def box(kind: bytes, content: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def nested(depth: int) -> bytes:
    content = b""
    for _ in range(depth):
        content = box(b"trak", content)
    return content


@pytest.mark.parametrize(
    "content",
    [
        box(b"ftyp", b"isom\0\0\0\0") + box(b"free") * 5000,
        box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", nested(40)) + box(b"mdat", b"x"),
        box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"free") * 5000) + box(b"mdat", b"x"),
        box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"cmov", b"x" * 9)) + box(b"mdat", b"x"),
        box(b"ftyp", b"isom\0\0\0\0") + b"\0\0\0\1mdat" + b"\xff" * 8,
        box(b"ftyp", b"isom\0\0\0\0") + b"\0\0\0\1mdat" + b"\0" * 8,
        box(b"ftyp", b"isom\0\0\0\0") + b"\0\0\0\4mdat",
        box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", b"\xff" * 8) + box(b"mdat", b"x"),
        box(b"ftyp", b"isom\0\0\0\0") + box(b"mdat", b"x"),
        b"\0\0\0\0ftyp",
    ],
)
def test_boxes_that_lie_are_refused(content: bytes, folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(content)
    assert rule(source, folder) in {"odd-structure", "truncated"}


def test_the_survey_of_boxes_survives_any_bytes(film: Film, tmp_path: Path) -> None:
    whole = film(frames=2, size=(64, 64), sound=False).read_bytes()
    source = tmp_path / "mutant.mp4"
    chance = random.Random(SEED)
    for _ in range(3000):
        source.write_bytes(mutated(whole, chance))
        try:
            mp4.survey(source)
        except Refused:
            pass


def patched(film: Path, target: Path, changes: dict[bytes, tuple[int, bytes]]) -> Path:
    content = bytearray(film.read_bytes())
    for kind, (offset, value) in changes.items():
        at = content.index(kind) + 4 + offset
        content[at : at + len(value)] = value
    target.write_bytes(content)
    return target


def test_a_header_that_names_too_much_is_refused_before_decoding(
    film: Film, folder: Path, tmp_path: Path
) -> None:
    small = film(frames=2, size=(64, 64), sound=False)
    huge = patched(small, tmp_path / "huge.mp4", {b"stsd": (40, b"\x75\x30\x75\x30")})
    assert rule(huge, folder) == "too-many-pixels"
    hours = patched(small, tmp_path / "hours.mp4", {b"mvhd": (16, b"\0\x6d\xdd\0")})
    assert rule(hours, folder) == "too-long"


def test_a_film_larger_than_its_header_says_is_refused(folder: Path, tmp_path: Path) -> None:
    large = tmp_path / "large.mp4"
    with av.open(str(large), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height = 4096, 2880
        stream.options = {"preset": "ultrafast"}
        container.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (4096, 2880)))))
        container.mux(stream.encode(None))
    liar = patched(large, tmp_path / "liar.mp4", {b"stsd": (40, b"\0\x40\0\x40")})
    with pytest.raises(MediaError):
        take_video(liar, folder)


def test_a_film_longer_than_its_header_says_is_refused(folder: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.mp4"
    with av.open(str(long), "w") as container:
        stream = container.add_stream("libx264", rate=1)
        stream.width, stream.height = 64, 64
        for _ in range(125):
            container.mux(stream.encode(av.VideoFrame.from_image(Image.new("RGB", (64, 64)))))
        container.mux(stream.encode(None))
    assert rule(long, folder) == "too-long"
    short = (16, struct.pack(">I", 1000))
    liar = patched(long, tmp_path / "liar.mp4", {b"mvhd": short})
    assert rule(liar, folder) == "too-long"


def test_a_film_without_pictures_or_with_an_unknown_codec_is_refused(
    film: Film, sound: Film, folder: Path, tmp_path: Path
) -> None:
    assert rule(sound("m4a"), folder) == "no-video"
    content = film(frames=2, size=(64, 64), sound=False).read_bytes().replace(b"avc1", b"zzzz")
    source = tmp_path / "odd.mp4"
    source.write_bytes(content)
    assert rule(source, folder) in {"codec", "damaged", "no-video"}


def mutated(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 2, 5, 20, 100))):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def test_no_mutant_ends_in_anything_but_an_error_or_a_result(
    film: Film, sound: Film, photo: Film, tmp_path: Path
) -> None:
    """More of them, or others: MEDIA_MUTANTS=2000 MEDIA_SEED=7."""
    with Image.open(photo("rocket.jpg")) as rocket:
        pictures = []
        for form in ("JPEG", "PNG", "GIF", "WEBP", "AVIF"):
            rocket.resize((96, 64)).save(tmp_path / form, format=form)
            pictures.append((take_image, (tmp_path / form).read_bytes()))
    small = {"frames": 8, "size": (96, 64)}
    films = [(take_video, film(**small).read_bytes()), (take_video, film(**small, kind="webm").read_bytes())]  # fmt: skip
    sounds = [(take_sound, sound(kind, seconds=0.2).read_bytes()) for kind in ("mp3", "m4a", "ogg")]
    chance = random.Random(SEED)
    jobs = []
    for number in range(MUTANTS):
        take, content = chance.choice([*pictures, *films, *films, *sounds])
        jobs.append((number, take, mutated(content, chance)))

    def attempt(job: tuple[int, Callable[[Path, Path], object], bytes]) -> bool:
        number, take, content = job
        source, folder = tmp_path / f"mutant-{number}", tmp_path / f"taken-{number}"
        source.write_bytes(content)
        folder.mkdir()
        try:
            take(source, folder)
        except MediaError:
            assert not list(folder.iterdir())
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        taken = list(pool.map(attempt, jobs))
    assert 0 < sum(taken) < len(taken)


def test_a_hostile_film_gives_no_frame_either(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "film.mp4"
    source.write_bytes(PLAYLISTS[2])
    with pytest.raises(Refused):
        take_frame(source, folder / "f.png", None)
