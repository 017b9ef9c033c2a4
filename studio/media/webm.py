"""The outermost elements of a WebM file, read without a decoder: is it WebM, and is it whole?

A file that was streamed while it was made declares no length; only the decoder can tell then.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import BinaryIO, Final

from .errors import Refused

_EBML: Final = 0x1A45DFA3
_SEGMENT: Final = 0x18538067
_DOC_TYPE: Final = b"\x42\x82\x84webm"
_HEADER_BYTES: Final = 4096
_ELEMENTS: Final = 16


def survey(source: Path) -> None:
    """Check header and length. Raises `Refused`: not-a-video, truncated or odd-structure."""
    with source.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        kind, length = _number(file, keep_marker=True), _number(file)
        if kind != _EBML or length is None or length > _HEADER_BYTES:
            raise Refused("not-a-video")
        if _DOC_TYPE not in file.read(length):
            raise Refused("not-a-video")
        _segment(file, size)


def _segment(file: BinaryIO, size: int) -> None:
    for _ in range(_ELEMENTS):
        kind, length = _number(file, keep_marker=True), _number(file)
        if length is not None and file.tell() + length > size:
            raise Refused("truncated")
        if kind == _SEGMENT:
            return
        if length is None:
            raise Refused("odd-structure")
        file.seek(length, os.SEEK_CUR)
    raise Refused("odd-structure")


def _number(file: BinaryIO, *, keep_marker: bool = False) -> int | None:
    """Read one variable-length number; None means "unknown". Raises `Refused` at the end."""
    first = file.read(1)
    if not first or first == b"\0":
        raise Refused("truncated" if not first else "odd-structure")
    length = 9 - first[0].bit_length()
    rest = file.read(length - 1)
    if len(rest) < length - 1:
        raise Refused("truncated")
    value = int.from_bytes(first + rest, "big")
    if keep_marker:
        return value
    value &= (1 << 7 * length) - 1
    return None if value == (1 << 7 * length) - 1 else value
