"""Still pictures: what was sent, made safe and small; what is sent back as thumbnail or still."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from studio.sandbox.orders import Film
from studio.sandbox.scenes import scene
from studio.sandbox.titles import titles

# What a vendor may be sent; anything else is not a picture to it.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
KEPT = 2048  # long side of a kept source, in pixels


class NotAPicture(Exception):
    """The bytes are not a picture of an accepted format."""


def kind_of(data: bytes) -> str:
    """The format by content (JPEG, PNG, WEBP, GIF). Raises NotAPicture."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as picture:
            return str(picture.format)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPicture("not a picture") from error


def keep(data: bytes, target: Path) -> None:
    """Decode a picture and keep it upright, opaque and no larger than needed. Raises NotAPicture."""
    try:
        with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
            opened.draft("RGB", (KEPT, KEPT))
            picture = ImageOps.exif_transpose(opened).convert("RGBA")
            picture.thumbnail((KEPT, KEPT))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPicture("not a picture") from error
    ground = Image.new("RGBA", picture.size, (128, 128, 128, 255))
    Image.alpha_composite(ground, picture).convert("RGB").save(target, "JPEG", quality=93)


def size_of(film: Film, source: tuple[int, int], longest: int = 1280) -> tuple[int, int]:
    """Width and height in even pixels: ratio and short side as asked, the long side capped."""
    wide, high = (float(part) for part in film.ratio.split(":")) if film.ratio else source
    ratio = min(4.0, max(0.25, wide / high))
    short = float(film.short)
    width, height = (short * ratio, short) if ratio >= 1 else (short, short / ratio)
    scale = min(1.0, longest / max(width, height))
    return round(width * scale / 2) * 2, round(height * scale / 2) * 2


def start_picture(film: Film, sources: Mapping[str, Path]) -> Image.Image:
    """The picture a film begins with: the one that was sent, or one painted from the prompt."""
    if "start" in sources:
        return Image.open(sources["start"]).convert("RGB")
    width, height = size_of(film, (16, 9))
    return scene(film.caption, round(width * 1.5), round(height * 1.5))


def covered(picture: Image.Image, width: int, height: int) -> Image.Image:
    """The picture scaled to fill the size; of one too tall more is cut below, for the faces' sake."""
    return ImageOps.fit(picture, (width, height), Image.Resampling.LANCZOS, centering=(0.5, 0.22))


def still(film: Film, sources: Mapping[str, Path], target: Path, *, quick: bool = False) -> None:
    """Write a still of the film's kind (png or jpg): painted, or the source picture restyled."""
    picture = start_picture(film, sources)
    size = size_of(film, picture.size, longest=320 if quick else 1280)
    picture = covered(picture, *size)
    if "start" in sources:
        picture = _painted(picture)
    sheet = titles(size, "", film.slate)
    done = Image.alpha_composite(picture.convert("RGBA"), sheet).convert("RGB")
    done.save(target, "JPEG" if film.kind == "jpg" else "PNG", quality=92)


def _painted(picture: Image.Image) -> Image.Image:
    """An image-to-image look that nobody takes for the original: brush, ink and strong colour."""
    brushed = picture.filter(ImageFilter.ModeFilter(7))
    strong = ImageEnhance.Color(ImageOps.posterize(brushed, 4)).enhance(1.6)
    ink = picture.convert("L").filter(ImageFilter.FIND_EDGES).filter(ImageFilter.SMOOTH)
    lines = ImageOps.invert(ink).point([255 if v > 215 else round(v * 0.9) for v in range(256)])
    return Image.composite(strong, Image.new("RGB", picture.size, (24, 20, 34)), lines)


def thumbnail(film: Film, sources: Mapping[str, Path], target: Path) -> None:
    """Write a PNG poster of the film, 640 pixels on its long side."""
    picture = start_picture(film, sources)
    size = size_of(film, picture.size, longest=640)
    covered(picture, *size).save(target, "PNG")
