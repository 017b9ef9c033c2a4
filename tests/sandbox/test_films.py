"""The films themselves: decoded and looked at."""

from __future__ import annotations

import io
import struct
import wave
from itertools import combinations
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from studio.sandbox import films, pictures
from studio.sandbox.effects import EFFECTS
from studio.sandbox.moves import MOVES
from studio.sandbox.orders import Film
from studio.sandbox.pictures import NotAPicture
from studio.sandbox.scenes import scene

PLAIN = Film(caption="", slate="Sandbox", ratio="16:9")


@pytest.fixture
def marked(tmp_path: Path) -> Path:
    """A grey picture with one white square in its middle: what moves is easily measured."""
    picture = Image.new("RGB", (1600, 900), (60, 60, 60))
    ImageDraw.Draw(picture).rectangle((740, 390, 860, 510), (255, 255, 255))
    path = tmp_path / "marked.png"
    picture.save(path)
    return path


def shoot(film: Film, sources: dict[str, Path], folder: Path, *, quick: bool = True) -> Path:
    """The film in a file."""
    path = folder / "film.mp4"
    films.render(film, sources, path, quick=quick)
    return path


def frames(path: Path) -> list[Image.Image]:
    """Every frame."""
    with av.open(str(path)) as film:
        return [frame.to_image() for frame in film.decode(video=0)]


def square(frame: Image.Image) -> tuple[float, float, float]:
    """Where the white square stands in a frame: its middle (0 to 1) and its width (share)."""
    width, height = frame.size
    body = frame.convert("L").crop((0, int(height * 0.14), width, height))
    box = body.point([255 if v > 200 else 0 for v in range(256)]).getbbox()
    assert box is not None, "the square is out of the picture"
    left, top, right, foot = box
    middle = (top + foot) / 2 + int(height * 0.14)
    return (left + right) / 2 / width, middle / height, (right - left) / width


def unlike(one: Image.Image, two: Image.Image) -> float:
    """Mean difference of two pictures, 0 to 255."""
    return float(ImageStat.Stat(ImageChops.difference(one.convert("L"), two.convert("L"))).mean[0])


def test_a_film_is_baseline_h264_with_its_index_in_front(tmp_path):
    path = shoot(PLAIN, {}, tmp_path, quick=False)
    with av.open(str(path)) as film:
        video = film.streams.video[0].codec_context
        assert (video.name, video.profile, video.pix_fmt) == (
            "h264",
            "Constrained Baseline",
            "yuv420p",
        )
        assert (video.width, video.height) == (1280, 720)
        assert float(film.duration / av.time_base) == pytest.approx(5, abs=0.05)
        assert not film.streams.audio
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize(
    ("ratio", "short", "size"),
    [
        ("16:9", 720, (1280, 720)),
        ("9:16", 720, (720, 1280)),
        ("1:1", 720, (720, 720)),
        ("4:3", 720, (960, 720)),
        ("16:9", 480, (854, 480)),
        ("16:9", 2160, (1280, 720)),
        ("21:9", 720, (1280, 548)),
        ("", 720, (1080, 720)),
    ],
)
def test_ratio_and_resolution_are_as_asked_and_capped(ratio, short, size):
    film = Film(caption="", slate="", ratio=ratio, short=short)
    assert pictures.size_of(film, (1500, 1000)) == size


@pytest.mark.parametrize("seconds", [4, 5, 8, 10])
def test_the_length_is_as_asked(tmp_path, seconds):
    film = Film(caption="", slate="", seconds=seconds)
    assert len(frames(shoot(film, {}, tmp_path))) == seconds * 12


