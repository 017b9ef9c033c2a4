"""Which format the first bytes of a file announce. A promise only: decoding has the last word."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from .errors import Refused

IMAGES: Final = frozenset({"jpeg", "png", "gif", "webp", "heif", "avif"})
VIDEOS: Final = frozenset({"mp4", "webm"})
SOUNDS: Final = frozenset({"mp3", "wav", "mp4", "aac", "ogg"})

HEAD: Final = 64

_STARTS: Final = (
    (b"\xff\xd8\xff", "jpeg"),
    (b"\x89PNG\r\n\x1a\n", "png"),
    (b"GIF87a", "gif"),
    (b"GIF89a", "gif"),
    (b"\x1aE\xdf\xa3", "webm"),
    (b"OggS", "ogg"),
    (b"ID3", "mp3"),
)
_RIFF: Final = {b"WEBP": "webp", b"WAVE": "wav"}
_AVIF: Final = frozenset({b"avif", b"avis"})
_HEIF: Final = frozenset(
    {b"heic", b"heix", b"hevc", b"hevx", b"heim", b"heis", b"hevm", b"hevs", b"mif1", b"msf1"}
)
# Old QuickTime files begin without `ftyp`.
_MOVIE_BOXES: Final = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"})


def announced(source: Path, kinds: frozenset[str], *, most: int, rule: str) -> str:
    """Return the one of `kinds` that `source` announces, if it has at most `most` bytes.

    Raises `Refused`: empty, too-large, or `rule` when it announces something else.
    """
    size = source.stat().st_size
    if size == 0:
        raise Refused("empty")
    if size > most:
        raise Refused("too-large")
    with source.open("rb") as file:
        kind = sniff(file.read(HEAD))
    if kind not in kinds:
        raise Refused(rule)
    return kind


def sniff(head: bytes) -> str:
    """Name the format of a file by its first `HEAD` bytes; "" for everything that we do not take."""
    for start, kind in _STARTS:
        if head.startswith(start):
            return kind
    if head[:4] == b"RIFF":
        return _RIFF.get(head[8:12], "")
    if head[4:8] in _MOVIE_BOXES:
        return _branded(head) if head[4:8] == b"ftyp" else "mp4"
    return _by_sync_word(head)


def _branded(head: bytes) -> str:
    """Tell stills from films by the brands in `ftyp`; `mif1` alone may be either kind of still."""
    size = min(int.from_bytes(head[:4], "big"), len(head))
    major = head[8:12]
    brands = {head[at : at + 4] for at in range(16, size - 3, 4)} | {major}
    if major in _AVIF or (major in _HEIF and brands & _AVIF):
        return "avif"
    return "heif" if major in _HEIF else "mp4"


def _by_sync_word(head: bytes) -> str:
    """MPEG audio has no magic: eleven set bits, then a version and a layer (0 is AAC, 1 is MP3)."""
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0:
        return ""
    layer = head[1] >> 1 & 3
    if layer == 0:
        return "aac" if head[1] & 0xF0 == 0xF0 else ""
    return "mp3" if layer == 1 and head[1] & 0x18 != 0x08 else ""
