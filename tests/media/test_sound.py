"""Sounds: taken whole, copied without loss, and without what they carry along."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import av
import pytest

from studio.media import Refused, take_sound

Build = Callable[..., Path]


def samples(path: Path, kind: str) -> bytes:
    with av.open(str(path), format=kind) as container:
        return b"".join(bytes(plane) for f in container.decode(audio=0) for plane in f.planes)


@pytest.mark.parametrize(
    ("kind", "name", "mime", "codec"),
    [
        ("mp3", "sound.mp3", "audio/mpeg", "mp3"),
        ("wav", "sound.wav", "audio/wav", "pcm_s16le"),
        ("m4a", "sound.m4a", "audio/mp4", "aac"),
        ("aac", "sound.aac", "audio/aac", "aac"),
        ("ogg", "sound.ogg", "audio/ogg", "vorbis"),
        ("opus", "sound.ogg", "audio/ogg", "opus"),
    ],
)
def test_a_sound_is_copied_without_loss_and_without_its_tags(
    kind: str, name: str, mime: str, codec: str, sound: Build, folder: Path
) -> None:
    source = sound(kind)
    taken = take_sound(source, folder)
    assert (taken.file.name, taken.mime, taken.codec) == (name, mime, codec)
    assert (taken.channels, taken.rate) == (2 if kind == "ogg" else 1, 48_000)
    assert abs(taken.duration_ms - 2000) < 100
    content = taken.file.read_bytes()
    assert b"secret" in source.read_bytes() or kind == "aac"
    assert b"secret" not in content
    assert (taken.bytes, taken.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    form = {"m4a": "mp4", "opus": "ogg"}.get(kind, kind)
    assert samples(taken.file, form) == samples(source, form)


def test_the_waveform_shows_where_it_is_loud(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "half.wav"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        for number in range(100):
            frame = av.AudioFrame(format="s16", layout="mono", samples=800)
            frame.planes[0].update((b"\0\0" if number < 50 else b"\xff\x3f") * 800)
            frame.rate, frame.pts = 8000, number * 800
            container.mux(stream.encode(frame))
    peaks = take_sound(source, folder).peaks
    assert len(peaks) == 200
    assert set(peaks[:98]) == {0}
    assert all(120 <= peak <= 130 for peak in peaks[102:])


def test_a_very_short_sound_has_fewer_peaks(sound: Build, folder: Path) -> None:
    taken = take_sound(sound("wav", seconds=0.1), folder)
    assert (taken.duration_ms, len(taken.peaks)) == (100, 5)


def rule(source: Path, folder: Path) -> str:
    with pytest.raises(Refused) as caught:
        take_sound(source, folder)
    assert not list(folder.iterdir())
    return caught.value.rule


def test_a_film_is_not_a_sound(film: Build, folder: Path) -> None:
    assert rule(film(), folder) == "not-a-sound"


def test_a_song_with_a_cover_is_a_sound(
    sound: Build, photo: Build, folder: Path, tmp_path: Path
) -> None:
    cover = photo("rocket.jpg").read_bytes()[:60_000]
    picture = b"\0image/jpeg\0\x03\0" + cover
    frame = b"APIC" + len(picture).to_bytes(4, "big") + b"\0\0" + picture
    size = bytes(len(frame) >> shift & 0x7F for shift in (21, 14, 7, 0))
    source = tmp_path / "song.mp3"
    source.write_bytes(b"ID3\x03\0\0" + size + frame + sound("mp3").read_bytes())
    taken = take_sound(source, folder)
    assert taken.bytes < 50_000
    assert cover[:200] not in taken.file.read_bytes()


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b"<html><script>alert(1)</script></html>", "not-a-sound"),
        (b"fLaC" + b"\0" * 100, "not-a-sound"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "not-a-sound"),
        (b"ID3\x03\0\0\0\0\0\0" + b"<script>" * 100, "damaged"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "damaged"),
        (b"OggS" + b"\0" * 200, "damaged"),
        (b"RIFF\x24\0\0\0WAVE" + b"\0" * 20_000_000, "too-large"),
    ],
)
def test_what_is_no_sound_is_refused(
    content: bytes, expected: str, folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "sound.mp3"
    source.write_bytes(content)
    assert rule(source, folder) == expected


def test_ten_minutes_are_enough(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "long.wav"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("pcm_u8", rate=8000, layout="mono")
        for number in range(601):
            frame = av.AudioFrame(format="u8", layout="mono", samples=8000)
            frame.planes[0].update(b"\x80" * 8000)
            frame.rate, frame.pts = 8000, number * 8000
            container.mux(stream.encode(frame))
    assert rule(source, folder) == "too-long"


def test_a_cut_recording_is_truncated(sound: Build, folder: Path, tmp_path: Path) -> None:
    content = sound("m4a").read_bytes()
    source = tmp_path / "cut.m4a"
    source.write_bytes(content[: len(content) * 2 // 3])
    assert rule(source, folder) == "truncated"
