"""Reelbyte as its page says: one call for everything, results as JSON inside strings.

https://www.reelbyte.video/docs; the wording of errors and the shapes inside the strings are those of
the open template and of Replicate, whose predictions it passes on.
"""

from __future__ import annotations

import json
import secrets
import uuid
from datetime import UTC, datetime
from typing import Any

from studio.sandbox import seedance
from studio.sandbox.accept import accept, lacking, refund, settle, too_fast
from studio.sandbox.faults import without_markers
from studio.sandbox.jobs import Job, Need, State
from studio.sandbox.links import result_url
from studio.sandbox.messages import Response, answer
from studio.sandbox.vendor import Call, Route, Vendor

SCENES = {
    "video": ("text-to-video", "image-to-video"),
    "image": ("text-to-image", "image-to-image"),
}
MESSAGES = {
    "key": "invalid api key",
    "credits": "insufficient credits",
    "rate": "too many requests",
    "trouble": "query ai task failed",
    "path": "not found",
    "method": "method not allowed",
}
# Reelbyte's word, and Replicate's for the same.
WORDS = {
    State.QUEUED: ("pending", "starting"),
    State.RUNNING: ("processing", "processing"),
    State.DONE: ("success", "succeeded"),
    State.FAILED: ("failed", "failed"),
    State.CANCELED: ("canceled", "canceled"),
}


def _no(message: str, status: int = 200) -> Response:
    return answer({"code": -1, "message": message}, status)


def refuse(call: Call, reason: str) -> Response:
    """Reelbyte's no."""
    status = {"path": 404, "method": 405, "rate": 429}.get(reason, 200)
    if reason == "key":
        status = call.switch("bad_key_status")
    return _no(MESSAGES.get(reason, "invalid params"), status)


def identify(call: Call) -> Response | None:
    """Find the key in either header."""
    bearer = call.request.header("authorization")
    text = bearer.removeprefix("Bearer ").strip() if bearer.startswith("Bearer ") else ""
    text = text or call.request.header("x-api-key")
    call.owner = call.world.key("reelbyte", text)
    if call.owner is None or call.owner.revoked or call.owner.banned:
        return refuse(call, "key")
    return None


def generate(call: Call) -> Response:
    """Accept a task."""
    if too_fast(call):
        return refuse(call, "rate")
    body = call.request.json
    wrong = _wrong(body)
    if wrong or body is None:
        return _no(wrong or "invalid params")
    options = dict(body.get("options") or {})
    prompt = str(options.pop("prompt", None) or body.get("prompt") or "")
    if not prompt:
        return _no("prompt is required")
    order = seedance.Order(
        media=body["mediaType"], scene=body["scene"], model=body["model"], options=options
    )
    wrong = seedance.wrong(order)
    if wrong:
        return _no(wrong)
    if lacking(call, seedance.price(order), prompt):
        return refuse(call, "credits")
    job = accept(
        call,
        id=str(uuid.uuid4()),
        cost=seedance.price(order),
        prompt=prompt,
        options={"model": order.model, "scene": order.scene, "mediaType": order.media} | options,
        needs=_needs(call, order),
        film=seedance.film(order, without_markers(prompt)),
        file_life=float(call.switch("result_life")),
        extra={
            "input": {"prompt": prompt, **options},
            "provider": body["provider"],
            "prediction": secrets.token_hex(13),
        },
    )
    data: dict[str, Any] = {"taskId": job.id, "status": "pending", "costCredits": job.cost}
    return answer({"code": 0, "message": "ok", "data": _row(call, job, data)})


def _wrong(body: dict[str, Any] | None) -> str:
    """What is wrong with the outer fields, in the template's words, or nothing."""
    if body is None:
        return "invalid params"
    media, scene = body.get("mediaType"), body.get("scene")
    texts = (media, body.get("provider"), body.get("model"), scene)
    if not all(isinstance(text, str) and text for text in texts):
        return "invalid params"
    if not body.get("prompt") and not body.get("options"):
        return "prompt or options is required"
    if not isinstance(body.get("options", {}) or {}, dict):
        return "invalid params"
    if media not in SCENES:
        return "invalid mediaType"
    if body.get("provider") != "replicate":
        return "invalid provider"
    return "" if scene in SCENES[str(media)] else "invalid scene"


def _needs(call: Call, order: seedance.Order) -> list[Need]:
    start = order.start if order.scene.startswith("image-") else ""
    if start and order.from_list and "seedance" in order.model and not call.switch("image_input"):
        start = ""
    last = str(order.options.get("last_frame_image") or "")
    return [Need(role=r, url=u) for r, u in (("start", start), ("end", last)) if u]


