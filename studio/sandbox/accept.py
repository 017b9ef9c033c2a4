"""Takes an order: charges the key, keeps the job, writes the ledger, begins to fetch its sources."""

from __future__ import annotations

import secrets
import string
from typing import Any

from studio.sandbox import fetch
from studio.sandbox.faults import Fault, in_prompt
from studio.sandbox.jobs import Job, Need
from studio.sandbox.orders import Film
from studio.sandbox.vendor import Call


def accept(
    call: Call,
    *,
    id: str,
    cost: int,
    film: Film,
    needs: list[Need],
    prompt: str,
    options: dict[str, Any],
    **more: Any,
) -> Job:
    """The accepted job; `more` are fields of Job. The caller has checked the balance."""
    marked = [f for f in in_prompt(prompt) if f.kind.acts == "job" or f.op != call.op]
    faults = marked + [fault for fault in call.job_faults if fault not in marked]
    job = Job(
        id=id,
        vendor=call.vendor,
        key=call.key.key,
        op=call.op,
        entry=call.entry.number,
        base=call.base,
        created=call.now,
        latency=_latency(call, faults),
        cost=price(cost, faults),
        prompt=prompt,
        film=film,
        options=options,
        needs=needs,
        faults=faults,
        **more,
    )
    call.key.credits -= job.cost
    _enter(call, job)
    _gather(call, job)
    call.world.keep(call.key, job)
    fetch.begin(call.world, job)
    return job


def price(cost: int, faults: list[Fault]) -> int:
    """The price with the surprise that a fault may hold."""
    surprise = next((fault for fault in faults if fault.name == "price"), None)
    if surprise is None:
        return cost
    return round(surprise.number("credits", cost * surprise.number("factor", 2)))


def lacking(call: Call, cost: int, prompt: str) -> bool:
    """Whether the key cannot pay for the order."""
    return call.key.credits < price(cost, [*in_prompt(prompt), *call.faults])


def too_fast(call: Call) -> bool:
    """Whether the key has ordered more in the last minute than the switch allows."""
    limit = call.switch("per_minute")
    if not limit:
        return False
    recent = [
        entry
        for entry in call.world.record.entries(call.vendor, "create", accepted=True)
        if entry.key_tail == call.key.tail and entry.time > call.now - 60
    ]
    return len(recent) >= int(limit)


def refund(call: Call, job: Job, *, always: bool = False) -> None:
    """Give the credits of a failed job back, where the vendor does that, once."""
    fault = job.fault("fail")
    kind = fault.get("refund") if fault else ""
    wanted = kind in ("yes", "late") or (always and kind != "no")
    if not wanted or job.refunded or (kind == "late" and job.looks < 3):
        return
    owner = call.world.keys[job.vendor, job.key]
    job.refunded = job.cost
    owner.credits += job.cost
    call.world.keep(owner, job)


def code(length: int = 26) -> str:
    """A random id of lower-case letters and digits."""
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))


def _latency(call: Call, faults: list[Fault]) -> float:
    slow = next((fault for fault in faults if fault.name == "slow"), None)
    return slow.number("s", 60) if slow else call.world.settings.latency


def _enter(call: Call, job: Job) -> None:
    entry = call.entry
    entry.prompt, entry.options = job.prompt, job.options
    entry.image_urls += [need.url for need in job.needs if need.url]
    entry.accepted_id = entry.accepted_id or job.id
    entry.accepted_ids.append(job.id)
    entry.credits += job.cost
    entry.fault = entry.fault or ", ".join(str(fault) for fault in job.faults)


def _gather(call: Call, job: Job) -> None:
    """Hold the job until enough others wait with it, then let all end, perhaps backwards."""
    fault = job.fault("gather")
    if fault is None:
        return
    job.held = fault.get("tag", "all") or "all"
    others = [one for one in call.world.jobs.values() if one.held == job.held]
    waiting = [*others, job]
    if len(waiting) < fault.number("n", 5):
        return
    reverse = fault.get("order") == "reverse"
    for place, one in enumerate(reversed(waiting)):
        one.latency = call.now - one.created + (place * 0.1 if reverse else 0)
        one.held = ""
    call.world.keep(*others)


def settle(call: Call, job: Job) -> None:
    """Charge the difference when a price fault says that the end costs other than the start."""
    fault = job.fault("price")
    if fault is None or not fault.get("final") or job.extra.get("settled"):
        return
    owner = call.world.keys[job.vendor, job.key]
    final = round(fault.number("final", job.cost))
    owner.credits -= final - job.cost
    job.cost, job.extra["settled"] = final, True
    call.world.keep(owner, job)
