"""Twelve small pictures of a film in a row, and one larger one that stands for it."""

from __future__ import annotations

from typing import Final

from av.video.frame import VideoFrame
from PIL import Image, ImageStat

from .pixels import fitted, picture, shown_size, webp

CELLS: Final = 12
CELL_WIDTH: Final = 160
POSTER_WIDTH: Final = 640
_DETAIL: Final = 6.0


class Strip:
    """Collects cells at even distances of a film of about `expected` frames, and its poster.

    The poster is the first cell's frame that shows something: films like to begin in the dark.
    """

    def __init__(self, expected: int) -> None:
        self._expected = max(1, expected)
        self._cells: list[Image.Image] = []
        self._poster: Image.Image | None = None
        self._shows_something = False

    def see(self, frame: VideoFrame, index: int) -> None:
        """Look at frame number `index`; most are passed over."""
        if len(self._cells) == CELLS or index < len(self._cells) * self._expected // CELLS:
            return
        full = shown_size(frame)
        shape = self._cells[0].size if self._cells else fitted(full, width=CELL_WIDTH)
        cell = picture(frame, shape)
        self._cells.append(cell)
        if not self._shows_something:
            self._shows_something = _has_detail(cell)
            if self._shows_something or self._poster is None:
                self._poster = picture(frame, fitted(full, width=POSTER_WIDTH))

    def strip(self) -> bytes:
        """Return the row as WebP. A film of fewer frames than cells repeats its last one."""
        width, height = self._cells[0].size
        row = Image.new("RGB", (width * CELLS, height))
        for number in range(CELLS):
            row.paste(self._cells[min(number, len(self._cells) - 1)], (number * width, 0))
        return webp(row, quality=55)

    def poster(self) -> bytes:
        """Return the poster as WebP."""
        if self._poster is None:
            raise LookupError("no frame was seen")
        return webp(self._poster, quality=70)


def _has_detail(cell: Image.Image) -> bool:
    return ImageStat.Stat(cell.convert("L")).stddev[0] > _DETAIL
