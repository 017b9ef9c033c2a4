"""Reelbyte's catalog as data: two Seedance models, and any other model by its name.

The vendor publishes no list of models and no prices; what a field may hold is the provider's word:
https://replicate.com/bytedance/seedance-1-lite and /seedance-1-pro.
"""

from __future__ import annotations

from studio.vendors.base import Listings, Makes, Model
from studio.vendors.options import Choice, Flag, Json, Number, Option, Picture, Text, Values

# What stands at the top of an order; every other field of a model goes into `options`.
OWN_WORDS = {"provider", "model", "prompt", "options", "image"}

# Our slug: the provider and its name of the model.
NAMES = {
    "seedance-1-lite": ("replicate", "bytedance/seedance-1-lite"),
    "seedance-1-pro": ("replicate", "bytedance/seedance-1-pro"),
}
MOST_IMAGES = 10


def _unknown(values: Values, listings: Listings) -> int | None:
    """The vendor names the price in its answer, and nowhere before."""
    return None


def _prompt(help_text: str) -> Text:
    return Text(name="prompt", label="Prompt", help=help_text, required=True, rows=4)


def _more(example: str) -> Json:
    return Json(
        name="options",
        label="More options (JSON)",
        help=f"Handed to the model as it is, for example {example}.",
        advanced=True,
    )


def _provider() -> Text:
    return Text(
        name="provider",
        label="Provider",
        help="Who runs the model; replicate is the one in the vendor's documents.",
        required=True,
        default="replicate",
    )


def _name(example: str) -> Text:
    return Text(
        name="model",
        label="Model at the provider",
        help=f"The provider's name of the model, such as {example}.",
        required=True,
        default=example,
    )


def _seedance(slug: str, label: str, note: str, resolution: str) -> Model:
    options: tuple[Option, ...] = (
        Picture(
            name="image",
            label="Image",
            help="Without one the video is made from the prompt alone. Check the first result"
            " before you order many.",
        ),
        _prompt("What happens in the video."),
        Number(
            name="duration",
            label="Length in seconds",
            minimum=2,
            maximum=12,
            default=5,
            required=True,
        ),
        Choice(
            name="resolution",
            label="Resolution",
            choices=(("480p", "480p"), ("720p", "720p"), ("1080p", "1080p")),
            default=resolution,
        ),
        Choice(
            name="aspect_ratio",
            label="Shape",
            help="With an image the video takes the image's shape instead.",
            choices=(
                ("16:9", "16:9 wide"),
                ("9:16", "9:16 tall"),
                ("1:1", "1:1 square"),
                ("4:3", "4:3"),
                ("3:4", "3:4"),
                ("21:9", "21:9 cinema"),
                ("9:21", "9:21"),
            ),
            default="16:9",
        ),
        Flag(
            name="camera_fixed",
            label="Fixed camera",
            help="The camera does not move.",
            advanced=True,
        ),
        Number(
            name="seed",
            label="Seed",
            help="The same seed and settings give a similar video again; empty is random.",
            minimum=0,
            maximum=2_147_483_647,
            advanced=True,
        ),
        _more('{"fps": 24}'),
    )
    return Model(
        slug=slug,
        label=label,
        note=note,
        options=options,
        price=_unknown,
        priced_by=("duration", "resolution"),
        typical=60,
        ratio=lambda values: str(values.get("aspect_ratio", "")),
    )


MODELS = (
    _seedance(
        "seedance-1-lite",
        "Seedance 1 lite",
        "A quick and modest model for words alone or one picture.",
        "720p",
    ),
    _seedance(
        "seedance-1-pro",
        "Seedance 1 pro",
        "Finer pictures and motion than lite, from words alone or one picture.",
        "1080p",
    ),
    Model(
        slug="custom-video",
        label="Any video model",
        note="For any video model that Reelbyte can reach: you type its name and its options.",
        options=(
            _provider(),
            _name("bytedance/seedance-1-lite"),
            Picture(
                name="image",
                label="Images",
                help="Sent as image_input; without any the video is made from the prompt alone.",
                most=MOST_IMAGES,
            ),
            _prompt("What happens in the video."),
            _more('{"duration": 5, "resolution": "720p"}'),
        ),
        price=_unknown,
        priced_by=("provider", "model", "options"),
        typical=90,
    ),
    Model(
        slug="text-to-image",
        label="Text to image",
        note="Makes a still picture from words, ready to be animated.",
        makes=Makes.IMAGE,
        options=(
            _provider(),
            _name("bytedance/seedream-4"),
            _prompt("What the picture shows."),
            _more('{"aspect_ratio": "16:9"}'),
        ),
        price=_unknown,
        priced_by=("provider", "model", "options"),
        typical=20,
    ),
    Model(
        slug="image-to-image",
        label="Image to image",
        note="Changes pictures by words, for example to prepare a first frame.",
        makes=Makes.IMAGE,
        options=(
            _provider(),
            _name("google/nano-banana-pro"),
            Picture(
                name="image",
                label="Images",
                help="The pictures to start from.",
                required=True,
                most=MOST_IMAGES,
            ),
            _prompt("What should change."),
            _more('{"output_format": "jpg"}'),
        ),
        price=_unknown,
        priced_by=("provider", "model", "options"),
        typical=20,
    ),
)
