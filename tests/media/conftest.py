"""Films, sounds and pictures made on the spot, and the photographs that everything starts from."""

from __future__ import annotations

import math
from array import array
from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from pathlib import Path

import av
import pytest
from PIL import Image, ImageCms

PHOTOS = Path(__file__).parents[1] / "data" / "photos"

Film = Callable[..., Path]


@pytest.fixture(scope="session")
def photo() -> Callable[[str], Path]:
    """Path of one of the real photographs."""
    return lambda name: PHOTOS / name


@pytest.fixture
def rocket(photo: Callable[[str], Path]) -> Image.Image:
    """A photograph in Adobe RGB, as many cameras write, with its colours moved to sRGB."""
    with Image.open(photo("rocket.jpg")) as image:
        own = ImageCms.ImageCmsProfile(BytesIO(image.info["icc_profile"]))
        moved = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"))
    moved.info.clear()
    return moved


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where taken files go."""
    (tmp_path / "taken").mkdir()
    return tmp_path / "taken"


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Film:
    """Build a film that pans over a photograph; each kind is made once in a session."""
    made: dict[tuple[object, ...], Path] = {}

    def build(
        *, frames: int = 48, size: tuple[int, int] = (640, 360), sound: bool = True,
        kind: str = "mp4", options: tuple[tuple[str, str], ...] = (), dark: int = 0,
    ) -> Path:  # fmt: skip
        key = (frames, size, sound, kind, options, dark)
        if key not in made:
            made[key] = tmp_path_factory.mktemp("film") / f"film.{kind}"
            write_film(made[key], frames, size, sound, kind, dict(options), dark)
        return made[key]

    return build


def write_film(
    path: Path, frames: int, size: tuple[int, int], sound: bool, kind: str,
    options: dict[str, str], dark: int,
) -> None:  # fmt: skip
    """Encode `frames` at 24 a second, the first `dark` of them black, with a tone of that length."""
    movflags = {"movflags": "+faststart"} if kind == "mp4" else {}
    with av.open(str(path), "w", options=movflags | options) as container:
        video = container.add_stream("libvpx-vp9" if kind == "webm" else "libx264", rate=24)
        video.width, video.height = size
        video.pix_fmt = "yuv420p"
        video.options = {"deadline": "realtime"} if kind == "webm" else {"preset": "veryfast"}
        audio = None
        if sound:
            codec = "libopus" if kind == "webm" else "aac"
            audio = container.add_stream(codec, rate=48_000, layout="mono")
        for number in range(frames):
            container.mux(video.encode(_frame(number, size, black=number < dark)))
        container.mux(video.encode(None))
        if audio is not None:
            for number in range(max(1, frames * 48_000 // 24 // 960)):
                container.mux(audio.encode(tone(number)))
            container.mux(audio.encode(None))


def _frame(number: int, size: tuple[int, int], *, black: bool) -> av.VideoFrame:
    with Image.open(PHOTOS / "coffee.jpg") as whole:
        part = whole.crop((number, number // 2, number + 400, number // 2 + 300)).resize(size)
    if black:
        part = Image.new("RGB", size)
    frame = av.VideoFrame.from_image(part)
    frame.pts, frame.time_base = number, Fraction(1, 24)
    return frame


def tone(number: int, *, rate: int = 48_000, samples: int = 960) -> av.AudioFrame:
    """Return slice `number` of a sine of 440 Hz, a third of full scale."""
    start = number * samples
    wave = array("h", (round(11_000 * math.sin((start + k) * math.tau * 440 / rate))
                       for k in range(samples)))  # fmt: skip
    frame = av.AudioFrame(format="s16", layout="mono", samples=samples)
    frame.planes[0].update(wave.tobytes())
    frame.rate, frame.pts = rate, start
    return frame


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Build two seconds of tone in one of the containers, with tags that nobody should see."""

    def build(kind: str, *, seconds: float = 2.0) -> Path:
        codecs = {"mp3": "libmp3lame", "wav": "pcm_s16le", "m4a": "aac", "aac": "aac",
                  "ogg": "vorbis", "opus": "libopus"}  # fmt: skip
        muxers = {"m4a": "ipod", "aac": "adts", "opus": "ogg"}
        path = tmp_path_factory.mktemp("sound") / f"sound.{kind}"
        with av.open(str(path), "w", format=muxers.get(kind, kind)) as container:
            container.metadata.update({"title": "secret-title", "comment": "secret-comment"})
            layout = "stereo" if kind == "ogg" else "mono"
            stream = container.add_stream(codecs[kind], rate=48_000, layout=layout)
            stream.codec_context.options = {"strict": "experimental"}
            for number in range(int(seconds * 50)):
                container.mux(stream.encode(tone(number)))
            container.mux(stream.encode(None))
        return path

    return build
