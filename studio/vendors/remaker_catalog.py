"""Remaker's catalog as data: seven models and their table of prices.

https://remaker.ai/docs/api/ai-video-generator
"""

from __future__ import annotations

from collections.abc import Callable

from studio.vendors.base import MILLI, Listings, Model
from studio.vendors.options import Choice, Option, Picture, Text, Values

# Credits by model and seconds, as on the vendor's page. Not linear: 53 is not twice 27.
PRICES = {
    "text-1.0-standard": {"5": 27, "10": 53},
    "text-1.0-turbo": {"4": 45, "8": 90},
    "text-1.0-pro": {"5": 45},
    "image-1.0-standard": {"5": 27, "10": 53},
    "image-1.0-pro": {"5": 45, "10": 90},
    "image-1.0-turbo": {"4": 27, "8": 45},
    "image-1.0-animation": {"5": 45},
}


def _prompt() -> Text:
    return Text(
        name="prompt",
        label="Prompt",
        help="What happens in the video, in up to 1,500 characters.",
        required=True,
        max_length=1500,
        rows=4,
    )


def _duration(slug: str) -> Choice:
    lengths = tuple(PRICES[slug])
    return Choice(
        name="duration",
        label="Length",
        help="The price is set per length, not per second.",
        choices=tuple((length, f"{length} seconds") for length in lengths),
        default=lengths[0],
        required=True,
    )


def _ratio() -> Choice:
    return Choice(
        name="video_ratio",
        label="Shape",
        choices=(("16:9", "16:9 wide"), ("9:16", "9:16 tall"), ("1:1", "1:1 square")),
        default="16:9",
    )


def _image() -> Picture:
    return Picture(
        name="image",
        label="Image",
        help="The first picture of the video; the video takes its shape. Up to 10 MB.",
        required=True,
    )


def _end_image() -> Picture:
    return Picture(
        name="end_image",
        label="Last picture",
        help="If given, the video ends on this picture. Up to 10 MB.",
    )


def _price(slug: str) -> Callable[[Values, Listings], int | None]:
    def price(values: Values, listings: Listings) -> int | None:
        credits = PRICES[slug].get(str(values.get("duration", "")))
        return None if credits is None else credits * MILLI

    return price


def _model(slug: str, label: str, note: str, *options: Option) -> Model:
    return Model(
        slug=slug,
        label=label,
        note=note,
        options=(*options, _duration(slug)),
        price=_price(slug),
        priced_by=("duration",),
        typical=180,
        ratio=lambda values: str(values.get("video_ratio", "")),
    )


MODELS = (
    _model(
        "text-1.0-standard",
        "Text standard",
        "The cheapest way from words to a video of 5 or 10 seconds.",
        _prompt(),
        _ratio(),
    ),
    _model(
        "text-1.0-turbo",
        "Text turbo",
        "A faster model for videos of 4 or 8 seconds from words alone.",
        _prompt(),
        _ratio(),
    ),
    _model(
        "text-1.0-pro",
        "Text pro",
        "The best quality from words alone, 5 seconds long.",
        _prompt(),
        _ratio(),
    ),
    _model(
        "image-1.0-standard",
        "Image standard",
        "The cheapest way to bring a picture to life, for 5 or 10 seconds.",
        _image(),
        _prompt(),
    ),
    _model(
        "image-1.0-pro",
        "Image pro",
        "The best quality from one picture, 5 or 10 seconds long.",
        _image(),
        _prompt(),
    ),
    _model(
        "image-1.0-turbo",
        "Image turbo",
        "A faster model that can also move from a first picture to a last one.",
        _image(),
        _end_image(),
        _prompt(),
    ),
    _model(
        "image-1.0-animation",
        "Image animation",
        "Moves a drawn or cartoon picture for 5 seconds.",
        _image(),
        _prompt(),
    ),
)
