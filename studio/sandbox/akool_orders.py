"""AKOOL's three ways to order: one video, several of one picture, new sound for a finished one."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from studio.sandbox import akool_hooks
from studio.sandbox.accept import accept, lacking, too_fast
from studio.sandbox.akool_models import MODELS, Model
from studio.sandbox.akool_words import bad, good, refuse
from studio.sandbox.effects import EFFECTS
from studio.sandbox.faults import without_markers
from studio.sandbox.jobs import Job, Need, State
from studio.sandbox.keys import Key
from studio.sandbox.messages import Response
from studio.sandbox.orders import Film
from studio.sandbox.vendor import Call
from studio.sandbox.world import DAY, World

# Credits of one video by resolution and seconds, and of new sound by seconds.
PRICES = {"720p": {5: 20, 10: 40}, "1080p": {5: 25, 10: 50}, "4k": {5: 30, 10: 60}}
SOUND_PRICES = {5: 5, 10: 10}
SHORT = {"480p": 480, "720p": 720, "1280x720": 720, "768p": 768}
SOUNDS = {1: "tune", 2: "own", 3: ""}
SOUND_NAMES = {1: "AI sound", 2: "own sound", 3: "no sound"}


class _Refused(Exception):
    """A field breaks a rule; holds the answer."""

    def __init__(self, code: int, msg: str) -> None:
        super().__init__(msg)
        self.answer = bad(code, msg)


def _wrong(name: str) -> _Refused:
    return _Refused(1003, f"Parameter error or Parameter can not be empty: {name}")


def _text(body: dict[str, Any], name: str, *, needed: bool = False) -> str:
    value = body.get(name)
    if value is None and not needed:
        return ""
    if not isinstance(value, str):
        raise _wrong(name)
    return value


def _flag(body: dict[str, Any], name: str) -> bool:
    value = body.get(name, False)
    if not isinstance(value, bool):
        raise _wrong(name)
    return value


def _number(body: dict[str, Any], name: str, allowed: Any) -> int:
    value = body.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value not in allowed:
        raise _wrong(name)
    return value


def _address(body: dict[str, Any], name: str, *, needed: bool = False) -> str:
    value = _text(body, name, needed=needed)
    if (needed or value) and not value.lower().startswith(("http://", "https://")):
        raise _wrong(name)
    return value


def _body(call: Call) -> dict[str, Any]:
    if call.request.json is None:
        raise _wrong("body")
    return call.request.json


def _sound(body: dict[str, Any], allowed: tuple[int, ...]) -> tuple[int, str]:
    """audio_type, and the audio_url that comes with 2 and only with 2."""
    kind = _number(body, "audio_type", allowed)
    url = _address(body, "audio_url", needed=kind == 2)
    if url and kind != 2:
        raise _wrong("audio_url")
    return kind, url


def create(call: Call) -> Response:
    """One video by the single endpoint."""
    if too_fast(call):
        return refuse(call, "rate")
    try:
        options = _single(call, _body(call))
    except _Refused as refused:
        return refused.answer
    factor = float(call.switch("price_factor"))
    cost = round(PRICES[options["resolution"]][options["video_length"]] * factor)
    if lacking(call, cost, options["prompt"]):
        return refuse(call, "credits")
    job = _accept(call, options, cost, move="arc" if options["is_premium_model"] else "push")
    return good(document(call.world, job, call.key))


def _single(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The fields of the single endpoint, each held against its rule."""
    effect = _text(body, "effect_code")
    if effect and effect not in EFFECTS:
        raise _wrong("effect_code")
    prompt = _text(body, "prompt", needed=True)
    if not prompt.strip() and not effect:
        raise _wrong("prompt")
    resolution = _text(body, "resolution", needed=True)
    if resolution not in PRICES:
        raise _wrong("resolution")
    length = _number(body, "video_length", (5, 10))
    premium = _flag(body, "is_premium_model")
    kind, audio_url = _sound(body, (1, 2, 3))
    options = {
        "image_url": _address(body, "image_url", needed=True),
        "prompt": prompt,
        "negative_prompt": _text(body, "negative_prompt", needed=True),
        "extend_prompt": _flag(body, "extend_prompt"),
        "resolution": resolution,
        "audio_type": kind,
        "audio_url": audio_url,
        "video_length": length,
        "is_premium_model": premium,
        "effect_code": effect,
        "webhookurl": _address(body, "webhookurl"),
    }
    if (length == 10 or premium) and call.key.plan != "pro":
        raise _Refused(1009, "You do not have permission to operate")
    return options


