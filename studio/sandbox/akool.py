"""AKOOL as its pages say: two ways to show a key, numbered codes, results by ids, effects, models.

https://docs.akool.com/ai-tools-suite/image2video and the pages under it. Orders are in
akool_orders.py, callbacks in akool_hooks.py.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from studio.sandbox import akool_hooks, keys
from studio.sandbox.accept import refund, settle
from studio.sandbox.akool_models import MODELS
from studio.sandbox.akool_orders import batch, create, document, redub
from studio.sandbox.akool_words import WORDS, bad, film_path, good, refuse
from studio.sandbox.effects import EFFECTS
from studio.sandbox.jobs import Job, State
from studio.sandbox.keys import Key
from studio.sandbox.links import result_url
from studio.sandbox.messages import Response, answer
from studio.sandbox.vendor import Call, Route, Vendor
from studio.sandbox.world import DAY

V4 = "/api/open/v4/image2Video"
TOKEN_LIFE = 366 * DAY  # "valid for more than one year"
BORN = 1_735_689_600_000  # creation time of the effects, in ms


def identify(call: Call) -> Response | None:
    """Find the key. Authorization comes first, and then x-api-key is not looked at."""
    authorization = call.request.header("authorization")
    text = call.request.header("x-api-key")
    if not authorization and not text:
        return bad(1102, "Authorization cannot be empty")
    if authorization:
        owner = _by_token(call, authorization)
        refusal = bad(1101, "Invalid authorization or The request token has expired")
    else:
        owner = call.world.key("akool", text)
        known_id = any(key.client_id == text for key in call.world.keys.values())
        refusal = bad(1109, "account does not exist" if known_id else "Invalid API key")
    if owner is None or owner.revoked:
        return refusal
    call.owner = owner
    return bad(1200, "The account has been banned") if owner.banned else None


def get_token(call: Call) -> Response:
    """A token for a client id and secret; it comes beside the code, not in `data`."""
    body = call.request.json or {}
    client_id, secret = str(body.get("clientId", "")), str(body.get("clientSecret", ""))
    if not client_id or not secret:
        return bad(1003, "Parameter error or Parameter can not be empty")
    if secret.startswith(keys.PREFIX):
        call.world.key("akool", secret)
    owner = next(
        (
            key
            for key in call.world.keys.values()
            if key.vendor == "akool"
            and key.client_id == client_id
            and secret in (key.client_secret, key.key)
        ),
        None,
    )
    if owner is None or owner.revoked:
        return bad(1101, "Invalid authorization")
    call.owner = owner
    return answer({"code": 1000, "token": _token(owner, call.now)})


def _token(owner: Key, now: float) -> str:
    claims = base64.urlsafe_b64encode(json.dumps([owner.key, int(now)]).encode()).decode()
    return f"{claims}.{_seal(claims)}"


def _seal(claims: str) -> str:
    return hashlib.sha256(b"sandbox token " + claims.encode()).hexdigest()[:32]


def _by_token(call: Call, authorization: str) -> Key | None:
    scheme, _, token = authorization.partition(" ")
    claims, _, seal = token.strip().partition(".")
    if scheme != "Bearer" or seal != _seal(claims):
        return None
    key, issued = json.loads(base64.urlsafe_b64decode(claims))
    if call.now > issued + TOKEN_LIFE:
        return None
    return call.world.key("akool", key)


def _ids(call: Call) -> list[str]:
    """The ids of a request: one string with commas; an array is not understood."""
    text = (call.request.json or {}).get("_ids")
    if not isinstance(text, str):
        return []
    return [part.strip() for part in text.split(",") if part.strip()]


def results(call: Call) -> Response:
    """How jobs are. An id that is unknown, deleted or too old is left out."""
    ids = _ids(call)
    if not ids:
        return bad(1003, "Failed to get results")
    found = [job for job in call.world.found("akool", ids) if job.key == call.key.key]
    shown = [result for job in found if (result := _result(call, job))]
    return good({"result": shown})


def _result(call: Call, job: Job) -> dict[str, Any] | None:
    state = job.look(call.now, *call.job_faults)
    if state == State.GONE:
        return None
    if state == State.FAILED:
        refund(call, job, always=call.switch("refund"))
    if state == State.DONE:
        settle(call, job)
    result = document(call.world, job, call.key)
    result["status"] = WORDS[state]
    result["update_time"] = int(min(call.now, job.end) * 1000)
    result["video_url"] = (
        result_url(call, job, film_path(job), "film") if state == State.DONE else ""
    )
    field = call.switch("failure_field")
    if field and state == State.FAILED:
        result[field] = job.reason
    call.world.keep(job)
    return result


def delete(call: Call) -> Response:
    """Delete for good, one's own and not while it is being made; half may succeed."""
    ids = _ids(call)
    if not ids:
        return bad(1003, "Parameter error or Parameter can not be empty")
    fault = call.fault("delete")
    kind = fault.get("kind", "partial") if fault else ""
    done: list[str] = []
    refused: list[dict[str, str]] = []
    for place, name in enumerate(ids):
        jobs = [job for job in call.world.found("akool", [name]) if job.key == call.key.key]
        state = jobs[0].state(call.now) if jobs else State.GONE
        if state == State.GONE or kind == "unknown":
            refused.append({"_id": name, "msg": "The content you get does not exist"})
        elif state == State.RUNNING or (kind == "partial" and place == 0):
            says = "video resource is processing, please try again later"
            refused.append({"_id": name, "msg": says})
        else:
            jobs[0].deleted = True
            call.world.keep(jobs[0])
            done.append(name)
    return good({"successIds": done, "noPermissionItems": refused}, "Delete successfully")


