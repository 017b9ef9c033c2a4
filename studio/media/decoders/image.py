"""Decode a picture and paint it on a fresh canvas: upright, sRGB, eight bits, no metadata."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Final

from PIL import ExifTags, Image, ImageCms

from studio.media import limits
from studio.media.errors import Refused

# Each format by its Pillow name, so that no other parser is ever tried.
_PLUGINS: Final = {
    "jpeg": "JPEG",
    "png": "PNG",
    "gif": "GIF",
    "webp": "WEBP",
    "heif": "HEIF",
    "avif": "AVIF",
}
_TURNS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_LINE_ART_COLOURS: Final = 256
_THUMB_SIDE: Final = 640

# Best first; the next is tried when a picture comes out larger than vendors take.
_JPEG_STEPS: Final = ((92, "4:4:4"), (88, "4:2:0"), (75, "4:2:0"), (50, "4:2:0"))


def take(source: Path, stage: Path, kind: str) -> dict[str, Any]:
    """Write image.jpeg or image.png, and thumb.webp. Raises `Refused`."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        canvas = painted(source, kind)
    form, content = _kept(canvas, kind)
    (stage / f"image.{form}").write_bytes(content)
    (stage / "thumb.webp").write_bytes(thumbnail(canvas))
    return {"format": form, "width": canvas.width, "height": canvas.height}


def painted(source: Path, kind: str) -> Image.Image:
    """Decode `source` fully. Return RGB, or RGBA if something of it can be seen through."""
    image = _opened(source, kind)
    with _its_fault():
        image.load()
    image = _upright(image)
    image = _eight_bits(image)
    canvas = Image.new(image.mode, image.size)
    canvas.paste(image)
    if canvas.mode == "RGBA" and canvas.getchannel("A").getextrema()[0] == 255:
        canvas = canvas.convert("RGB")
    return canvas


def thumbnail(canvas: Image.Image) -> bytes:
    """Return WebP that fits a square of 640; smaller pictures keep their size."""
    ratio = min(1.0, _THUMB_SIDE / max(canvas.size))
    width, height = (max(1, round(side * ratio)) for side in canvas.size)
    # First whole blocks are averaged, then the rest is resampled: a quarter of the work, and less
    # than a second decode in DCT space (`draft`) would take now that the pixels are at hand.
    small = canvas.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return _encoded(small, "WEBP", quality=78, method=2)


def _opened(source: Path, kind: str) -> Image.Image:
    if kind == "heif":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False, decode_threads=2)
    elif kind in {"webp", "avif"}:
        # Pillow loads only its oldest plugins by itself; naming the one keeps the others out.
        from PIL import AvifImagePlugin, WebPImagePlugin  # noqa: F401
    Image.MAX_IMAGE_PIXELS = limits.IMAGE_PIXELS
    with _its_fault():
        image = Image.open(source, formats=(_PLUGINS[kind],))
    if image.width * image.height > limits.IMAGE_PIXELS:
        raise Refused("too-many-pixels")
    if min(image.size) < limits.IMAGE_SIDE:
        raise Refused("too-small")
    return image


@contextmanager
def _its_fault() -> Iterator[None]:
    """Blame the picture for what Pillow's plugins raise, which may be anything."""
    try:
        yield
    except Image.DecompressionBombError as error:
        raise Refused("too-many-pixels") from error
    except MemoryError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise  # a full table of files or a missing file is not the picture's fault
        raise Refused("damaged") from error


def _upright(image: Image.Image) -> Image.Image:
    """Turn the picture as its EXIF or XMP says; nonsense there says nothing."""
    try:
        turn = _TURNS.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    except MemoryError:
        raise
    except Exception:
        return image
    return image if turn is None else image.transpose(turn)


def _eight_bits(image: Image.Image) -> Image.Image:
    """Return the picture as RGB or RGBA in sRGB."""
    if image.mode.startswith("I"):
        # Sixteen bits of grey; Pillow would clip at 255 instead of scaling.
        image = image.convert("I").point(lambda value: value / 256).convert("L")
    if image.has_transparency_data:
        return _in_srgb(image.convert("RGBA") if image.mode != "RGBA" else image, "RGBA")
    if image.mode not in {"RGB", "CMYK", "L"}:
        image = image.convert("RGB")
    return _in_srgb(image, "RGB")


def _in_srgb(image: Image.Image, mode: str) -> Image.Image:
    """Apply an embedded colour profile: it is about to be dropped, its colours should stay."""
    profile = image.info.get("icc_profile")
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(BytesIO(profile))
            if "sRGB" not in ImageCms.getProfileDescription(own):
                image = _converted(image, own, mode)
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass  # a nonsensical profile says nothing about the colours
    return image if image.mode == mode else image.convert(mode)


def _converted(image: Image.Image, own: ImageCms.ImageCmsProfile, mode: str) -> Image.Image:
    srgb = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, own, srgb, outputMode=mode)
    return image if converted is None else converted


def _kept(canvas: Image.Image, kind: str) -> tuple[str, bytes]:
    """Return the format to keep and the content, at most as large as vendors take."""
    drawing = kind in {"png", "gif"} and canvas.getcolors(_LINE_ART_COLOURS) is not None
    if canvas.mode == "RGBA" or drawing:
        content = _encoded(canvas, "PNG")
        if len(content) <= limits.IMAGE_BYTES:
            return "png", content
    for quality, subsampling in _JPEG_STEPS:
        options = {"quality": quality, "subsampling": subsampling}
        content = _encoded(_opaque(canvas), "JPEG", **options)
        if len(content) <= limits.IMAGE_BYTES:
            return "jpeg", content
    raise Refused("too-large")


def _opaque(canvas: Image.Image) -> Image.Image:
    if canvas.mode == "RGB":
        return canvas
    paper = Image.new("RGB", canvas.size, "white")
    paper.paste(canvas, mask=canvas.getchannel("A"))
    return paper


def _encoded(image: Image.Image, form: str, **options: Any) -> bytes:
    # To memory first: Pillow hides the reason when a disk is full, a plain write does not.
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()
