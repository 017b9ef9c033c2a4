"""The boxes of an MP4 or MOV file, read without a decoder: whole, sane, and how large a picture.

Bounded whatever the file says: 4,096 boxes, 8 levels, 64 MB of `moov`. A file cut anywhere is
refused here, before a decoder could make sense of what is left.
"""

from __future__ import annotations

import os
import sys
from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

from .errors import Refused

BOXES: Final = 4096
DEPTH: Final = 8
MOOV_BYTES: Final = 64 * 2**20
_CHUNKS: Final = 1_000_000
_READ: Final = 128

_PARENTS: Final = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl"})


@dataclass(slots=True)
class Survey:
    """What the boxes say, which the decoder may contradict. 0 stands for unknown."""

    width: int = 0
    height: int = 0
    duration_ms: int = 0
    boxes: int = 0
    handler: bytes = b""
    furthest: int = 0
    seen: set[bytes] = field(default_factory=set)


_Reader = Callable[[BinaryIO, int, int, Survey], None]


def survey(source: Path) -> Survey:
    """Walk the boxes of `source`. Raises `Refused`: truncated or odd-structure."""
    found = Survey()
    with source.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        for kind, at, end in _boxes(file, 0, size, found):
            found.seen.add(kind)
            if kind == b"moov":
                if end - at > MOOV_BYTES:
                    raise Refused("odd-structure")
                _descend(file, at, end, found, depth=1)
    if not {b"moov", b"mdat"} <= found.seen or found.furthest >= size:
        raise Refused("truncated")
    return found


def _boxes(file: BinaryIO, at: int, end: int, found: Survey) -> Iterator[tuple[bytes, int, int]]:
    """Yield (type, start of content, end) of each box between two offsets of the file."""
    outermost = at == 0
    short = "truncated" if outermost else "odd-structure"
    while at < end:
        found.boxes += 1
        if found.boxes > BOXES:
            raise Refused("odd-structure")
        file.seek(at)
        head = file.read(min(16, end - at))
        size, kind, start = int.from_bytes(head[:4], "big"), head[4:8], at + 8
        if size == 1:
            size, start = int.from_bytes(head[8:16], "big"), at + 16
        elif size == 0 and outermost and kind == b"mdat":
            size = end - at  # the last box may say "until the end"
        if len(head) < 8 or at + size > end:
            raise Refused(short)
        if at + size < start:
            raise Refused("odd-structure")
        yield kind, start, at + size
        at += size


def _descend(file: BinaryIO, at: int, end: int, found: Survey, *, depth: int) -> None:
    if depth > DEPTH:
        raise Refused("odd-structure")
    for kind, start, stop in _boxes(file, at, end, found):
        if kind in _PARENTS:
            _descend(file, start, stop, found, depth=depth + 1)
        elif kind in _READERS:
            _READERS[kind](file, start, stop, found)
        elif kind == b"cmov":  # a compressed index: last written in the nineties, a bomb today
            raise Refused("odd-structure")


def _read(file: BinaryIO, start: int, stop: int, most: int = _READ) -> bytes:
    file.seek(start)
    return file.read(min(most, stop - start))


def _mvhd(file: BinaryIO, start: int, stop: int, found: Survey) -> None:
    content = _read(file, start, stop)
    wide = content[:1] == b"\x01"
    scale_at, length = (20, 8) if wide else (12, 4)
    scale = int.from_bytes(content[scale_at : scale_at + 4], "big")
    duration = content[scale_at + 4 : scale_at + 4 + length]
    if scale and duration != b"\xff" * length:
        found.duration_ms = int.from_bytes(duration, "big") * 1000 // scale


def _hdlr(file: BinaryIO, start: int, stop: int, found: Survey) -> None:
    content = _read(file, start, stop)
    if content[4:8] != b"dhlr":  # QuickTime has a second one, which speaks of the data
        found.handler = content[8:12]


def _stsd(file: BinaryIO, start: int, stop: int, found: Survey) -> None:
    if found.handler != b"vide":
        return
    content = _read(file, start, stop)
    found.width = max(found.width, int.from_bytes(content[40:42], "big"))
    found.height = max(found.height, int.from_bytes(content[42:44], "big"))


def _chunk_offsets(code: str) -> _Reader:
    def read(file: BinaryIO, start: int, stop: int, found: Survey) -> None:
        offsets = array(code)
        count = int.from_bytes(_read(file, start, stop)[4:8], "big")
        if count > _CHUNKS or 8 + count * offsets.itemsize > stop - start:
            raise Refused("odd-structure")
        file.seek(start + 8)
        offsets.frombytes(file.read(count * offsets.itemsize))
        if sys.byteorder == "little":
            offsets.byteswap()
        found.furthest = max(found.furthest, max(offsets, default=0))

    return read


_READERS: Final = {
    b"mvhd": _mvhd,
    b"hdlr": _hdlr,
    b"stsd": _stsd,
    b"stco": _chunk_offsets("I"),
    b"co64": _chunk_offsets("Q"),
}
