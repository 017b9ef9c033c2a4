"""When to ask again: first question, interval, back-off with jitter, and the account's breaker.

Only times; asking is poll.py's and submit.py's business.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from statistics import median

from django.db.models import Q

from studio import clock
from studio.models import Account, Generation, Pause, Stage
from studio.pipeline.reach import callback_address

DEADLINE = timedelta(minutes=45)  # a vendor may run half an hour after queueing
HISTORY = 20  # finished generations that the usual time is learned from
BREAKS_AT = 5  # failures in a row after which only one probe at a time goes out
PROBE_EVERY = timedelta(seconds=15)
SANDBOX_TYPICAL = 2.0


def seconds(count: float) -> timedelta:
    """Short for timedelta(seconds=count)."""
    return timedelta(seconds=count)


def later(until: datetime | None, now: datetime) -> timedelta:
    """How long until then; half a minute when a person must act first."""
    return seconds(30) if until is None else max(seconds(0.5), until - now)


def backoff(attempt: int, *, base: float = 5.0, cap: float = 60.0) -> timedelta:
    """Full jitter: anywhere up to base * 2^attempt, at most `cap` seconds, at least one."""
    ceiling = min(cap, base * 2 ** min(attempt, 10))
    return seconds(max(1.0, random.uniform(0, ceiling)))  # noqa: S311 jitter, no secret


def usual_seconds(generation: Generation) -> tuple[float, bool]:
    """How long this model takes, and whether that is learned from our own history."""
    ended = (
        Generation.objects.in_stages([Stage.READY])
        .filter(
            vendor=generation.vendor,
            model=generation.model,
            sandbox=generation.sandbox,
            accepted_at__isnull=False,
            finished_at__isnull=False,
        )
        .newest()
        .values_list("accepted_at", "finished_at")[:HISTORY]
    )
    took = [
        (finished - accepted).total_seconds()
        for accepted, finished in ended
        if accepted and finished
    ]
    if len(took) >= 3:
        return median(took), True
    if generation.sandbox:
        return SANDBOX_TYPICAL, False
    return float(generation.spec.typical if generation.spec else 60), False


def first_poll(generation: Generation) -> timedelta:
    """When to ask first: shortly before it usually ends, half-way while that is a guess."""
    usual, learned = usual_seconds(generation)
    return seconds(min(max(usual * (0.85 if learned else 0.5), 0.5), 60))


def interval(generation: Generation, now: datetime) -> timedelta:
    """How long between two questions: a tenth of the age, so waiting adds at most a tenth.

    A webhook makes questions rarer; after the deadline they go on slowly, so that late results
    and refunds are still seen.
    """
    accepted = generation.accepted_at or now
    if generation.deadline_at and now > generation.deadline_at:
        return seconds(3600 * random.uniform(0.9, 1.1))  # noqa: S311 jitter
    least = 0.7 if generation.sandbox else 2.0
    wait = min(max((now - accepted).total_seconds() * 0.1, least), 15.0)
    if not generation.sandbox and callback_address(generation):
        wait *= 3
    return seconds(wait * random.uniform(0.9, 1.1))  # noqa: S311 jitter


def after_trouble(generation: Generation, now: datetime) -> timedelta:
    """Twice the usual interval after a question without an answer, at most a minute."""
    doubled = interval(generation, now) * (1 << min(generation.attempts + 1, 5))
    return min(doubled, seconds(60 * random.uniform(0.8, 1.0)))  # noqa: S311 jitter


def note_trouble(account: Account) -> None:
    """Count a failure; at the fifth in a row the account is left alone but for single probes."""
    if account.note_trouble() >= BREAKS_AT:
        account.hold_back(Pause.ERRORS, clock.now() + PROBE_EVERY)


def may_try(account: Account) -> bool:
    """May a request go to this account now? While it is broken, one probe at a time may.

    A conditional UPDATE hands out the probe, so a thousand due jobs send one request.
    """
    if account.pause != Pause.ERRORS:
        return True
    now = clock.now()
    probe = Account.objects.filter(pk=account.pk, pause=Pause.ERRORS).filter(
        Q(paused_until=None) | Q(paused_until__lte=now)
    )
    return bool(probe.update(paused_until=now + PROBE_EVERY))
