"""The fields of AKOOL's orders, each held against the rule on its page."""

from __future__ import annotations

from typing import Any

from studio.sandbox.akool_models import MODELS, Model
from studio.sandbox.akool_words import bad
from studio.sandbox.effects import EFFECTS
from studio.sandbox.vendor import Call

# Credits of one video by resolution and seconds, and of new sound by seconds.
PRICES = {"720p": {5: 20, 10: 40}, "1080p": {5: 25, 10: 50}, "4k": {5: 30, 10: 60}}
SOUND_PRICES = {5: 5, 10: 10}


class Refused(Exception):
    """A field breaks a rule; holds the answer."""

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(msg)
        self.answer = bad(code, msg)


def wrong(name: str) -> Refused:
    return Refused(1003, f"Parameter error or Parameter can not be empty: {name}")


def text(body: dict[str, Any], name: str, *, needed: bool = False) -> str:
    value = body.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str):
        raise wrong(name)
    return value


def flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise wrong(name)
    return value


def number(body: dict[str, Any], name: str, allowed: Any) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        raise wrong(name)
    return value


def address(body: dict[str, Any], name: str, *, needed: bool = False) -> str:
    value = text(body, name, needed=needed)
    if (needed or value) and not value.lower().startswith(("http://", "https://")):
        raise wrong(name)
    return value


def body_of(call: Call) -> dict[str, Any]:
    if call.request.json is None:
        raise wrong("body")
    return call.request.json


def sound_of(body: dict[str, Any], allowed: tuple[int, ...]) -> tuple[int, str]:
    """audio_type, and the audio_url that comes with 2 and only with 2."""
    kind = number(body, "audio_type", allowed)
    url = address(body, "audio_url", needed=kind == 2)
    if url and kind != 2:
        raise wrong("audio_url")
    return kind, url


def single(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The fields of the single endpoint, each held against its rule."""
    effect = text(body, "effect_code")
    if effect and effect not in EFFECTS:
        raise wrong("effect_code")
    prompt = text(body, "prompt", needed=True)
    if not prompt.strip() and not effect:
        raise wrong("prompt")
    resolution = text(body, "resolution", needed=True)
    if resolution not in PRICES:
        raise wrong("resolution")
    length = number(body, "video_length", (5, 10))
    premium = flag(body, "is_premium_model")
    kind, audio_url = sound_of(body, (1, 2, 3))
    options = {
        "image_url": address(body, "image_url", needed=True),
        "prompt": prompt,
        "negative_prompt": text(body, "negative_prompt", needed=True),
        "extend_prompt": flag(body, "extend_prompt"),
        "resolution": resolution,
        "audio_type": kind,
        "audio_url": audio_url,
        "video_length": length,
        "is_premium_model": premium,
        "effect_code": effect,
        "webhookurl": address(body, "webhookurl"),
    }
    if (length == 10 or premium) and call.key.plan != "pro":
        raise Refused(1009, "You do not have permission to operate")
    return options


def several(call: Call, body: dict[str, Any]) -> tuple[Model, dict[str, Any], int]:
    """The fields of the batch endpoint, held against the model's entry in the list."""
    model = MODELS.get(text(body, "model_name") or "AkoolImage2VideoFastV1")
    if model is None or model.kind != 1501:
        raise wrong("model_name")
    resolution = model.resolution(text(body, "resolution", needed=True))
    if not resolution:
        raise wrong("resolution")
    last = address(body, "last_image_url")
    sound = flag(body, "generate_audio")
    if (last and not model.last_frame) or (sound and not model.audio_factor):
        raise wrong("last_image_url" if last and not model.last_frame else "generate_audio")
    count = number({"count": 1, **body}, "count", range(1, model.most + 1))
    prompt = text(body, "prompt", needed=True)
    if not prompt.strip():
        raise wrong("prompt")
    options = {
        "image_url": address(body, "image_url", needed=True),
        "prompt": prompt,
        "negative_prompt": text(body, "negative_prompt"),
        "extend_prompt": flag(body, "extend_prompt"),
        "resolution": resolution,
        "video_length": number(body, "video_length", model.durations),
        "last_image_url": last,
        "generate_audio": sound,
        "audio_type": 1 if sound else 3,
        "audio_url": "",
        "effect_code": "",
        "webhookurl": address(body, "webhookurl"),
    }
    if model.pro and call.key.plan != "pro":
        raise Refused(1009, "You do not have permission to operate")
    return model, options, count
