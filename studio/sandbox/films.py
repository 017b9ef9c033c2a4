"""Makes the films: a still picture, a moving window, words, perhaps an effect and a sound, as MP4.

It knows no vendor. H.264 Constrained Baseline, yuv420p, 24 frames a second, AAC, index in front.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame
from PIL import Image

from studio.sandbox import sounds
from studio.sandbox.effects import EFFECTS
from studio.sandbox.moves import MOVES, Move, zoompan
from studio.sandbox.orders import Film
from studio.sandbox.pictures import covered, size_of, start_picture
from studio.sandbox.titles import titles

FPS = 24
# zoompan sets its window on whole pixels; a larger picture under it makes the steps too small to see.
OVERSIZE = 1.6

# A camera that stands still films light that does not: the picture breathes, nothing moves.
STILL = (("hue", "b='0.35*sin(2*PI*t/4)'"),)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Size in pixels and length in frames."""

    width: int
    height: int
    frames: int
    fps: int


def render(film: Film, sources: Mapping[str, Path], target: Path, *, quick: bool = False) -> None:
    """Write the film to `target`; `sources` are files by role: start, end, sound.

    `quick` makes a small film of 12 frames a second, for runs with very many jobs.
    """
    picture = start_picture(film, sources)
    fps = 12 if quick else FPS
    width, height = size_of(film, picture.size, longest=320 if quick else 1280)
    shape = Shape(width=width, height=height, frames=round(film.seconds * fps), fps=fps)
    pictures = [picture]
    if "end" in sources:
        pictures.append(Image.open(sources["end"]).convert("RGB"))
    with av.open(str(target), "w", format="mp4", options={"movflags": "+faststart"}) as output:
        video = output.add_stream(
            "libx264",
            rate=fps,
            options={"preset": "ultrafast", "profile": "baseline", "crf": "23", "threads": "1"},
        )
        video.width, video.height, video.pix_fmt = shape.width, shape.height, "yuv420p"
        frames = _sound(film, sources)
        audio = output.add_stream("aac", rate=sounds.RATE, layout="stereo") if frames else None
        for number, frame in enumerate(_moving(film, pictures, shape)):
            frame.pts, frame.time_base = number, Fraction(1, fps)
            output.mux(video.encode(frame))
        output.mux(video.encode(None))
        if audio and frames:
            for sound in frames:
                output.mux(audio.encode(sound))
            output.mux(audio.encode(None))


def logo(preview: Path, target: Path) -> None:
    """Write the middle of a preview's middle frame as a square PNG of 256 pixels."""
    with av.open(str(preview)) as film:
        frames = list(film.decode(video=0))
    picture = frames[len(frames) * 3 // 5].to_image()  # type: ignore[no-untyped-call]
    side = picture.height * 0.62
    left, top = (picture.width - side) / 2, picture.height * 0.16
    square = picture.crop((round(left), round(top), round(left + side), round(top + side)))
    square.resize((256, 256), Image.Resampling.LANCZOS).save(target, "PNG")


def _sound(film: Film, sources: Mapping[str, Path]) -> Iterator[av.AudioFrame] | None:
    if film.sound == "own" and "sound" in sources:
        return sounds.own(sources["sound"], film.seconds)
    if film.sound:
        return sounds.tune(film.caption or film.slate, film.seconds)
    return None


def _moving(film: Film, pictures: list[Image.Image], shape: Shape) -> Iterator[VideoFrame]:
    """Every frame of the film, in order."""
    graph = Graph()
    effect = EFFECTS.get(film.effect)
    move = MOVES[effect.move if effect else film.move]
    fade = shape.frames * 2 // 5
    # The second picture comes in at the fade, so its clip is shorter by that much.
    ways = [
        _way(graph, picture, move, shape, shape.frames - number * fade)
        for number, picture in enumerate(pictures)
    ]
    last = ways[0].end
    if len(ways) > 1:
        seconds = fade / shape.fps
        last = graph.add("xfade", f"transition=fade:duration={seconds}:offset={seconds}")
        for number, way in enumerate(ways):
            way.end.link_to(last, 0, number)
    for name, arguments in effect.filters if effect else STILL if film.move == "hold" else ():
        told = arguments.format(width=shape.width, height=shape.height)
        last = _after(last, graph.add(name, told))
    words = titles((shape.width, shape.height), film.caption, _slate(film, shape))
    sheet = _feed(graph, _rgba(words), shape)
    over = graph.add("overlay", "0:0:eof_action=repeat")
    last.link_to(over, 0, 0)
    sheet.end.link_to(over, 0, 1)
    plain = _after(over, graph.add("format", "pix_fmts=yuv420p"))
    _after(plain, graph.add("buffersink"))
    graph.configure()
    for way in (*ways, sheet):
        way.feed.push(way.frame)
        way.feed.push(None)
    yield from sounds.drained(graph)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """A frame on its way into the graph: where it goes in, and what comes out behind it."""

    feed: FilterContext
    frame: VideoFrame
    end: FilterContext


def _feed(graph: Graph, frame: VideoFrame, shape: Shape) -> Way:
    frame.pts, frame.time_base = 0, Fraction(1, shape.fps)
    feed = graph.add_buffer(
        width=frame.width, height=frame.height, format=frame.format, time_base=frame.time_base
    )
    return Way(feed=feed, frame=frame, end=feed)


def _way(graph: Graph, picture: Image.Image, move: Move, shape: Shape, frames: int) -> Way:
    """A picture under a moving window, for so many frames."""
    under = covered(picture, round(shape.width * OVERSIZE), round(shape.height * OVERSIZE))
    frame = VideoFrame.from_image(under).reformat(format="yuv420p")  # type: ignore[no-untyped-call]
    way = _feed(graph, frame, shape)
    z, x, y = zoompan(move, frames)
    size = f"{shape.width}x{shape.height}"
    pan = graph.add("zoompan", f"z='{z}':x='{x}':y='{y}':d={frames}:s={size}:fps={shape.fps}")
    return replace(way, end=_after(way.feed, pan))


def _after(last: FilterContext, step: FilterContext) -> FilterContext:
    last.link_to(step)
    return step


def _slate(film: Film, shape: Shape) -> str:
    return f"{film.slate} · shown at {shape.width}x{shape.height}"


def _rgba(picture: Image.Image) -> VideoFrame:
    """A frame with its transparency kept (PyAV's own from_image drops it)."""
    frame = VideoFrame(picture.width, picture.height, "rgba")
    plane, row = frame.planes[0], picture.width * 4
    data = picture.tobytes()
    if plane.line_size != row:
        gap = bytes(plane.line_size - row)
        data = b"".join(data[at : at + row] + gap for at in range(0, len(data), row))
    plane.update(data)
    return frame
