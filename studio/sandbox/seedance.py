"""What Reelbyte's models take, cost and make: Replicate's input schemas and a price list.

The price list is the sandbox's own but for its one published entry: seedance-1-lite, 5 s, 720p: 18.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from studio.sandbox.orders import Film

LITE, PRO = "bytedance/seedance-1-lite", "bytedance/seedance-1-pro"
RATIOS = ("16:9", "4:3", "1:1", "3:4", "9:16", "21:9", "9:21")
SHORT = {"480p": 480, "720p": 720, "1080p": 1080}
# Credits per second by model and resolution.
RATES = {
    LITE: {"480p": 1.8, "720p": 3.6, "1080p": 8.0},
    PRO: {"480p": 3.0, "720p": 6.0, "1080p": 15.0},
}
OTHER_RATE = 5.0
IMAGES = {"text-to-image": 4, "image-to-image": 6}
FIELDS = ("image", "start_image", "first_frame_image", "image_input", "input_images")


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What was asked for, its outer fields checked."""

    media: str
    scene: str
    model: str
    options: dict[str, Any]

    @property
    def start(self) -> str:
        """The address of the first picture, under whichever name it came."""
        for name in FIELDS:
            value = self.options.get(name)
            if value:
                return str(value[0] if isinstance(value, list) else value)
        return ""

    @property
    def from_list(self) -> bool:
        """Whether the picture came as image_input, the name on Reelbyte's page."""
        return bool(self.options.get("image_input")) and not self.options.get("image")

    @property
    def seconds(self) -> int:
        """The length asked for (Seedance: 2 to 12, 5 when it is not said)."""
        value = self.options.get("duration", 5)
        return value if isinstance(value, int) and value > 0 else 5

    @property
    def resolution(self) -> str:
        """The resolution asked for; pro makes 1080p when it is not said."""
        return str(self.options.get("resolution") or ("1080p" if self.model == PRO else "720p"))


def wrong(order: Order) -> str:
    """What is wrong with an order, in the words Reelbyte would pass on, or nothing."""
    owner, slash, name = order.model.partition("/")
    if not (owner and slash and name):
        return "invalid params"
    if order.scene.startswith("image-") and not order.start:
        return "invalid params"
    urls = (order.start, str(order.options.get("last_frame_image") or ""))
    if not all(url == "" or url.lower().startswith(("http://", "https://")) for url in urls):
        return _unprocessable(order, "image: Does not match format 'uri'")
    if order.model in RATES and order.media == "video":
        fault = _against_schema(order.options)
        return _unprocessable(order, fault) if fault else ""
    duration = order.options.get("duration", 5)
    if isinstance(duration, bool) or not isinstance(duration, int) or not -1 <= duration <= 15:
        return _unprocessable(order, "duration: Invalid value")
    return ""


def _against_schema(options: dict[str, Any]) -> str:
    """The first field that Seedance's schema refuses, or nothing."""
    rules: dict[str, tuple[type, Any, str]] = {
        "duration": (int, lambda v: 2 <= v <= 12, "Must be between 2 and 12"),
        "resolution": (str, lambda v: v in SHORT, 'Must be one of "480p", "720p", "1080p"'),
        "aspect_ratio": (str, lambda v: v in RATIOS, f"Must be one of {', '.join(RATIOS)}"),
        "fps": (int, lambda v: v == 24, "Must be 24"),
        "camera_fixed": (bool, lambda _v: True, ""),
        "seed": (int, lambda _v: True, ""),
    }
    for name, (kind, fits, says) in rules.items():
        value = options.get(name)
        if value is None:
            continue
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            return f"{name}: Invalid type. Expected: {kind.__name__}"
        if not fits(value):
            return f"{name}: {says}"
    if options.get("last_frame_image") and not any(options.get(name) for name in FIELDS):
        return "last_frame_image: only works with a start image"
    return ""


def _unprocessable(order: Order, detail: str) -> str:
    body = {"title": "Input validation failed", "detail": f"- input.{detail}\n", "status": 422}
    return (
        f"Request to https://api.replicate.com/v1/models/{order.model}/predictions failed with "
        f"status 422 Unprocessable Entity: {json.dumps(body)}."
    )


def price(order: Order) -> int:
    """Credits, by the sandbox's list."""
    if order.media == "image":
        return IMAGES[order.scene]
    rate = RATES.get(order.model, {}).get(order.resolution, OTHER_RATE)
    return math.ceil(rate * order.seconds - 1e-9)


def film(order: Order, caption: str) -> Film:
    """What will be made. A ratio is ignored with a picture, as Replicate says."""
    options = order.options
    ratio = str(options.get("aspect_ratio") or "")
    pictured = order.scene.startswith("image-")
    if (pictured and order.media == "video") or ratio not in RATIOS:
        ratio = "" if pictured else "16:9"
    said = [f"{name} {_short(value)}" for name, value in options.items() if name not in FIELDS]
    move = {LITE: "push", PRO: "pull"}.get(order.model, "drift")
    extension = str(options.get("output_format") or "png").replace("jpeg", "jpg")
    image_kind = extension if extension in ("png", "jpg") else "png"
    return Film(
        caption=caption,
        slate=" · ".join(["Sandbox", "Reelbyte", order.model, order.scene, *said]),
        seconds=order.seconds if order.media == "video" else 0,
        move="hold" if options.get("camera_fixed") else move,
        ratio=ratio,
        short=SHORT.get(order.resolution, 720),
        sound="tune" if options.get("generate_audio") else "",
        kind="mp4" if order.media == "video" else image_kind,
    )


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 40 else text[:37] + "..."
