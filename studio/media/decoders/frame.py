"""Decode a film up to one moment and keep the frame that is shown then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from studio.media.errors import Refused

from .opening import moving_pictures, opened
from .pixels import picture, png, shown_size
from .video import frame_length, timed_frames


def take(source: Path, stage: Path, kind: str, moment: str) -> dict[str, Any]:
    """Write frame.png: the frame shown at `moment`, in milliseconds or "last". Raises `Refused`."""
    limit = None if moment == "last" else int(moment) / 1000
    shown = None
    with opened(source, kind) as container:
        stream = moving_pictures(container)
        for frame, seconds in timed_frames(container, stream, with_sound=False):
            if shown is not None and limit is not None and seconds > limit:
                break
            shown = (frame, seconds, seconds + frame_length(frame, stream))
        else:
            if shown is not None and limit is not None and limit >= shown[2]:
                raise Refused("beyond-the-end")
        if shown is None:
            raise Refused("damaged")
        frame, seconds, _ = shown
        (stage / "frame.png").write_bytes(png(picture(frame)))
        width, height = shown_size(frame)
    return {"width": width, "height": height, "at_ms": round(seconds * 1000)}
