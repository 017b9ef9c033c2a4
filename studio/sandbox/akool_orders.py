"""AKOOL's three ways to order: one video, several of one picture, new sound for a finished one."""

from __future__ import annotations

import secrets
from dataclasses import replace
from typing import Any

from studio.sandbox import akool_hooks
from studio.sandbox.accept import accept, lacking, too_fast
from studio.sandbox.akool_fields import (
    PRICES,
    SOUND_PRICES,
    Refused,
    body_of,
    several,
    single,
    sound_of,
    text,
)
from studio.sandbox.akool_words import good, refuse
from studio.sandbox.effects import EFFECTS
from studio.sandbox.faults import without_markers
from studio.sandbox.jobs import Job, Need, State
from studio.sandbox.keys import Key
from studio.sandbox.messages import Response
from studio.sandbox.orders import Film
from studio.sandbox.vendor import Call
from studio.sandbox.world import DAY, World

SHORT = {"480p": 480, "720p": 720, "1280x720": 720, "768p": 768}
SOUNDS = {1: "tune", 2: "own", 3: ""}
SOUND_NAMES = {1: "AI sound", 2: "own sound", 3: "no sound"}


def create(call: Call) -> Response:
    """One video by the single endpoint."""
    if too_fast(call):
        return refuse(call, "rate")
    try:
        options = single(call, body_of(call))
    except Refused as refused:
        return refused.answer
    factor = float(call.switch("price_factor"))
    cost = round(PRICES[options["resolution"]][options["video_length"]] * factor)
    if lacking(call, cost, options["prompt"]):
        return refuse(call, "credits")
    job = _accept(call, options, cost, move="arc" if options["is_premium_model"] else "push")
    return good(document(call.world, job, call.key))


def batch(call: Call) -> Response:
    """Several videos of one picture; those that cannot be paid come in errorList."""
    if too_fast(call):
        return refuse(call, "rate")
    try:
        model, options, count = several(call, body_of(call))
    except Refused as refused:
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


def redub(call: Call) -> Response:
    """New sound for a finished video: a job of its own, at its own price."""
    try:
        body = body_of(call)
        name = text(body, "pre_video_id", needed=True)
        kind, audio_url = sound_of(body, (1, 2))
        parent = _finished(call, name)
    except Refused as refused:
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
        raise Refused(1008, "The content you get does not exist")
    if found[0].key != call.key.key:
        raise Refused(1009, "You do not have permission to operate")
    if found[0].state(call.now) != State.DONE:
        raise Refused(1003, "Parameter error: the video is not completed")
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
