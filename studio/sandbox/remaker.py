"""Remaker as its page says: a bare key, form fields, and a code in every body.

https://remaker.ai/docs/api/ai-video-generator (read April 2025)
"""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from studio.sandbox.accept import accept, code, lacking, refund, too_fast
from studio.sandbox.faults import without_markers
from studio.sandbox.jobs import Job, Need, State
from studio.sandbox.links import result_url
from studio.sandbox.messages import Response, answer
from studio.sandbox.orders import Film
from studio.sandbox.vendor import Call, Route, Vendor
from studio.sandbox.world import DAY

ROOT = "/api/remaker/v1/ai-video-generator"
OK = 100000
# Code and text of each refusal. A wrong key has no documented code; the sister page (face swap
# video) says that errors outside its table come as an HTTP status with the same code.
CODES = {
    "no key": (200007, "Token is Null"),
    "key": (401, "Unauthorized"),
    "credits": (300002, "Insufficient credits"),
    "unknown": (300004, "Resource does not exist"),
    "running": (300013, "Task in progress"),
    "trouble": (400000, "Request Failure"),
    "params": (400301, "Params error"),
    "failed": (600001, "The video generation status is failed"),
    "rate": (429000, "Too many requests"),
    "path": (404, "Not Found"),
    "method": (405, "Method Not Allowed"),
}
# Credits by model and seconds; the price is not proportional to the seconds.
PRICES = {
    "text-1.0-standard": {5: 27, 10: 53},
    "text-1.0-turbo": {4: 45, 8: 90},
    "text-1.0-pro": {5: 45},
    "image-1.0-standard": {5: 27, 10: 53},
    "image-1.0-pro": {5: 45, 10: 90},
    "image-1.0-turbo": {4: 27, 8: 45},
    "image-1.0-animation": {5: 45},
}
MOVES = {
    "text-1.0-standard": "push",
    "text-1.0-turbo": "drift",
    "text-1.0-pro": "arc",
    "image-1.0-standard": "push",
    "image-1.0-pro": "arc",
    "image-1.0-turbo": "push fast",
    "image-1.0-animation": "sway",
}
RATIOS = ("16:9", "9:16", "1:1")
LARGEST = 10_000_000  # bytes of an image
LONGEST = 1500  # characters of a prompt


def _say(name: str, status: int = 200) -> Response:
    number, text = CODES[name]
    return answer({"code": number, "result": {}, "message": {"en": text}}, status)


def refuse(call: Call, reason: str) -> Response:
    """Remaker's no."""
    if reason in ("path", "method", "key"):
        return _say(reason, CODES[reason][0])
    if reason not in CODES:
        reason = "unknown"
    if call.switch("http_errors"):
        status = {"no key": 401, "rate": 429, "trouble": 500, "unknown": 404}.get(reason, 400)
        if reason in ("params", "trouble", "no key"):  # "the error code will be the HTTP status"
            return answer({"code": status, "message": {"en": CODES[reason][1]}}, status)
        return _say(reason, status)
    return _say(reason)


def identify(call: Call) -> Response | None:
    """Find the key: the bare text of Authorization, and nothing in front of it."""
    text = call.request.header("authorization")
    if not text:
        return refuse(call, "no key")
    call.owner = None if " " in text else call.world.key("remaker", text)
    if call.owner is None or call.owner.revoked or call.owner.banned:
        return refuse(call, "key")
    return None


class _Params(Exception):
    """A field breaks a rule of the page."""