def batch(call: Call) -> Response:
    """Several videos of one picture; those that cannot be paid come in errorList."""
    if too_fast(call):
        return refuse(call, "rate")
    try:
        model, options, count = _several(call, _body(call))
    except _Refused as refused:
        return refused.answer
    factor = float(call.switch("price_factor"))
    sound = options["generate_audio"]
    cost = model.price(options["resolution"], options["video_length"], sound=sound)
    cost = round(cost * factor)
    if lacking(call, cost, options["prompt"]):
        return refuse(call, "credits")
    limit = next((f for f in call.faults if f.name == "partial_batch"), None)
    most = int(limit.number("ok", 1)) if limit else count
    more = {"batch_id": secrets.token_hex(12), "batch_count": count, "model_name": model.value}
    made: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for place in range(count):
        if place >= most:
            errors.append({"code": 1015, "msg": "Create video error, please try again later"})
        elif lacking(call, cost, options["prompt"]):
            errors.append({"code": 1006, "msg": "Your quota is not enough"})
        else:
            job = _accept(call, options, cost, move=model.move, extra=more)
            made.append(document(call.world, job, call.key))
    return good({"successList": made, "errorList": errors})


def _several(call: Call, body: dict[str, Any]) -> tuple[Model, dict[str, Any], int]:
    """The fields of the batch endpoint, held against the model's entry in the list."""
    model = MODELS.get(_text(body, "model_name") or "AkoolImage2VideoFastV1")
    if model is None or model.kind != 1501:
        raise _wrong("model_name")
    resolution = model.resolution(_text(body, "resolution", needed=True))
    if not resolution:
        raise _wrong("resolution")
    last = _address(body, "last_image_url")
    sound = _flag(body, "generate_audio")
    if (last and not model.last_frame) or (sound and not model.audio_factor):
        raise _wrong("last_image_url" if last and not model.last_frame else "generate_audio")
    count = _number({"count": 1, **body}, "count", range(1, model.most + 1))
    prompt = _text(body, "prompt", needed=True)
    if not prompt.strip():
        raise _wrong("prompt")
    options = {
        "image_url": _address(body, "image_url", needed=True),
        "prompt": prompt,
        "negative_prompt": _text(body, "negative_prompt"),
        "extend_prompt": _flag(body, "extend_prompt"),
        "resolution": resolution,
        "video_length": _number(body, "video_length", model.durations),
        "last_image_url": last,
        "generate_audio": sound,
        "audio_type": 1 if sound else 3,
        "audio_url": "",
        "effect_code": "",
        "webhookurl": _address(body, "webhookurl"),
    }
    if model.pro and call.key.plan != "pro":
        raise _Refused(1009, "You do not have permission to operate")
    return model, options, count


def redub(call: Call) -> Response:
    """New sound for a finished video: a job of its own, at its own price."""
    try:
        body = _body(call)
        name = _text(body, "pre_video_id", needed=True)
        kind, audio_url = _sound(body, (1, 2))
        parent = _finished(call, name)
    except _Refused as refused:
        return refused.answer
    length = 5 if parent.options["video_length"] <= 5 else 10
    cost = round(SOUND_PRICES[length] * float(call.switch("price_factor")))
    if lacking(call, cost, ""):
        return refuse(call, "credits")
    options = {**parent.options, "audio_type": kind, "audio_url": audio_url, "webhookurl": ""}
    kept = [replace(need) for need in parent.needs if need.role != "sound"]
    old = SOUND_NAMES[parent.options["audio_type"]]
    film = replace(
        parent.film,
        sound=SOUNDS[kind],
        slate=parent.film.slate.replace(old, f"new sound: {SOUND_NAMES[kind]}"),
    )
    job = _accept(call, options, cost, film=film, needs=kept, extra={"pre_video_id": parent.id})
    if call.fault("redub_replaces") or parent.fault("redub_replaces"):
        parent.film, parent.needs = job.film, job.needs
        call.world.keep(parent)
    return good(document(call.world, job, call.key))


