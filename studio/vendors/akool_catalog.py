"""AKOOL's catalog as data: the single endpoint at table prices, and the live model library.

https://docs.akool.com/ai-tools-suite/image2video - how the library's fields follow the vendor's
list stands in akool_library.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from studio.vendors.akool_library import LIBRARY, PRO, adapt, price_library
from studio.vendors.base import MILLI, Listings, Model
from studio.vendors.options import (
    Choice,
    Flag,
    Listed,
    Picture,
    Sound,
    Text,
    Values,
    when,
    without,
)

# Credits by seconds and resolution, and for sound by seconds, as on the vendor's page.
PRICES = {
    "5": {"720p": 20, "1080p": 25, "4k": 30},
    "10": {"720p": 40, "1080p": 50, "4k": 60},
}
AUDIO_PRICES = {"5": 5, "10": 10}
AI_SOUND, OWN_SOUND, NO_SOUND = "1", "2", "3"

EFFECTS = "effects"
# The vendor requires a negative prompt; this one suits most pictures.
NEGATIVE = "blurry, distorted, low quality"


def price_single(values: Values, listings: Listings) -> int | None:
    """The table's price. AI sound is counted as if it were bought alone, the upper bound.

    The vendor says that sound made together with the video is free, in one place only.
    """
    length = str(values.get("video_length", ""))
    picture = PRICES.get(length, {}).get(str(values.get("resolution", "")))
    if picture is None:
        return None
    sound = AUDIO_PRICES[length] if str(values.get("audio_type", "")) == AI_SOUND else 0
    return (picture + sound) * MILLI


def _image(help_text: str) -> Picture:
    return Picture(
        name="image", label="Image", help=help_text, required=True, formats=("JPEG", "PNG")
    )


def _prompt(idle: Callable[[Values], bool]) -> Text:
    return Text(
        name="prompt",
        label="Prompt",
        help="How the picture should move.",
        required=True,
        rows=4,
        when=idle,
    )


def _negative(idle: Callable[[Values], bool]) -> Text:
    return Text(
        name="negative_prompt",
        label="Leave out",
        help="What should not be seen. The vendor wants this filled in.",
        rows=2,
        default=NEGATIVE,
        when=idle,
    )


def _extend(idle: Callable[[Values], bool]) -> Flag:
    return Flag(
        name="extend_prompt",
        label="Let the vendor extend the prompt",
        help="Adds the vendor's own words to yours.",
        advanced=True,
        when=idle,
    )


def _always(values: Values) -> bool:
    return True


_RESOLUTION = Choice(
    name="resolution",
    label="Resolution",
    choices=(("720p", "720p"), ("1080p", "1080p"), ("4k", "4k")),
    default="720p",
    required=True,
)
_LENGTH = Choice(
    name="video_length",
    label="Length",
    help="Ten seconds need a pro plan at the vendor.",
    choices=(("5", "5 seconds"), ("10", "10 seconds")),
    default="5",
    plans=(("10", PRO),),
    required=True,
)

SINGLE = Model(
    slug="image-to-video",
    label="Image to video",
    note="Animates one picture, with a prompt or a ready-made effect, and with sound if you like.",
    options=(
        _image("PNG or JPEG. The vendor fetches it by link."),
        Listed(
            name="effect_code",
            label="Effect",
            help="An effect replaces the prompt: the vendor ignores what you write while one is"
            " chosen.",
            listing=EFFECTS,
            shapes=True,
        ),
        _prompt(without("effect_code")),
        _negative(without("effect_code")),
        _RESOLUTION,
        _LENGTH,
        Choice(
            name="audio_type",
            label="Sound",
            help="Sound made together with the video should cost nothing, yet the estimate sets"
            " 5 or 10 credits aside for AI sound, which is its price when it is added later.",
            choices=(
                (NO_SOUND, "No sound"),
                (AI_SOUND, "Made by AI"),
                (OWN_SOUND, "Your own sound"),
            ),
            default=NO_SOUND,
            required=True,
            shapes=True,
        ),
        Sound(
            name="audio",
            label="Your sound",
            help="The vendor fetches it by link.",
            required=True,
            when=when("audio_type", OWN_SOUND),
        ),
        _extend(without("effect_code")),
        Flag(
            name="is_premium_model",
            label="Premium model",
            help="Faster; needs a pro plan at the vendor.",
            plan=PRO,
            advanced=True,
        ),
    ),
    price=price_single,
    priced_by=("resolution", "video_length", "audio_type", "is_premium_model"),
    typical=45,
)

FROM_LIBRARY = Model(
    slug="model-library",
    label="Model library",
    note="Animates one picture with a model of your choice from the vendor's live list.",
    options=(
        Listed(
            name="model_name",
            label="Model",
            help="From the vendor's live list; the fields below follow the model.",
            required=True,
            listing=LIBRARY,
            shapes=True,
        ),
        _image("The first picture, PNG or JPEG. The vendor fetches it by link."),
        Picture(
            name="end_image",
            label="Last picture",
            help="If given, the video ends on this picture.",
            formats=("JPEG", "PNG"),
        ),
        _prompt(_always),
        _negative(_always),
        replace(_RESOLUTION, shapes=True),
        replace(_LENGTH, help="", plans=()),
        Flag(
            name="generate_audio",
            label="With sound",
            help="May cost more; the price follows.",
        ),
        _extend(_always),
    ),
    price=price_library,
    priced_by=("model_name", "resolution", "video_length", "generate_audio"),
    typical=60,
    adapt=adapt,
)

MODELS = (SINGLE, FROM_LIBRARY)
