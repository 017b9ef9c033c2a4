"""The few silent seconds that play when a card is hovered: at most 30 kB of H.264."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Final

import av
from av.video.frame import PictureType, VideoFrame

from .pixels import fitted, shown_size, small_yuv

BYTES: Final = 30_000
RATE: Final = 12
FRAMES: Final = 30
SIDE: Final = 320

# Constant quality with a ceiling on the rate; coarser and at last smaller for pictures of noise.
_STEPS: Final = ((28, 1), (34, 1), (40, 1), (46, 1), (46, 2), (51, 4))


class Preview:
    """Collects frames of the first 2.5 seconds, then encodes them."""

    def __init__(self) -> None:
        self._frames: list[VideoFrame] = []
        self._size = (0, 0)
        self._next = 0

    def see(self, frame: VideoFrame, seconds: float) -> None:
        """Keep the frame that is shown `seconds` after the first, if a twelfth has gone by."""
        tick = int(seconds * RATE + 1e-6)
        if tick < self._next or tick >= FRAMES:
            return
        if not self._frames:
            self._size = fitted(shown_size(frame), width=SIDE, height=SIDE)
        small = small_yuv(frame, self._size)
        small.pts, small.time_base = tick, Fraction(1, RATE)
        small.pict_type = PictureType.NONE  # else the encoder would copy the source's key frames
        self._frames.append(small)
        self._next = tick + 1

    def write(self, file: Path) -> None:
        """Encode what was kept, at the best quality that fits."""
        for quality, shrink in _STEPS:
            size = fitted(self._size, width=self._size[0] / shrink)
            _encode(file, self._frames, size, quality)
            if file.stat().st_size <= BYTES:
                return


def _encode(file: Path, frames: list[VideoFrame], size: tuple[int, int], quality: int) -> None:
    # `bitexact` keeps the names of the programs out of the file.
    options = {"movflags": "+faststart", "fflags": "+bitexact"}
    with av.open(f"file:{file}", "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=RATE)
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, RATE)
        stream.codec_context.thread_count = 1
        stream.options = {
            "preset": "veryfast",
            "crf": str(quality),
            "maxrate": "80k",
            "bufsize": "80k",
            "flags": "+bitexact",
        }
        for frame in frames:
            container.mux(stream.encode(frame.reformat(*size, threads=1)))
        container.mux(stream.encode(None))
