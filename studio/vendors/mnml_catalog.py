"""mnml's catalog as data: one model at a flat price. https://mnmlai.dev/docs/api/video-ai"""

from __future__ import annotations

from studio.vendors.base import MILLI, Listings, Model
from studio.vendors.options import Choice, Number, Picture, Text, Values, unless

PRICE = 10  # credits per video, 5 or 10 seconds


def _price(values: Values, listings: Listings) -> int | None:
    return PRICE * MILLI


MODEL = Model(
    slug="kling-2.1-pro",
    label="Kling 2.1 pro",
    note="Moves the camera through your picture; 5 and 10 seconds cost the same.",
    options=(
        Picture(
            name="image",
            label="First picture",
            help="JPG, PNG, GIF or WebP, up to 10 MB. It is uploaded, so no public address is"
            " needed.",
            required=True,
            as_bytes=True,
        ),
        Picture(
            name="end_image",
            label="Last picture",
            help="If given, the video moves from the first picture to this one. The vendor"
            " fetches it by link.",
        ),
        Text(
            name="prompt",
            label="Prompt",
            help="What happens in the video, and in which style.",
            required=True,
            rows=4,
        ),
        Choice(
            name="duration",
            label="Length",
            help="Both lengths cost the same.",
            choices=(("5", "5 seconds"), ("10", "10 seconds")),
            default="10",
        ),
        Choice(
            name="aspect_ratio",
            label="Shape",
            choices=(("16:9", "16:9 wide"), ("4:3", "4:3"), ("1:1", "1:1 square")),
            default="16:9",
        ),
        Choice(
            name="movement_type",
            label="Camera movement",
            help="The vendor always moves the camera; choose how.",
            choices=(
                ("horizontal", "Sideways"),
                ("vertical", "Up or down"),
                ("zoom_in", "Zoom in"),
                ("zoom_out", "Zoom out"),
                ("pan", "Pan"),
            ),
            default="horizontal",
            shapes=True,
        ),
        Choice(
            name="direction",
            label="Direction",
            help="Where the camera goes; a zoom has none.",
            choices=(("left", "Left"), ("right", "Right"), ("up", "Up"), ("down", "Down")),
            default="left",
            when=unless("movement_type", "zoom_in", "zoom_out"),
        ),
        Text(
            name="negative_prompt",
            label="Leave out",
            help="What should not be seen.",
            rows=2,
            advanced=True,
        ),
        Number(
            name="cfg_scale",
            label="Prompt strength",
            help="Higher values keep closer to the prompt.",
            minimum=0,
            maximum=1,
            step=0.05,
            default=0.5,
            advanced=True,
        ),
        Number(
            name="seed",
            label="Seed",
            help="The same seed and settings give a similar video again; empty is random.",
            minimum=0,
            maximum=1_000_000,
            advanced=True,
        ),
    ),
    price=_price,
    typical=150,
    ratio=lambda values: str(values.get("aspect_ratio", "")),
)
