"""When to ask again: first question, interval, back-off with jitter, and the account's breaker.

Only times; asking is poll.py's and submit.py's business.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from statistics import median

from studio import clock
from studio.models import Account, Generation, Pause, Stage
from studio.pipeline.reach import callback_address

DEADLINE = timedelta(minutes=45)  # a vendor may run half an hour after queueing
HISTORY = 20  # finished generations that the usual time is learned from
BREAKS_AT = 5  # failures in a row after which only one probe at a time goes out
PROBE_EVERY = timedelta(seconds=15)
DOUBTS_AT = 3  # orders without an answer in a row, after which only one at a time goes out
ORDER_EVERY = timedelta(minutes=1)  # doubled with each further doubt
CREDITS_EVERY = timedelta(minutes=15)
LOOK_INTO_DOUBT = timedelta(minutes=1)
SELDOM = timedelta(minutes=15)
SANDBOX_TYPICAL = 2.0


def seconds(count: float) -> timedelta:
    """Short for timedelta(seconds=count)."""
    return timedelta(seconds=count)


def later(until: datetime | None, now: datetime) -> timedelta:
    """How long until then, but at most half a minute: a person may end a pause at any time."""
    return seconds(30) if until is None else min(max(seconds(0.5), until - now), seconds(30))


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
    """Twice the usual interval after a question without an answer, at most a minute.

    After the deadline the slow interval is enough.
    """
    usual = interval(generation, now)
    doubled = usual * (1 << min(generation.attempts + 1, 5))
    return max(usual, min(doubled, seconds(60 * random.uniform(0.8, 1.0))))  # noqa: S311 jitter


def note_trouble(account: Account) -> None:
    """Count a failure; at the fifth in a row the account is left alone but for single probes."""
    if account.note_trouble() >= BREAKS_AT:
        account.hold_back(Pause.ERRORS, clock.now() + PROBE_EVERY)


def note_doubt(account: Account) -> None:
    """Count an order without an answer: each may have been paid for, so patience ends early."""
    note_trouble(account)
    doubts = account.note_doubt()
    if doubts >= DOUBTS_AT:
        wait = min(ORDER_EVERY * (1 << min(doubts - DOUBTS_AT, 5)), SELDOM)
        account.hold_back(Pause.ORDERS, clock.now() + wait)


def may_ask(account: Account) -> bool:
    """May a question go to this account now? While it is silent, one at a time may.

    A conditional UPDATE hands it out, so a thousand due jobs ask one question.
    """
    return account.pause != Pause.ERRORS or _hand_out(account, Pause.ERRORS, PROBE_EVERY)


def may_order(account: Account) -> bool:
    """May an order go out now? Never to a vendor that does not even answer questions.

    After doubts, and after "out of credits", one order at a time may try.
    """
    if account.pause == Pause.ERRORS:
        return False
    waits = {Pause.ORDERS: ORDER_EVERY, Pause.CREDITS: CREDITS_EVERY}
    wait = waits.get(Pause(account.pause))
    return wait is None or _hand_out(account, account.pause, wait)


def _hand_out(account: Account, pause: str, wait: timedelta) -> bool:
    now = clock.now()
    turn = Account.objects.filter(pk=account.pk, pause=pause, paused_until__lte=now)
    return bool(turn.update(paused_until=now + wait))
