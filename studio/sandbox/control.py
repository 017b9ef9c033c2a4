"""The pages under /_sandbox/: what was received, who has what, what shall go wrong, what time it is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from studio.sandbox import keys
from studio.sandbox.choice import rule
from studio.sandbox.faults import FAULTS, Fault, UnknownFault, parse
from studio.sandbox.messages import Request, Response, answer
from studio.sandbox.world import World

Page = Callable[[World, Request, Any], object]
SEE = (
    "ledger", "balances", "jobs", "faults", "plan", "switches", "keys", "clock", "outage", "reset",
    "healthz",
)  # fmt: skip


class Wrong(Exception):
    """What was asked of the control pages makes no sense."""


def answer_control(world: World, request: Request, close_for: Callable[[float], None]) -> Response:
    """The answer of a control page. Web pages of other origins may not ask."""
    origin = request.header("origin")
    if origin and origin.split("://")[-1] != request.header("host"):
        return answer({"error": "not from another origin"}, 403)
    name = request.path.removeprefix("/_sandbox").strip("/")
    if not name:
        return answer({"sandbox": "plays the four vendors", "see": [f"/_sandbox/{s}" for s in SEE]})
    page = PAGES.get((request.method, name))
    if page is None:
        known = any(path == name for _, path in PAGES)
        return answer({"error": "no such page"}, 405 if known else 404)
    try:
        body = json.loads(request.body) if request.body.strip() else {}
        with world.lock:
            found = page(world, request, body)
        if name == "outage" and request.method == "POST" and body.get("kind") == "refuse":
            close_for(float(body.get("s", 5)))
        return answer(found)
    except (Wrong, UnknownFault, ValueError, TypeError, KeyError, AttributeError) as error:
        return answer({"error": f"{type(error).__name__}: {error}"}, 400)


def _ledger(world: World, request: Request, _body: Any) -> object:
    asked = {name: values[0] for name, values in request.query.items()}
    entries = world.record.entries(
        asked.get("vendor", ""), asked.get("op", ""), accepted=asked.get("accepted") == "1"
    )
    return {"entries": [asdict(entry) for entry in entries]}


def _balances(world: World, _request: Request, _body: Any) -> object:
    return {
        "balances": [
            {**key.to_json(), "key_tail": key.tail}
            for key in sorted(world.keys.values(), key=lambda key: (key.vendor, key.key))
        ]
    }


def _set_key(world: World, _request: Request, body: Any) -> object:
    """Create or change a key: {vendor, key, credits, plan, revoked, banned, client_id, ...}."""
    if body.get("vendor") not in ("remaker", "reelbyte", "mnml", "akool") or not body.get("key"):
        raise Wrong("needs a vendor and a key")
    name = (body["vendor"], str(body["key"]))
    key = world.keys.get(name) or keys.new(*name, world.settings.credits)
    kinds = {"credits": int, "plan": str, "revoked": bool, "banned": bool, "client_id": str,
             "client_secret": str}  # fmt: skip
    for field, kind in kinds.items():
        if field in body:
            setattr(key, field, kind(body[field]))
    world.keep(key)
    return key.to_json()


def _jobs(world: World, _request: Request, _body: Any) -> object:
    now = world.clock.now()
    return {"jobs": [{**j.to_json(), "state": j.state(now)} for j in world.jobs.values()]}


def _faults(_world: World, _request: Request, _body: Any) -> object:
    return {"faults": [asdict(kind) for kind in FAULTS.values()]}


def _plan(world: World, _request: Request, _body: Any) -> object:
    return {"plan": [line.shown() for line in world.choice.plan]}


def _add_plan(world: World, request: Request, body: Any) -> object:
    lines = body if isinstance(body, list) else [body]
    world.choice.plan += [rule(line) for line in lines]
    return _plan(world, request, body)


def _drop_plan(world: World, request: Request, body: Any) -> object:
    world.choice.plan.clear()
    return _plan(world, request, body)


def _switches(world: World, _request: Request, body: Any) -> object:
    unknown = set(body) - set(world.switches)
    if unknown:
        raise Wrong(f"no such switch: {', '.join(sorted(unknown))}")
    world.switches.update(body)
    return world.switches


def _clock(world: World, _request: Request, body: Any) -> object:
    if body:
        speed = body.get("speed")
        world.move_clock(float(body.get("advance", 0)), None if speed is None else float(speed))
    return {"now": world.clock.now(), "ahead": world.clock.ahead(), "speed": world.clock.speed}


def _reset(world: World, _request: Request, _body: Any) -> object:
    world.reset()
    return {"reset": True}


def _outage(world: World, _request: Request, body: Any) -> object:
    """{kind: 503|drop|refuse, s, up, down}: down for s seconds; with `up`, down and up in turns."""
    if body and body.get("kind") != "refuse":
        begin_outage(world, {name: str(value) for name, value in body.items()})
    return world.outage


def begin_outage(world: World, settings: dict[str, str]) -> None:
    """Go down now."""
    world.outage = {**settings, "from": world.clock.now()}


def outage_now(world: World) -> Fault | None:
    """The fault that every call gets while the vendor is down."""
    if not world.outage:
        return None
    since = world.clock.now() - float(world.outage["from"])
    up, down = float(world.outage.get("up", 0)), float(world.outage.get("down", 10))
    if since > float(world.outage.get("s", 3600)):
        world.outage = {}
        return None
    if up and since % (up + down) >= down:
        return None
    return parse("drop_before" if world.outage.get("kind") == "drop" else "http_503;retry=5")


PAGES: dict[tuple[str, str], Page] = {
    ("GET", "healthz"): lambda _world, _request, _body: {"status": "ok"},
    ("GET", "ledger"): _ledger,
    ("GET", "balances"): _balances,
    ("POST", "keys"): _set_key,
    ("GET", "jobs"): _jobs,
    ("GET", "faults"): _faults,
    ("GET", "plan"): _plan,
    ("POST", "plan"): _add_plan,
    ("DELETE", "plan"): _drop_plan,
    ("GET", "switches"): _switches,
    ("POST", "switches"): _switches,
    ("GET", "clock"): _clock,
    ("POST", "clock"): _clock,
    ("GET", "outage"): _outage,
    ("POST", "outage"): _outage,
    ("POST", "reset"): _reset,
}
