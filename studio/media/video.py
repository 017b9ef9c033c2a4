"""Take a film: check it to the last frame and make its poster, hover preview, strip and last frame."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from . import limits, mp4, webm
from .child import only_media_errors, run, whole, word
from .errors import Refused
from .landing import land, staging
from .sniff import VIDEOS, announced
from .values import Video

OUTPUTS = {
    "poster": ("poster.webp", "webp"),
    "preview": ("preview.mp4", "mp4"),
    "last": ("last.png", "png"),
    "sprite": ("sprite.webp", "webp"),
}


def take_video(source: Path, folder: Path) -> Video:
    """Decode `source` once and write four files made from it to `folder`; `source` is not touched.

    `poster.webp` at most 640 wide; `preview.mp4` 2.5 s at 12 frames a second, silent, at most 320
    a side and 30 kB; `last.png` the exact last frame; `sprite.webp` twelve cells of 160 pixels in
    a row. Raises `MediaError`.
    """
    with only_media_errors():
        kind, cpu = inspect(source)
        with staging(folder) as stage:
            facts = run("video", source, stage, kind, cpu=cpu)
            video = _video(facts, source, folder)
            land(stage, {folder / name: (name, form) for name, form in OUTPUTS.values()})
            return video


def inspect(source: Path) -> tuple[str, int]:
    """Judge a film without a decoder: return its container and the CPU seconds that it may cost.

    Raises `Refused` for what the structure alone gives away: another format, a missing end, too
    large a picture, too long a film.
    """
    kind = announced(source, VIDEOS, most=limits.VIDEO_BYTES, rule="not-a-video")
    if kind == "webm":
        webm.survey(source)
        return kind, limits.CPU_SECONDS
    boxes = mp4.survey(source)
    pixels = boxes.width * boxes.height
    if pixels == 0:
        raise Refused("no-video")
    if pixels > limits.VIDEO_PIXELS:
        raise Refused("too-many-pixels")
    if boxes.duration_ms > limits.VIDEO_MS:
        raise Refused("too-long")
    return kind, limits.cpu_seconds(pixels, boxes.duration_ms)


def _video(facts: dict[str, Any], source: Path, folder: Path) -> Video:
    audio_codec = word(facts, "audio_codec")
    return Video(
        width=whole(facts, "width", 1, limits.VIDEO_PIXELS),
        height=whole(facts, "height", 1, limits.VIDEO_PIXELS),
        duration_ms=whole(facts, "duration_ms", 1, limits.VIDEO_MS * 2),
        fps_milli=whole(facts, "fps_milli", 1, 10**7),
        frames=whole(facts, "frames", 1, limits.VIDEO_FRAMES),
        video_codec=word(facts, "video_codec"),
        audio_codec=audio_codec,
        has_audio=audio_codec != "",
        bytes=source.stat().st_size,
        **{field: folder / name for field, (name, _) in OUTPUTS.items()},
    )
