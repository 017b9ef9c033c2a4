"""From a decoded frame to a picture: scaled, upright, in the colours that a browser would show."""

from __future__ import annotations

import zlib
from io import BytesIO
from typing import Final

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from PIL import Image

_UNSPECIFIED: Final = 2
_STANDARD_DEFINITION: Final = 576
_TURNS: Final = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


def shown_size(frame: VideoFrame) -> tuple[int, int]:
    """Width and height of the frame as a player shows it."""
    sideways = frame.rotation % 180 != 0
    return (frame.height, frame.width) if sideways else (frame.width, frame.height)


def fitted(size: tuple[int, int], *, width: float, height: float = 10**6) -> tuple[int, int]:
    """Shrink `size` into a box, keeping its shape; never enlarge, never below 2 pixels, even."""
    ratio = min(1.0, width / size[0], height / size[1])
    across, down = (max(2, round(side * ratio / 2) * 2) for side in size)
    return across, down


def picture(frame: VideoFrame, size: tuple[int, int] | None = None) -> Image.Image:
    """Return the frame as RGB, upright, scaled to `size` or, without one, pixel by pixel."""
    across, down = size or shown_size(frame)
    if frame.rotation % 180:
        across, down = down, across
    image: Image.Image = frame.reformat(
        across,
        down,
        "rgb24",
        src_colorspace=colours(frame),
        interpolation=Interpolation.AREA if size else Interpolation.BICUBIC,
        threads=1,
    ).to_image()  # type: ignore[no-untyped-call]
    turn = _TURNS.get(frame.rotation % 360)
    return image if turn is None else image.transpose(turn)


def small_yuv(frame: VideoFrame, size: tuple[int, int]) -> VideoFrame:
    """Return the frame, upright and scaled to `size`, as an encoder for the web wants it."""
    if frame.rotation % 360:
        frame = VideoFrame.from_image(picture(frame, size))  # type: ignore[no-untyped-call]
    return frame.reformat(
        *size,
        "yuv420p",
        src_colorspace=colours(frame),
        dst_colorspace=Colorspace.ITU601,
        dst_color_range=ColorRange.MPEG,
        interpolation=Interpolation.AREA,
        threads=1,
    )


def colours(frame: VideoFrame) -> Colorspace | None:
    """The matrix to assume when the frame names none: by its height, as browsers do."""
    if frame.colorspace == _UNSPECIFIED and frame.height > _STANDARD_DEFINITION:
        return Colorspace.ITU709
    return None


def webp(image: Image.Image, quality: int) -> bytes:
    """Encode for the gallery."""
    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()


def png(image: Image.Image) -> bytes:
    """Encode without loss, and fast: a higher level saves a tenth and takes three times as long."""
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=1, compress_type=zlib.Z_RLE)
    return buffer.getvalue()
