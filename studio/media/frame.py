"""Take one exact frame out of a film."""

from __future__ import annotations

from pathlib import Path

from . import limits
from .child import only_media_errors, run, whole
from .errors import Refused
from .landing import land, staging
from .values import Frame
from .video import inspect


def take_frame(source: Path, target: Path, at_ms: int | None) -> Frame:
    """Write the frame that is shown at `at_ms`, or the last one for None, to `target` as PNG.

    Every frame before it is decoded too: seeking would be faster, and wrong wherever a film has
    no clean key frame. Raises `Refused("beyond-the-end")` outside the film, or `MediaError`.
    """
    if at_ms is not None and at_ms < 0:
        raise Refused("beyond-the-end")
    with only_media_errors():
        kind, cpu = inspect(source)
        with staging(target.parent) as stage:
            moment = "last" if at_ms is None else str(at_ms)
            facts = run("frame", source, stage, kind, moment, cpu=cpu)
            width = whole(facts, "width", 1, limits.VIDEO_PIXELS)
            height = whole(facts, "height", 1, limits.VIDEO_PIXELS)
            shown_at = whole(facts, "at_ms", 0, limits.VIDEO_MS * 2)
            [landed] = land(stage, {target: ("frame.png", "png")})
            return Frame(
                file=target,
                width=width,
                height=height,
                at_ms=shown_at,
                bytes=landed.bytes,
                sha256=landed.sha256,
            )