def _row(call: Call, job: Job, data: dict[str, Any]) -> dict[str, Any]:
    """The slim row of the page, or the template's whole one, whose `id` is what query wants."""
    if not call.switch("full_row"):
        return data
    return {
        "id": job.id,
        "userId": str(call.key.uid),
        "mediaType": job.options["mediaType"],
        "provider": job.extra["provider"],
        "model": job.options["model"],
        "prompt": job.prompt,
        "scene": job.options["scene"],
        "options": json.dumps(job.extra["input"]),
        **data,
        "taskId": job.extra["prediction"],
        "taskInfo": None,
        "taskResult": None,
    }


def query(call: Call) -> Response:
    """How a task is. A failure is refunded here and nowhere else: no query, no refund."""
    body = call.request.json
    if body is None or not isinstance(body.get("taskId"), str) or not body["taskId"]:
        return _no("invalid params")
    found = call.world.found("reelbyte", [body["taskId"]])
    if not found:
        return _no("task not found")
    job = found[0]
    if job.key != call.key.key:
        return _no("no permission")
    state = job.look(call.now, *call.job_faults)
    call.world.keep(job)
    if state == State.GONE:
        return _no("task not found")
    if state == State.ABORTED:
        return _no("unknown status: aborted")
    if state == State.FAILED:
        refund(call, job, always=True)
    if state == State.DONE:
        settle(call, job)
    return answer({"code": 0, "message": "ok", "data": _task(call, job, state)})


def _task(call: Call, job: Job, state: State) -> dict[str, Any]:
    odd = job.fault("unknown_status", *call.job_faults)
    word, theirs = WORDS.get(state, (odd.get("word", "paused") if odd else "paused",) * 2)
    url = _result(call, job) if state == State.DONE else ""
    made = _iso(job.created)
    info: dict[str, Any] = {"status": theirs, "errorCode": "", "errorMessage": None}
    if state == State.FAILED:
        info["errorMessage"] = job.reason or "The model could not render this scene."
    if state == State.DONE and url:
        image = job.options["mediaType"] == "image"
        item = {"id": "", "createTime": made, "imageUrl" if image else "videoUrl": url}
        info = {"images" if image else "videos": [item], **info}
    info["createTime"] = made
    data = {
        "taskId": job.id,
        "status": word,
        "taskInfo": json.dumps(info) if state != State.QUEUED else "{}",
        "taskResult": json.dumps(_prediction(call, job, theirs, url)),
        "usage": {"credits": job.cost - job.refunded},
    }
    return data


def _result(call: Call, job: Job) -> str:
    """A new address at every look, until the results are removed; then none."""
    if job.file_life and call.now > job.end + job.file_life:
        return ""
    folder = f"/files/reelbyte/replicate.delivery/xezq/{secrets.token_hex(20)}"
    name = f"tmp.{job.film.kind}"
    return result_url(call, job, f"{folder}/{name}", f"film {secrets.token_hex(4)}")


def _prediction(call: Call, job: Job, status: str, url: str) -> dict[str, Any]:
    """The raw prediction as Replicate gives it."""
    ended = status in ("succeeded", "failed", "canceled")
    removed = bool(job.file_life) and call.now > job.end + job.file_life
    api = f"https://api.replicate.com/v1/predictions/{job.extra['prediction']}"
    return {
        "id": job.extra["prediction"],
        "model": job.options["model"],
        "version": "hidden",
        "input": {} if removed else job.extra["input"],
        "logs": "",
        "output": url or None,
        "error": (job.reason or "The model could not render this scene.")
        if status == "failed"
        else None,
        "status": status,
        "created_at": _iso(job.created),
        "data_removed": removed,
        "started_at": None if status == "starting" else _iso(job.created + job.latency * 0.3),
        "completed_at": _iso(job.end) if ended else None,
        "metrics": {"predict_time": job.latency * 0.7, "total_time": job.latency} if ended else {},
        "urls": {"cancel": f"{api}/cancel", "get": api},
    }


def _iso(seconds: float) -> str:
    moment = datetime.fromtimestamp(seconds, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _asked(call: Call) -> tuple[str, ...]:
    return (str((call.request.json or {}).get("taskId", "")),)


REELBYTE = Vendor(
    name="reelbyte",
    prefix="/api/v1/",
    identify=identify,
    refuse=refuse,
    routes=(
        Route(method="POST", path="/api/v1/ai/generate", op="create", handle=generate),
        Route(method="POST", path="/api/v1/ai/query", op="poll", handle=query, subjects=_asked),
    ),
)
