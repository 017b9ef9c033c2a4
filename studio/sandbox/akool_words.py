"""AKOOL's envelope, codes and numbers for states."""

from __future__ import annotations

from studio.sandbox.jobs import Job, State
from studio.sandbox.messages import Response, answer
from studio.sandbox.vendor import Call

WORDS = {
    State.QUEUED: 1,
    State.RUNNING: 2,
    State.DONE: 3,
    State.FAILED: 4,
    State.CANCELED: 4,
    State.ABORTED: 4,
    State.ODD: 7,
}
REFUSALS = {
    "key": (1109, "Invalid API key"),
    "credits": (1006, "Your quota is not enough"),
    "rate": (1005, "Operation is too frequent"),
    "trouble": (1015, "Create video error, please try again later"),
    "expired": (1008, "The content you get does not exist"),
    "foreign": (1009, "You do not have permission to operate"),
}


def good(data: object, msg: str = "OK") -> Response:
    """Code 1000 with data."""
    return answer({"code": 1000, "msg": msg, "data": data})


def bad(code: int, msg: str) -> Response:
    """Any other code; the HTTP status stays 200."""
    return answer({"code": code, "msg": msg})


def refuse(_call: Call, reason: str) -> Response:
    """AKOOL's no."""
    if reason == "path":
        return answer({"code": 404, "msg": "Not Found"}, 404)
    if reason == "method":
        return answer({"code": 405, "msg": "Method Not Allowed"}, 405)
    return bad(*REFUSALS.get(reason, REFUSALS["trouble"]))


def film_path(job: Job) -> str:
    """Where the film of a job is found."""
    return f"/files/akool/image2video/{job.extra['folder']}/Image2Video_{job.id}.mp4"