@pytest.mark.parametrize(
    ("move", "axis", "sign"),
    [
        # The camera goes one way, what it films the other.
        ("horizontal left", 0, 1),
        ("horizontal right", 0, -1),
        ("vertical up", 1, 1),
        ("vertical down", 1, -1),
        ("pan left", 0, 1),
        ("pan right", 0, -1),
    ],
)
def test_the_picture_moves_against_the_camera(tmp_path, marked, move, axis, sign):
    film = Film(caption="", slate="", ratio="16:9", move=move)
    shown = frames(shoot(film, {"start": marked}, tmp_path))
    early, late = square(shown[len(shown) // 4]), square(shown[-len(shown) // 4])
    assert (late[axis] - early[axis]) * sign > 0.03
    assert abs(late[1 - axis] - early[1 - axis]) < 0.01


@pytest.mark.parametrize(("move", "sign"), [("zoom_in left", 1), ("zoom_out left", -1)])
def test_zooming_changes_the_size(tmp_path, marked, move, sign):
    film = Film(caption="", slate="", ratio="16:9", move=move)
    shown = frames(shoot(film, {"start": marked}, tmp_path))
    assert (square(shown[-1])[2] - square(shown[0])[2]) * sign > 0.01


def test_no_two_of_the_twenty_movements_are_alike(tmp_path):
    asked = [
        f"{kind} {direction}"
        for kind in ("horizontal", "vertical", "zoom_in", "zoom_out", "pan")
        for direction in ("left", "right", "up", "down")
    ]
    ends = {}
    for move in asked:
        film = Film(caption="", slate="", seconds=1, ratio="16:9", move=move)
        shown = frames(shoot(film, {"start": _photo()}, tmp_path))
        ends[move] = (shown[0], shown[-1])
    for one, two in combinations(asked, 2):
        apart = [unlike(a, b) for a, b in zip(ends[one], ends[two], strict=True)]
        assert max(apart) > 2, (one, two)


def _photo() -> Path:
    return Path(__file__).parent.parent / "data" / "photos" / "rocket.jpg"


def test_a_fixed_camera_stands_still(tmp_path, marked):
    film = Film(caption="", slate="", ratio="16:9", move="hold")
    shown = frames(shoot(film, {"start": marked}, tmp_path))
    assert len({square(frame) for frame in shown}) == 1
    assert unlike(shown[0], shown[12]) > 0.5, "but it is a film: the light changes"


def test_the_end_image_is_where_the_film_ends(tmp_path):
    black, white = tmp_path / "black.png", tmp_path / "white.png"
    Image.new("RGB", (320, 180), "black").save(black)
    Image.new("RGB", (320, 180), "white").save(white)
    shown = frames(shoot(Film(caption="", slate=""), {"start": black, "end": white}, tmp_path))
    light = [ImageStat.Stat(frame.convert("L")).mean[0] for frame in shown]
    assert len(shown) == 60
    assert light[0] < 10 < 90 < light[36] < 170 < 245 < light[-1]
    assert light == pytest.approx(sorted(light), abs=2)


def test_every_effect_has_a_look_of_its_own(tmp_path):
    looks = {}
    for code in ("", *EFFECTS):
        film = Film(caption="", slate="", seconds=2, ratio="16:9", effect=code)
        looks[code] = frames(shoot(film, {"start": _photo()}, tmp_path))[20]
    for one, two in combinations(looks, 2):
        apart = ImageStat.Stat(ImageChops.difference(looks[one], looks[two])).mean
        assert max(apart) > 2, (one, two)


def test_the_caption_is_in_the_picture_and_so_is_the_slate(tmp_path):
    bare = frames(shoot(Film(caption="", slate=""), {"start": _photo()}, tmp_path))[10]
    told = frames(shoot(Film(caption="Snow on the rocket", slate="mnml 5 s"), {"start": _photo()}, tmp_path))[10]  # fmt: skip
    width, height = bare.size
    foot, head = (0, height * 3 // 4, width, height), (0, 0, width, height // 6)
    assert unlike(bare.crop(foot), told.crop(foot)) > 5
    assert unlike(bare.crop(head), told.crop(head)) > 0.5


def loudness(path: Path) -> list[float]:
    """The peak of each tenth of a second."""
    with av.open(str(path)) as film:
        values = [
            abs(value)
            for frame in film.decode(audio=0)
            for value in struct.unpack(
                f"{frame.samples}f", bytes(frame.planes[0])[: frame.samples * 4]
            )
        ]
    return [max(values[at : at + 4410]) for at in range(0, len(values) - 4410, 4410)]


def test_a_tune_lasts_as_long_as_the_film(tmp_path):
    path = shoot(Film(caption="a", slate="", sound="tune"), {}, tmp_path)
    with av.open(str(path)) as film:
        audio = film.streams.audio[0]
        assert audio.codec_context.name == "aac"
        assert float(audio.duration * audio.time_base) == pytest.approx(5, abs=0.05)
    assert min(loudness(path)[2:40]) > 0.01


def test_own_sound_is_the_sound_that_was_sent(tmp_path):
    sound = tmp_path / "beep.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22_050)
        file.writeframes(
            b"".join(struct.pack("<h", 12_000 * (-1) ** (i // 25)) for i in range(44_100))
        )
    path = shoot(Film(caption="", slate="", sound="own"), {"sound": sound}, tmp_path)
    loud = loudness(path)
    assert min(loud[2:18]) > 0.2
    assert max(loud[25:]) < 0.01, "the sound lasts two seconds, the rest is silence"


def test_a_scene_is_the_same_for_the_same_words_and_another_for_others():
    lake, again, city = (scene(words, 320, 180) for words in ("a lake", "a lake", "a neon city"))
    assert lake.tobytes() == again.tobytes()
    assert unlike(lake, city) > 10


def test_every_movement_can_be_shot(tmp_path):
    for move in MOVES:
        film = Film(caption="", slate="", seconds=0.5, move=move)
        assert len(frames(shoot(film, {}, tmp_path))) == 6


def test_a_still_has_the_ratio_that_was_asked_for(tmp_path):
    film = Film(caption="a lake", slate="s", seconds=0, ratio="4:3", kind="jpg")
    pictures.still(film, {}, tmp_path / "a.jpg")
    with Image.open(tmp_path / "a.jpg") as painted:
        assert (painted.format, painted.size) == ("JPEG", (960, 720))
    pictures.still(film, {"start": _photo()}, tmp_path / "b.jpg")
    original = pictures.covered(Image.open(_photo()), 960, 720)
    with Image.open(tmp_path / "b.jpg") as restyled:
        assert unlike(restyled, original) > 3


def test_what_is_no_picture_is_refused(tmp_path):
    bitmap = io.BytesIO()
    Image.new("RGB", (8, 8)).save(bitmap, "BMP")
    for data in (b"", b"<svg/>", b"\x89PNG\r\n\x1a\n broken", bitmap.getvalue()):
        with pytest.raises(NotAPicture):
            pictures.keep(data, tmp_path / "x.jpg")


def test_a_long_caption_in_another_script_is_cut_not_spilled(tmp_path):
    words = "雪の山 " * 200 + "x" * 500
    path = shoot(Film(caption=words, slate=words), {}, tmp_path)
    assert len(frames(path)) == 60


def film_of(box: Any, url: str, tmp_path: Path) -> Path:
    """Download a film."""
    path = tmp_path / "got.mp4"
    path.write_bytes(box.http.get(url).content)
    return path


@pytest.mark.parametrize(
    ("audio", "switch", "tracks"), [(1, False, 1), (3, False, 0), (3, True, 1)]
)
def test_akools_sound_is_as_asked(box, photo_url, tmp_path, audio, switch, tracks):
    box.control("switches", {"akool.always_audio": switch})
    body = {
        "image_url": photo_url,
        "prompt": "a",
        "negative_prompt": "",
        "resolution": "720p",
        "audio_type": audio,
        "video_length": 5,
    }
    name = box.akool("createBySourcePrompt", body)["data"]["_id"]
    box.advance(11)
    done = box.until(lambda: (r := box.akool_result(name))["status"] == 3 and r)
    with av.open(str(film_of(box, done["video_url"], tmp_path))) as film:
        assert len(film.streams.audio) == tracks


def test_a_redub_keeps_the_pictures_and_brings_the_sound(box, origin, photo_url, tmp_path):
    tone = origin.add("tone.mp3", (Path(__file__).parent.parent / "data" / "tone.mp3").read_bytes())
    body = {
        "image_url": photo_url,
        "prompt": "a",
        "negative_prompt": "",
        "resolution": "720p",
        "audio_type": 3,
        "video_length": 5,
    }
    source = box.akool("createBySourcePrompt", body)["data"]["_id"]
    box.advance(11)
    first = box.until(lambda: (r := box.akool_result(source))["status"] == 3 and r)
    redub = {"pre_video_id": source, "audio_type": 2, "audio_url": tone}
    name = box.akool("updateVideoAudio", redub)["data"]["_id"]
    box.advance(11)
    second = box.until(lambda: (r := box.akool_result(name))["status"] == 3 and r)
    silent = frames(film_of(box, first["video_url"], tmp_path))
    dubbed_file = film_of(box, second["video_url"], tmp_path)
    dubbed = frames(dubbed_file)
    height = silent[30].height
    below = (0, height // 4, silent[30].width, height)
    assert unlike(silent[30].crop(below), dubbed[30].crop(below)) < 2
    assert max(loudness(dubbed_file)) > 0.02


def test_a_sound_that_is_none_fails_the_job(box, origin, photo_url):
    url = origin.add("a.mp3", b"this is not a sound")
    body = {
        "image_url": photo_url,
        "prompt": "a",
        "negative_prompt": "",
        "resolution": "720p",
        "audio_type": 2,
        "audio_url": url,
        "video_length": 5,
    }
    name = box.akool("createBySourcePrompt", body)["data"]["_id"]
    box.advance(11)
    assert box.until(lambda: (r := box.akool_result(name))["status"] > 2 and r)["status"] == 4