def effects(call: Call) -> Response:
    """The list of effects, with logo and preview."""
    listed = [
        {
            "_id": hashlib.sha256(code.encode()).hexdigest()[:24],
            "create_time": BORN + place * 1000,
            "logo": f"{call.base}/files/akool/effects/{code}.png",
            "name": effect.name,
            "video_url": f"{call.base}/files/akool/effects/{code}.mp4",
            "effect_code": code,
        }
        for place, (code, effect) in enumerate(EFFECTS.items())
    ]
    return good({"result": listed, "count": len(listed)})


def models(call: Call) -> Response:
    """The list of models of the types asked for; `data` is the bare list."""
    asked = call.request.query.get("types[]", [])
    if not asked or not all(text.isdecimal() for text in asked):
        return bad(1003, "Parameter error or Parameter can not be empty")
    kinds = {int(text) for text in asked}
    return good([m.listed(place) for place, m in enumerate(MODELS.values()) if m.kind in kinds])


def quota(call: Call) -> Response:
    """The balance of the account."""
    return good({"credit": call.key.credits})


def _parent(call: Call) -> list[str]:
    return [str((call.request.json or {}).get("pre_video_id", ""))]


AKOOL = Vendor(
    name="akool",
    prefix="/api/open/",
    identify=identify,
    refuse=refuse,
    resume=akool_hooks.resume,
    routes=(
        Route(method="POST", path="/api/open/v3/getToken", op="token", handle=get_token, open=True),
        Route(method="GET", path="/api/open/v3/faceswap/quota/info", op="balance", handle=quota),
        Route(method="GET", path="/api/open/v4/aigModel/list", op="models", handle=models),
        Route(method="GET", path=f"{V4}/effects", op="effects", handle=effects),
        Route(method="POST", path=f"{V4}/createBySourcePrompt", op="create", handle=create),
        Route(method="POST", path=f"{V4}/createBySourcePrompt/batch", op="create", handle=batch),
        Route(method="POST", path=f"{V4}/resultsByIds", op="poll", handle=results, subjects=_ids),
        Route(
            method="POST",
            path=f"{V4}/updateVideoAudio",
            op="redub",
            handle=redub,
            subjects=_parent,
        ),
        Route(method="POST", path=f"{V4}/delbyids", op="delete", handle=delete, subjects=_ids),
    ),
)
