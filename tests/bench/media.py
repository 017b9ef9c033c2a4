"""What derivatives cost beside the decoding that they need anyway; one JSON line a figure.

Both sides run in this process, in turn, on the same file; the least of several runs counts.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
from PIL import Image

from studio.media.decoders import image, video
from studio.media.decoders.opening import moving_pictures, opened

PHOTO = Path(__file__).parents[1] / "data" / "photos" / "coffee.jpg"
RUNS = 7


def main() -> None:
    """Print every figure."""
    with tempfile.TemporaryDirectory() as folder:
        for figure in (derivatives(Path(folder)), upload(Path(folder))):
            print(json.dumps(figure))


def derivatives(folder: Path) -> dict[str, object]:
    """Everything that `take_video` makes, against one decode; 5 s of noisy 720p at about 7 Mb/s."""
    film = folder / "film.mp4"
    noisy_film(film)

    def decode() -> None:
        with opened(film, "mp4") as container:
            for _ in video.timed_frames(container, moving_pictures(container), with_sound=True):
                pass

    decoding, everything = least(decode, lambda: video.take(film, folder, "mp4"))
    return figure("derivatives_vs_decode", everything, decoding, goal=1.35)


def upload(folder: Path) -> dict[str, object]:
    """The thumbnail of a photograph of 12 megapixels, against its full decode."""
    source = folder / "upload.jpg"
    with Image.open(PHOTO) as photo:
        photo.resize((4000, 3000)).save(source, quality=90)
    canvas = image.painted(source, "jpeg")

    def decode() -> None:
        with Image.open(source) as photo:
            photo.load()

    decoding, thumb = least(decode, lambda: image.thumbnail(canvas))
    return figure("upload_thumbnail_vs_decode", thumb, decoding, goal=1.1)


def figure(name: str, ours: float, floor: float, *, goal: float) -> dict[str, object]:
    """Shape one line; times are milliseconds of processor."""
    return {
        "figure": name,
        "ratio": round(ours / floor, 3),
        "goal": goal,
        "ms": round(ours * 1000, 1),
        "floor_ms": round(floor * 1000, 1),
    }


def least(*works: Callable[[], object]) -> list[float]:
    """Return the least processor seconds of each work, run in turn so that noise hits them alike."""
    best = [float("inf")] * len(works)
    for _ in range(RUNS):
        for number, work in enumerate(works):
            start = time.process_time()
            work()
            best[number] = min(best[number], time.process_time() - start)
    return best


def noisy_film(path: Path) -> None:
    """Pan over a photograph with film grain: what a video model makes is seldom cleaner."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.bit_rate = 7_200_000
        stream.options = {"preset": "veryfast"}
        with Image.open(PHOTO) as photo:
            wide = photo.resize((1500, 1000))
        for number in range(120):
            part = wide.crop((number, number, number + 1280, number + 720))
            grain = Image.effect_noise(part.size, 30).convert("RGB")
            frame = av.VideoFrame.from_image(Image.blend(part, grain, 0.25))
            frame.pts, frame.time_base = number, Fraction(1, 24)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    main()
