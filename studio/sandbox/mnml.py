"""mnml's Video AI as its pages say: multipart, real HTTP statuses, ten credits whatever the length.

https://mnmlai.dev/docs/api/video-ai, /docs/api/status-check, /docs/api/errors
"""

from __future__ import annotations

import random
import re
from typing import Any

from studio.sandbox import fetch
from studio.sandbox.accept import accept, code, lacking, refund, too_fast
from studio.sandbox.faults import without_markers
from studio.sandbox.jobs import Need, State
from studio.sandbox.links import result_url
from studio.sandbox.messages import Multipart, Response, answer
from studio.sandbox.orders import Film
from studio.sandbox.vendor import Call, Route, Vendor

PRICE = 10
LARGEST = 10_000_000
MOVEMENTS = {
    "horizontal": "camera glides to the {side}",
    "vertical": "camera rises slowly",
    "zoom_in": "camera zooms in",
    "zoom_out": "camera zooms out",
    "pan": "camera pans smoothly",
}
DIRECTIONS = ("left", "right", "up", "down")
# The page's codes and, behind them, those of the errors page.
ERRORS = {
    "key": (401, "UNAUTHORIZED", "invalid_api_key", "Invalid API key"),
    "no key": (401, "missing_api_key", "missing_api_key", "API key is missing"),
    "prompt": (400, "MISSING_PROMPT", "missing_required_field", "Prompt is required"),
    "image": (400, "MISSING_IMAGE", "missing_required_field", "Image is required"),
    "credits": (
        400,
        "NO_CREDITS",
        "insufficient_credits",
        "You do not have enough credits to use this feature",
    ),
    "large": (400, "IMAGE_TOO_LARGE", "image_too_large", "Image file is too large"),
    "type": (400, "INVALID_IMAGE_TYPE", "invalid_image_format", "Invalid image type"),
    "id": (400, "invalid_request_id", "invalid_request_id", "Invalid request ID format"),
    "unknown": (404, "resource_not_found", "resource_not_found", "Resource not found"),
    "rate": (429, "rate_limit_exceeded", "rate_limit_exceeded", "Rate limit exceeded"),
    "trouble": (500, "internal_server_error", "internal_server_error", "Internal server error"),
    "path": (404, "resource_not_found", "resource_not_found", "Resource not found"),
    "method": (405, "method_not_allowed", "method_not_allowed", "Method not allowed"),
}
WORDS = {
    State.QUEUED: "starting",
    State.RUNNING: "processing",
    State.FAILED: "failed",
    State.CANCELED: "canceled",
    State.ABORTED: "failed",
}


def refuse(call: Call, reason: str, details: dict[str, Any] | None = None) -> Response:
    """mnml's no."""
    status, page, errors, text = ERRORS.get(reason, ERRORS["unknown"])
    if reason == "credits":
        status = call.switch("no_credits_status")
        details = {"required_credits": PRICE, "available_credits": _balance(call)}
    if reason == "rate":
        details = {"retryAfterSeconds": 30}
    body = {
        "status": "error",
        "code": page if call.switch("codes") == "page" else errors,
        "message": text,
    }
    told = details and (reason == "rate" or status == 403 or call.switch("codes") != "page")
    return answer(body | ({"details": details} if told else {}), status)


def _balance(call: Call) -> int:
    return call.owner.credits if call.owner else 0


def _invalid(field: str, text: str) -> Response:
    """A value that the page does not allow; how the vendor says that is not documented."""
    body = {"status": "error", "code": "INVALID_PARAMETER", "message": text}
    return answer(body | {"details": {"field": field}}, 400)


def identify(call: Call) -> Response | None:
    """Find the key behind Bearer."""
    text = call.request.header("authorization")
    if not text:
        return refuse(call, "no key")
    call.owner = (
        call.world.key("mnml", text.removeprefix("Bearer ").strip())
        if text.startswith("Bearer ")
        else None
    )
    if call.owner is None or call.owner.revoked or call.owner.banned:
        return refuse(call, "key")
    return None


def create(call: Call) -> Response:
    """Accept a video."""
    if too_fast(call):
        return refuse(call, "rate")
    sent = call.request.multipart
    if sent is None:  # urlencoded, or multipart without its boundary
        return refuse(call, "image")
    prompt = sent.fields.get("prompt", "")
    if not prompt.strip():
        return refuse(call, "prompt", {"field": "prompt"})
    need = _start(call, sent)
    if isinstance(need, Response):
        return need
    wrong = _wrong(sent.fields)
    if wrong:
        return _invalid(*wrong)
    if lacking(call, PRICE, prompt):
        return refuse(call, "credits")
    end = sent.fields.get("end_image_url", "")
    options = _options(sent.fields)
    seed = options.setdefault("seed", random.randint(0, 1_000_000))
    job = accept(
        call,
        id=code(),
        cost=PRICE,
        prompt=prompt,
        options=options,
        needs=[need, *([Need(role="end", url=end, most=LARGEST)] if end else [])],
        film=_film(options, without_markers(prompt), uploaded=not need.url, end=bool(end)),
        file_life=float(call.switch("result_life")),
    )
    reply = {"status": "success", "id": job.id, "seed": seed, "prompt": _prefixed(options, prompt)}
    if call.switch("credits_in_reply"):
        reply["credits"] = call.key.credits
    return answer(reply)


