"""What can go wrong with a stranger's file; nothing else ever leaves this package.

    MediaError
    |-- Refused   the file breaks a rule; trying again changes nothing
    |-- Broken    no answer: the decoder died, ran into a limit, or said nonsense
    `-- NoSpace   the disk is full; the same file may be taken later

Every error has a `sentence` for a person, without paths. `SENTENCES` is data, so that the studio can
translate it by rule.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

SENTENCES: Final = MappingProxyType(
    {
        "empty": "The file is empty.",
        "too-large": "The file is too large.",
        "not-an-image": "This is not a picture of a kind we take: JPEG, PNG, GIF, WebP, HEIC or AVIF.",
        "not-a-video": "This is not a video of a kind we take: MP4, MOV or WebM.",
        "not-a-sound": "This is not a sound of a kind we take: MP3, WAV, M4A, AAC or OGG.",
        "too-many-pixels": "The picture has too many pixels.",
        "too-small": "The picture is too small: each side needs at least 16 pixels.",
        "too-long": "The recording is too long.",
        "truncated": "The end of the file is missing.",
        "damaged": "The file is damaged.",
        "odd-structure": "The file is built in a way that no camera or program writes.",
        "no-video": "There are no moving pictures in this file.",
        "no-sound": "There is no sound in this file.",
        "codec": "The file is compressed with a method that we cannot read.",
        "beyond-the-end": "The video ends before that moment.",
    }
)


class MediaError(Exception):
    """A file was not taken; nothing was left behind."""

    sentence = "The file could not be taken."


class Refused(MediaError):
    """The file breaks the rule `rule`, a key of `SENTENCES`."""

    def __init__(self, rule: str) -> None:
        self.rule = rule
        self.sentence = SENTENCES[rule]
        super().__init__(rule)


class Broken(MediaError):
    """The child gave no usable answer. `reason` is for the log: a signal's name, "timeout", ..."""

    sentence = "The file could not be read."

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class NoSpace(MediaError):
    """The disk, or our share of it, is full."""

    sentence = "There is no space left on the disk."
