"""Take a picture: decode it, and keep a re-encoded copy that carries nothing but the pixels."""

from __future__ import annotations

from pathlib import Path

from . import limits
from .child import only_media_errors, run, whole, word
from .errors import Broken
from .landing import land, staging
from .sniff import IMAGES, announced
from .values import Image

_NAMES = {"jpeg": "image.jpg", "png": "image.png"}


def take_image(source: Path, folder: Path) -> Image:
    """Write `image.jpg` (or `image.png`) and `thumb.webp`, at most 640 pixels a side, to `folder`.

    PNG is kept for pictures that have transparency, and for PNG and GIF files of at most 256
    colours (line art), unless that would be more than 10 MB; all else becomes JPEG of at most
    10 MB, transparency laid on white. Raises `MediaError`.
    """
    with only_media_errors():
        kind = announced(source, IMAGES, most=limits.IMAGE_BYTES, rule="not-an-image")
        with staging(folder) as stage:
            facts = run("image", source, stage, kind)
            try:
                form = word(facts, "format")
                file, thumb = folder / _NAMES[form], folder / "thumb.webp"
            except KeyError as error:
                raise Broken("nonsense for format") from error
            landed, _ = land(stage, {file: (f"image.{form}", form), thumb: ("thumb.webp", "webp")})
            return Image(
                file=file,
                thumb=thumb,
                width=whole(facts, "width", 1, limits.IMAGE_PIXELS),
                height=whole(facts, "height", 1, limits.IMAGE_PIXELS),
                bytes=landed.bytes,
                sha256=landed.sha256,
                mime=f"image/{form}",
                source_format=kind,
            )
