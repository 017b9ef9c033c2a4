"""What a taken file is, once it lies in its folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture, re-encoded upright, in sRGB and without metadata. `bytes` and `sha256` are of `file`.

    `source_format` is what was brought: jpeg, png, gif, webp, heif or avif.
    """

    file: Path
    thumb: Path
    width: int
    height: int
    bytes: int
    sha256: str
    mime: str
    source_format: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """What was learned of a film, which itself stays where it was, and the four files made from it.

    `width` and `height` are as shown, after any rotation. `audio_codec` is "" when it is silent.
    """

    width: int
    height: int
    duration_ms: int
    fps_milli: int
    frames: int
    video_codec: str
    audio_codec: str
    has_audio: bool
    bytes: int
    poster: Path
    preview: Path
    last: Path
    sprite: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound:
    """A sound, its packets copied as they are into a fresh container. `peaks` run from 0 to 255."""

    file: Path
    duration_ms: int
    codec: str
    channels: int
    rate: int
    bytes: int
    sha256: str
    mime: str
    peaks: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One frame of a film as PNG. `at_ms` is when it is first shown."""

    file: Path
    width: int
    height: int
    at_ms: int
    bytes: int
    sha256: str
