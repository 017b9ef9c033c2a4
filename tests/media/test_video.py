"""Films: facts, everything that is made from them, and the exact frame."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from PIL import Image, ImageChops, ImageStat

from studio.media import Refused, take_frame, take_video

Film = Callable[..., Path]


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as container:
        return list(container.decode(video=0))


def same(png: Path, frame: av.VideoFrame) -> bool:
    with Image.open(png) as image:
        return (
            ImageChops.difference(image, frame.to_image(interpolation="BICUBIC")).getbbox() is None
        )


def test_the_facts_of_a_film_with_sound(film: Film, folder: Path) -> None:
    source = film()
    video = take_video(source, folder)
    assert (video.width, video.height) == (640, 360)
    assert (video.frames, video.fps_milli, video.duration_ms) == (48, 24_000, 2_000)
    assert (video.video_codec, video.audio_codec, video.has_audio) == ("h264", "aac", True)
    assert video.bytes == source.stat().st_size
    made = {"last.png", "poster.webp", "preview.mp4", "sprite.webp"}
    assert {path.name for path in folder.iterdir()} == made


def test_a_silent_portrait(film: Film, folder: Path) -> None:
    video = take_video(film(size=(360, 640), sound=False), folder)
    assert (video.width, video.height) == (360, 640)
    assert (video.audio_codec, video.has_audio) == ("", False)
    with Image.open(video.poster) as poster, Image.open(video.sprite) as sprite:
        assert poster.size == (360, 640)
        assert sprite.size == (12 * 160, 284)


@pytest.mark.parametrize("kind", ["mov", "webm"])
def test_other_containers(kind: str, film: Film, folder: Path) -> None:
    video = take_video(film(kind=kind), folder)
    assert video.frames == 48
    assert abs(video.duration_ms - 2000) <= 2
    assert video.has_audio


def test_fragments_and_a_late_index_are_films_too(film: Film, folder: Path) -> None:
    fragmented = film(options=(("movflags", "+frag_keyframe+empty_moov"),))
    late = film(options=(("movflags", "0"),))
    for source in (fragmented, late):
        assert take_video(source, folder).frames == 48


def test_a_film_of_one_frame_has_everything(film: Film, folder: Path) -> None:
    source = film(frames=1, sound=False, size=(64, 64))
    video = take_video(source, folder)
    assert (video.frames, video.duration_ms) == (1, 42)
    assert same(video.last, decoded(source)[0])
    with Image.open(video.sprite) as sprite:
        assert sprite.size == (12 * 64, 64)
    assert len(decoded(video.preview)) == 1


def test_poster_and_strip_have_their_sizes(film: Film, folder: Path) -> None:
    video = take_video(film(frames=30, size=(1280, 720)), folder)
    with Image.open(video.poster) as poster, Image.open(video.sprite) as sprite:
        assert (poster.format, poster.size) == ("WEBP", (640, 360))
        assert (sprite.format, sprite.size) == ("WEBP", (12 * 160, 90))


def test_the_strip_runs_through_the_whole_film(film: Film, folder: Path) -> None:
    source = film()
    frames = decoded(source)
    with Image.open(take_video(source, folder).sprite) as sprite:
        for cell in range(12):
            shown = sprite.crop((cell * 160, 0, cell * 160 + 160, 90))
            meant = frames[cell * 4].to_image(width=160, height=90, interpolation="AREA")
            assert max(ImageStat.Stat(ImageChops.difference(shown, meant)).mean) < 8


def test_the_poster_passes_over_a_dark_beginning(film: Film, folder: Path) -> None:
    with Image.open(take_video(film(dark=10), folder).poster) as poster:
        assert ImageStat.Stat(poster.convert("L")).mean[0] > 30


def test_a_film_that_is_dark_throughout_still_has_a_poster(film: Film, folder: Path) -> None:
    video = take_video(film(frames=12, dark=12, sound=False), folder)
    with Image.open(video.poster) as poster:
        assert poster.size == (640, 360)


def test_the_preview_plays_small_silent_and_soon(film: Film, folder: Path) -> None:
    video = take_video(film(frames=96), folder)
    content = video.preview.read_bytes()
    assert len(content) <= 30_000
    assert content.index(b"moov") < content.index(b"mdat")
    with av.open(str(video.preview)) as container:
        assert not container.streams.audio
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (320, 180)
        assert (stream.average_rate, stream.codec_context.pix_fmt) == (12, "yuv420p")
        frames = list(container.decode(stream))
    assert len(frames) == 30
    assert frames[-1].time == pytest.approx(29 / 12, abs=0.001)


def test_a_preview_of_pure_noise_stays_small(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "noise.mp4"
    with av.open(str(source), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height = 320, 320
        stream.options = {"preset": "ultrafast"}
        for _ in range(60):
            noise = Image.effect_noise((320, 320), 200).convert("RGB")
            container.mux(stream.encode(av.VideoFrame.from_image(noise)))
        container.mux(stream.encode(None))
    assert take_video(source, folder).preview.stat().st_size <= 30_000


def test_the_last_frame_is_pixel_by_pixel_that_of_a_full_decode(film: Film, folder: Path) -> None:
    source = film()
    last = decoded(source)[-1]
    assert same(take_video(source, folder).last, last)
    frame = take_frame(source, folder / "end.png", None)
    assert same(frame.file, last)
    assert (frame.width, frame.height, frame.at_ms) == (640, 360, 1958)


@pytest.mark.parametrize(("at_ms", "number"), [(0, 0), (41, 0), (42, 1), (1000, 24), (1999, 47)])
def test_a_frame_is_the_one_shown_at_that_moment(
    at_ms: int, number: int, film: Film, folder: Path
) -> None:
    source = film()
    assert same(take_frame(source, folder / "f.png", at_ms).file, decoded(source)[number])


@pytest.mark.parametrize("at_ms", [-1, 2000, 10**12])
def test_there_is_no_frame_outside_the_film(at_ms: int, film: Film, folder: Path) -> None:
    with pytest.raises(Refused) as caught:
        take_frame(film(), folder / "f.png", at_ms)
    assert caught.value.rule == "beyond-the-end"
    assert not list(folder.iterdir())


def test_a_film_shot_sideways_is_turned_upright(film: Film, folder: Path, tmp_path: Path) -> None:
    content = bytearray(film(sound=False).read_bytes())
    matrix = content.index(b"tkhd") + 4 + 40
    quarter = (0, 1 << 16, 0, -(1 << 16), 0, 0, 360 << 16, 0, 1 << 30)
    content[matrix : matrix + 36] = struct.pack(">9i", *quarter)
    source = tmp_path / "phone.mp4"
    source.write_bytes(content)
    video = take_video(source, folder)
    assert (video.width, video.height) == (360, 640)
    upright = decoded(source)[-1].to_image(interpolation="BICUBIC")
    with Image.open(video.last) as last, Image.open(video.poster) as poster:
        clockwise = upright.transpose(Image.Transpose.ROTATE_270)
        assert ImageChops.difference(last, clockwise).getbbox() is None
        assert poster.size == (360, 640)
    first = decoded(video.preview)[0]
    assert (first.width, first.height) == (180, 320)


def test_high_definition_without_a_named_matrix_keeps_its_colours(folder: Path, film: Film) -> None:
    frame = decoded(film(frames=2, size=(1280, 720), sound=False))[-1]
    video = take_video(film(frames=2, size=(1280, 720), sound=False), folder)
    as_browsers_do = frame.to_image(interpolation="BICUBIC", src_colorspace="ITU709")
    with Image.open(video.last) as last:
        assert ImageChops.difference(last, as_browsers_do).getbbox() is None


def test_the_source_is_not_touched(film: Film, folder: Path) -> None:
    source = film()
    before = source.read_bytes()
    take_video(source, folder)
    assert source.read_bytes() == before
