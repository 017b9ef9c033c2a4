"""Take a sound: decode it all, and keep its packets, as they are, in a container without metadata.

Copying packets costs no quality, and leaves behind what a recording should not carry to a vendor:
tags, covers, the place where a voice memo was made, and anything hidden between the packets.
"""

from __future__ import annotations

from pathlib import Path

from . import limits, mp4
from .child import only_media_errors, run, whole, word
from .errors import Broken
from .landing import land, staging
from .sniff import SOUNDS, announced
from .values import Sound

PEAKS = 200

_FILES = {
    "mp3": ("sound.mp3", "audio/mpeg"),
    "wav": ("sound.wav", "audio/wav"),
    "mp4": ("sound.m4a", "audio/mp4"),
    "aac": ("sound.aac", "audio/aac"),
    "ogg": ("sound.ogg", "audio/ogg"),
}


def take_sound(source: Path, folder: Path) -> Sound:
    """Write `sound.mp3` (.wav, .m4a, .aac, .ogg) to `folder`. At most 20 MB and ten minutes.

    Refuses films: their sound is taken elsewhere. Raises `MediaError`.
    """
    with only_media_errors():
        kind = announced(source, SOUNDS, most=limits.SOUND_BYTES, rule="not-a-sound")
        if kind == "mp4":
            mp4.survey(source)
        name, mime = _FILES[kind]
        with staging(folder) as stage:
            facts = run("sound", source, stage, kind, name)
            sound = {
                "duration_ms": whole(facts, "duration_ms", 1, limits.SOUND_MS),
                "channels": whole(facts, "channels", 1, limits.SOUND_CHANNELS),
                "rate": whole(facts, "rate", 1, 10**6),
            }
            codec, peaks = word(facts, "codec"), _peaks(facts.get("peaks"))
            [landed] = land(stage, {folder / name: (name, kind)})
            return Sound(
                file=landed.file,
                codec=codec,
                bytes=landed.bytes,
                sha256=landed.sha256,
                mime=mime,
                peaks=peaks,
                **sound,
            )


def _peaks(values: object) -> tuple[int, ...]:
    if not isinstance(values, list) or not 1 <= len(values) <= PEAKS:
        raise Broken("nonsense for peaks")
    if not all(type(value) is int and 0 <= value <= 255 for value in values):
        raise Broken("nonsense for peaks")
    return tuple(values)
