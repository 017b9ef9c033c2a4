"""What a vendor's file asks the makers of films and stills for: plain values, kept with the job."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Film:
    """One film (or still, when `seconds` is 0)."""

    caption: str
    slate: str  # vendor, model and every option, for the knowing eye
    seconds: float = 5
    move: str = "push"
    ratio: str = ""  # "16:9"; empty follows the picture
    short: int = 720  # the short side that was asked for, in pixels
    effect: str = ""
    sound: str = ""  # "", "tune" or "own"
    kind: str = "mp4"  # or "png", "jpg" for a still
