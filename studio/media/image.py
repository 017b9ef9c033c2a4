"""Take a picture: decode it, and keep a re-encoded copy that carries nothing but the pixels."""

from __future__ import annotations

from pathlib import Path

from . import limits
from .child import only_media_errors, run, whole, word
from .errors import Broken
from .landing import land, staging
from .sniff import IMAGES, announced
from .values import Image

_MIMES = {"jpeg": ("image.jpg", "image/jpeg"), "png": ("image.png", "image/png")}


def take_image(source: Path, folder: Path) -> Image:
    """Write `image.jpg` (or `image.png`) and `thumb.webp`, at most 640 pixels a side, to `folder`.

    PNG is kept for pictures that have transparency, and for PNG and GIF files of at most 256
    colours (line art); all else becomes JPEG of at most 10 MB. Raises `MediaError`.
    """
    with only_media_errors():
        kind = announced(source, IMAGES, most=limits.IMAGE_BYTES, rule="not-an-image")
        with staging(folder) as stage:
            facts = run("image", source, stage, kind)
            try:
                name, mime = _MIMES[word(facts, "format")]
            except KeyError as error:
                raise Broken("nonsense for format") from error
            file, thumb = folder / name, folder / "thumb.webp"
            landed, _ = land(stage, {file: (name, facts["format"]), thumb: ("thumb.webp", "webp")})
            return Image(
                file=file,
                thumb=thumb,
                width=whole(facts, "width", 1, limits.IMAGE_PIXELS),
                height=whole(facts, "height", 1, limits.IMAGE_PIXELS),
                bytes=landed.bytes,
                sha256=landed.sha256,
                mime=mime,
                source_format=kind,
            )