def _finished(call: Call, name: str) -> Job:
    found = call.world.found("akool", [name])
    if not found or found[0].state(call.now) == State.GONE:
        raise _Refused(1008, "The content you get does not exist")
    if found[0].key != call.key.key:
        raise _Refused(1009, "You do not have permission to operate")
    if found[0].state(call.now) != State.DONE:
        raise _Refused(1003, "Parameter error: the video is not completed")
    return found[0]


def _accept(
    call: Call,
    options: dict[str, Any],
    cost: int,
    *,
    move: str = "push",
    film: Film | None = None,
    needs: list[Need] | None = None,
    extra: dict[str, Any] | None = None,
) -> Job:
    wanted = needs if needs is not None else _pictures(options)
    if options["audio_url"]:
        wanted = [*wanted, Need(role="sound", url=options["audio_url"])]
    job = accept(
        call,
        id=secrets.token_hex(12),
        cost=cost,
        prompt="" if film else options["prompt"],
        options=options,
        needs=wanted,
        retention=7 * DAY,
        film=film or _film(call, options, move, (extra or {}).get("model_name", "")),
        extra={"folder": secrets.token_hex(16), **(extra or {})},
    )
    akool_hooks.begin(call.world, job)
    return job


def _pictures(options: dict[str, Any]) -> list[Need]:
    named = (("start", options["image_url"]), ("end", options.get("last_image_url", "")))
    return [Need(role=role, url=url, formats=["JPEG", "PNG"]) for role, url in named if url]


def _film(call: Call, options: dict[str, Any], move: str, model: str) -> Film:
    effect = EFFECTS.get(options["effect_code"])
    parts = ["Sandbox", "AKOOL", model or "single endpoint", f"{options['video_length']} s"]
    parts += [options["resolution"], SOUND_NAMES[options["audio_type"]]]
    parts += ["extended prompt"] if options["extend_prompt"] else []
    parts += ["premium model"] if options.get("is_premium_model") else []
    parts += [f"effect {effect.name}"] if effect else []
    parts += ["last frame"] if options.get("last_image_url") else []
    parts += [f"without {options['negative_prompt']}"] if options["negative_prompt"].strip() else []
    always = "tune" if call.switch("always_audio") else ""
    return Film(
        caption="" if effect else without_markers(options["prompt"]),
        slate=" · ".join(parts),
        seconds=options["video_length"],
        move=move,
        short=SHORT.get(options["resolution"].lower(), 1080),
        effect=options["effect_code"],
        sound=SOUNDS[options["audio_type"]] or always,
    )


def document(world: World, job: Job, owner: Key) -> dict[str, Any]:
    """The record of a job as every AKOOL answer shows it, with status 1."""
    options = job.options
    effect = EFFECTS.get(options["effect_code"])
    shown: dict[str, Any] = {
        "_id": job.id,
        "uid": owner.uid,
        "team_id": owner.team_id,
        "update_time": 0,
        "video_duration": options["video_length"],
        "webhookUrl": options["webhookurl"],
        "file_name": f"Image2Video_{job.id}.mp4",
        "effect_name": effect.name if effect else "",
        "image_url": options["image_url"],
        "prompt": options["prompt"],
        "negative_prompt": options["negative_prompt"],
        "extend_prompt": options["extend_prompt"],
        "resolution": options["resolution"],
        "audio_type": options["audio_type"],
        "audio_url": options["audio_url"],
        "deduction_credit": job.cost - job.refunded,
        "effect_code": options["effect_code"],
        "status": 1,
        "only_add_audio": "pre_video_id" in job.extra,
    }
    for name in ("pre_video_id", "batch_id", "batch_count", "model_name"):
        if name in job.extra:
            shown[name] = job.extra[name]
    return _time(job) | shown


def _time(job: Job) -> dict[str, int]:
    """create_time in milliseconds, or as a fault wants it."""
    skew, form = job.fault("clock"), job.fault("create_time")
    made = job.created + (skew.number("skew", DAY) if skew else 0)
    if form is None:
        return {"create_time": int(made * 1000)}
    return {} if form.get("kind") == "missing" else {"create_time": int(made)}
