"""Decode a film once, from the first packet to the last, and make everything on the way."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from studio.media import limits
from studio.media.errors import Refused

from .opening import AUDIO_CODECS, codec_of, moving_pictures, opened
from .pixels import picture, png, shown_size
from .preview import Preview
from .strip import Strip


def take(source: Path, stage: Path, kind: str) -> dict[str, Any]:
    """Write poster.webp, preview.mp4, last.png and sprite.webp. Raises `Refused`."""
    with opened(source, kind) as container:
        stream = moving_pictures(container)
        preview, strip = Preview(), Strip(_expected(container, stream))
        frames, end, last = 0, 0.0, None
        for frame, seconds in timed_frames(container, stream, with_sound=True):
            preview.see(frame, seconds)
            strip.see(frame, frames)
            frames, last = frames + 1, frame
            end = seconds + frame_length(frame, stream)
        if last is None:
            raise Refused("damaged")
        if end * 1000 > limits.VIDEO_MS + 1000:
            raise Refused("too-long")
        facts = _facts(container, stream, last, frames=frames, end=end)
    preview.write(stage / "preview.mp4")
    (stage / "poster.webp").write_bytes(strip.poster())
    (stage / "sprite.webp").write_bytes(strip.strip())
    (stage / "last.png").write_bytes(png(picture(last)))
    return facts


def timed_frames(
    container: InputContainer, stream: VideoStream, *, with_sound: bool
) -> Iterator[tuple[VideoFrame, float]]:
    """Yield every frame in the order of showing, with its seconds since the first one.

    `with_sound` decodes the first sound too, only to see that it can be. Raises `Refused`:
    damaged, or too-long whatever the header said.
    """
    streams = [stream, *(_sound(container) if with_sound else ())]
    start: Fraction | None = None
    count = 0
    for packet in container.demux(streams):
        if packet.is_corrupt:
            raise Refused("damaged")
        for frame in packet.decode():
            if not isinstance(frame, VideoFrame):
                continue
            if frame.is_corrupt:
                raise Refused("damaged")
            moment = _moment(frame, stream, count)
            start = moment if start is None else start
            count += 1
            if (moment - start) * 1000 > limits.VIDEO_MS or count > limits.VIDEO_FRAMES:
                raise Refused("too-long")
            yield frame, max(0.0, float(moment - start))


def _sound(container: InputContainer) -> list[Any]:
    known = [stream for stream in container.streams.audio if codec_of(stream) in AUDIO_CODECS]
    return known[:1]


def _moment(frame: VideoFrame, stream: VideoStream, index: int) -> Fraction:
    if frame.pts is not None and frame.time_base is not None:
        return frame.pts * frame.time_base
    return index / _rate(stream)


def _rate(stream: VideoStream) -> Fraction:
    return stream.average_rate or stream.guessed_rate or Fraction(24)


def frame_length(frame: VideoFrame, stream: VideoStream) -> float:
    """Seconds for which the frame is shown."""
    if frame.duration and frame.time_base:
        return float(frame.duration * frame.time_base)
    return float(1 / _rate(stream))


def _expected(container: InputContainer, stream: VideoStream) -> int:
    """About how many frames there will be; a wrong header only spoils the spacing of the strip."""
    if stream.frames:
        return min(stream.frames, limits.VIDEO_FRAMES)
    return min(round((container.duration or 0) / 10**6 * _rate(stream)), limits.VIDEO_FRAMES)


def _facts(
    container: InputContainer, stream: VideoStream, last: VideoFrame, *, frames: int, end: float
) -> dict[str, Any]:
    width, height = shown_size(last)
    sounds = container.streams.audio
    return {
        "width": width,
        "height": height,
        "duration_ms": max(1, round(end * 1000)),
        "fps_milli": max(1, round(_rate(stream) * 1000)),
        "frames": frames,
        "video_codec": codec_of(stream),
        "audio_codec": (codec_of(sounds[0]) or "unknown") if sounds else "",
    }