def _start(call: Call, sent: Multipart) -> Need | Response:
    """The first picture: the upload, judged now, or the address, to be fetched later."""
    _name, data = sent.files.get("image", ("", b""))
    url = sent.fields.get("start_image_url", "")
    if not data:
        fetched = Need(role="start", url=url, most=LARGEST)
        return fetched if url else refuse(call, "image", {"field": "image"})
    if len(data) > LARGEST:
        return refuse(call, "large")
    need = Need(role="start", most=LARGEST)
    fetch.keep_bytes(call.world, data, need)
    return refuse(call, "type") if need.error else need


def _wrong(fields: dict[str, str]) -> tuple[str, str] | None:
    """The first field outside the page's rules, and what to say about it."""
    if fields.get("duration", "10") not in ("5", "10"):
        return "duration", "Only 5 and 10 seconds are allowed"
    if fields.get("movement_type", "horizontal") not in MOVEMENTS:
        return "movement_type", f"Must be one of {', '.join(MOVEMENTS)}"
    if fields.get("direction", "left") not in DIRECTIONS:
        return "direction", f"Must be one of {', '.join(DIRECTIONS)}"
    if not re.fullmatch(r"0(\.\d+)?|1(\.0+)?|\.\d+", fields.get("cfg_scale", "0.5")):
        return "cfg_scale", "Must be a number from 0 to 1"
    if not re.fullmatch(r"[1-9]\d?:[1-9]\d?", fields.get("aspect_ratio", "16:9")):
        return "aspect_ratio", "Must be a ratio such as 16:9"
    if not re.fullmatch(r"-?\d{1,18}", fields.get("seed", "0")):
        return "seed", "Must be an integer"
    return None


def _options(fields: dict[str, str]) -> dict[str, Any]:
    """The fields with the page's defaults."""
    options: dict[str, Any] = {
        "duration": int(fields.get("duration", "10")),
        "cfg_scale": float(fields.get("cfg_scale", "0.5")),
        "aspect_ratio": fields.get("aspect_ratio", "16:9"),
        "negative_prompt": fields.get("negative_prompt", ""),
        "movement_type": fields.get("movement_type", "horizontal"),
        "direction": fields.get("direction", "left"),
    }
    if "seed" in fields:
        options["seed"] = int(fields["seed"])
    return options


def _prefixed(options: dict[str, Any], prompt: str) -> str:
    """The prompt as it goes to the model: the movement is a few words in front of it."""
    direction = options["direction"]
    side = direction if direction in ("left", "right") else "left"
    words = MOVEMENTS[options["movement_type"]].format(side=side)
    return f"cinematic video animation, {words} to {direction} direction, {prompt}"


def _film(options: dict[str, Any], caption: str, *, uploaded: bool, end: bool) -> Film:
    move = f"{options['movement_type']} {options['direction']}"
    parts = ["Sandbox", "mnml", "Kling 2.1 pro", f"{options['duration']} s"]
    parts += [options["aspect_ratio"], move, f"cfg {options['cfg_scale']}"]
    parts += [f"seed {options['seed']}", "uploaded image" if uploaded else "image by address"]
    if options["negative_prompt"]:
        parts.append(f"without {options['negative_prompt']}")
    if end:
        parts.append("end image")
    return Film(
        caption=caption,
        slate=" · ".join(parts),
        seconds=options["duration"],
        move=move,
        ratio=options["aspect_ratio"],
        short=1080,
    )


def status(call: Call) -> Response:
    """How a video is."""
    if not re.fullmatch(r"[a-z0-9]{26}", call.arguments[0]):
        return refuse(call, "id")
    found = call.world.found("mnml", call.arguments)
    if not found or found[0].key != call.key.key:
        return refuse(call, "unknown")
    job = found[0]
    state = job.look(call.now, *call.job_faults)
    call.world.keep(job)
    if state == State.GONE:
        return refuse(call, "unknown")
    if state == State.ODD:
        odd = job.fault("unknown_status", *call.job_faults)
        return answer({"status": odd.get("word", "paused") if odd else "paused"})
    if state == State.DONE:
        seed = job.options["seed"]
        path = f"/files/mnml/v1/images/{job.id}/{seed}-{code(12)}.mp4"
        url = result_url(call, job, path, "film")
        return answer({"status": "success", "message": [url] if url else [], "seed": seed})
    body = {"status": WORDS[state]}
    if state in (State.FAILED, State.ABORTED):
        refund(call, job, always=call.switch("refund"))
        body["error"] = job.reason or "could not render that scene"
    return answer(body)


def credits(call: Call) -> Response:
    """The balance."""
    return answer({"status": "success", "credits": call.key.credits})


MNML = Vendor(
    name="mnml",
    prefix="/v1/",
    identify=identify,
    refuse=refuse,
    routes=(
        Route(method="POST", path="/v1/video-ai", op="create", handle=create),
        Route(
            method="GET",
            path="/v1/status/([^/]+)",
            op="poll",
            handle=status,
            subjects=lambda call: call.arguments,
        ),
        Route(method="GET", path="/v1/credits", op="balance", handle=credits),
    ),
)