def create(call: Call, kind: str) -> Response:
    """Both create calls; `kind` is text or image."""
    if too_fast(call):
        return refuse(call, "rate")
    try:
        fields = _fields(call)
        model, prompt = fields.get("model_name", [""])[0], fields.get("prompt", [""])[0]
        if not model.startswith(kind) or model not in PRICES:
            raise _Params
        if not prompt.strip() or len(prompt) > LONGEST:
            raise _Params
        seconds = _seconds(call, model, fields.get("duration", [""])[0])
        ratio = _ratio(fields) if kind == "text" else ""
        images = _images(model, fields.get("images", [])) if kind == "image" else []
    except _Params:
        return refuse(call, "params")
    cost = PRICES[model][seconds]
    if lacking(call, cost, prompt):
        return refuse(call, "credits")
    parts = ["Sandbox", "Remaker", model, f"{seconds} s", ratio or "ratio of the image"]
    if images:
        parts.append("first and last frame" if len(images) == 2 else "1 image")
    options = {"model_name": model, "duration": seconds, "images": images}
    needs = [
        Need(role=role, url=url, most=LARGEST)
        for role, url in zip(("start", "end"), images, strict=False)
    ]
    job = accept(
        call,
        id=code(),
        cost=cost,
        prompt=prompt,
        options=options | ({"video_ratio": ratio} if ratio else {}),
        needs=needs,
        retention=30 * DAY,
        film=Film(
            caption=without_markers(prompt),
            slate=" · ".join(parts),
            seconds=seconds,
            move=MOVES[model],
            ratio=ratio,
        ),
    )
    return _good({"job_id": job.id})


def _fields(call: Call) -> dict[str, list[str]]:
    request = call.request
    if request.form is not None:
        return request.form
    if call.switch("json") and request.json is not None:
        return {
            name: [str(item) for item in value] if isinstance(value, list) else [str(value)]
            for name, value in request.json.items()
        }
    raise _Params


def _seconds(call: Call, model: str, text: str) -> int:
    """The duration: `5` as the demo sends it, `5s` as the table says."""
    form = call.switch("durations")
    bare = text.removesuffix("s")
    wrong_form = (form == "digits" and bare != text) or (form == "suffix" and bare == text)
    if wrong_form or not bare.isdecimal() or int(bare) not in PRICES[model]:
        raise _Params
    return int(bare)


def _ratio(fields: dict[str, list[str]]) -> str:
    ratio = fields.get("video_ratio", ["16:9"])[0]
    if ratio not in RATIOS:
        raise _Params
    return ratio


def _images(model: str, images: list[str]) -> list[str]:
    """One image; turbo takes a second as last frame. Addresses only."""
    most = 2 if model == "image-1.0-turbo" else 1
    if not 1 <= len(images) <= most:
        raise _Params
    if not all(url.lower().startswith(("http://", "https://")) for url in images):
        raise _Params
    return images


def _good(result: object) -> Response:
    return answer(
        {"code": OK, "result": result, "message": {"en": "Request Success", "zh": "请求成功"}}
    )


def get_job(call: Call) -> Response:
    """How a job is. Running is a code of the error table."""
    found = call.world.found("remaker", call.arguments)
    if not found or found[0].key != call.key.key:
        return refuse(call, "unknown")
    job = found[0]
    state = job.look(call.now, *call.job_faults)
    call.world.keep(job)
    if state == State.GONE:
        return refuse(call, "unknown")
    if state == State.ODD:
        return answer({"code": 300999, "result": {}, "message": {"en": "Task is resting"}})
    if state in (State.QUEUED, State.RUNNING):
        return _say("running")
    if state != State.DONE:
        refund(call, job, always=call.switch("refund"))
        return refuse(call, "failed")
    return _good({"output": {"output": _film(call, job), "thumbnail_path": _thumbnail(call, job)}})


def _film(call: Call, job: Job) -> str:
    return result_url(call, job, f"{_folder(job, 'output')}/{uuid.uuid4()}.mp4", "film")


def _thumbnail(call: Call, job: Job) -> str:
    path = f"{_folder(job, 'thumbnail')}/{uuid.uuid4()}.png"
    return call.world.link(job, path, "thumbnail")


def _folder(job: Job, name: str) -> str:
    day = datetime.fromtimestamp(job.created, UTC).date().isoformat()
    return f"/files/remaker/datarm30/ai_video_generator/{name}/{day}"


REMAKER = Vendor(
    name="remaker",
    prefix="/api/remaker/",
    identify=identify,
    refuse=refuse,
    routes=(
        Route(
            method="POST",
            path=f"{ROOT}/create-job-text",
            op="create",
            handle=lambda call: create(call, "text"),
        ),
        Route(
            method="POST",
            path=f"{ROOT}/create-job-image",
            op="create",
            handle=lambda call: create(call, "image"),
        ),
        Route(
            method="GET",
            path=f"{ROOT}/get-job/([^/]+)",
            op="poll",
            handle=get_job,
            subjects=lambda call: call.arguments,
        ),
    ),
)
