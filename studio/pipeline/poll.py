"""Ask a vendor about running work, and decide what its answer means.

`claim` also reschedules: an answer "still working" needs no second write, and a crash costs one
question, nothing else. `ask` does HTTP and no database; `apply` does database and no HTTP.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from studio import clock
from studio.models import Account, Generation, Key, Pause, Stage
from studio.pipeline import keys, pace, settle
from studio.vendors.base import Report, State, Ticket, Vendor
from studio.vendors.errors import BadKey, Fault, TooFast, VendorError

logger = logging.getLogger(__name__)

GONE_SIGHTINGS = 3
GONE_EVERY = timedelta(minutes=5)
GRACE = timedelta(minutes=10)  # a vendor may not know a new job yet
EMPTY_FOR = timedelta(minutes=30)  # finished without a file: ask this long for one


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one question about some generations came to: reports by ticket, or why there are none."""

    generations: Sequence[Generation]
    reports: Mapping[str, Report]
    error: VendorError | None = None


def claim(account: Account, most: int) -> list[Generation]:
    """Take up to `most` due generations of this account, and put off their next question."""
    now = clock.now()
    with transaction.atomic():
        rows = list(
            Generation.objects.select_for_update(skip_locked=True, of=("self",))
            .in_stages([Stage.WORKING])
            .filter(account=account)
            .due(now)
            .select_related("account")
            .order_by("due_at")[:most]
        )
        for row in rows:
            row.due_at = now + pace.interval(row, now)
            row.polls += 1
            # no card changes by being asked about: the version stays
            Generation.objects.filter(pk=row.pk).update(due_at=row.due_at, polls=F("polls") + 1)
    return rows


def ask(vendor: Vendor, generations: Sequence[Generation]) -> Answer:
    """One question to the vendor. Touches no database; raises only what is a mistake of ours."""
    tickets = [Ticket(row.ticket, row.ticket_alias) for row in generations]
    try:
        return Answer(generations=generations, reports=vendor.poll(tickets))
    except VendorError as error:
        return Answer(generations=generations, reports={}, error=error)


def apply(answer: Answer, account: Account, key: Key) -> None:
    """Put one answer into the tables."""
    if answer.error is None:
        account.note_answer()
        for generation in answer.generations:
            _apply_report(generation, answer.reports.get(generation.ticket))
        return
    error = answer.error
    now = clock.now()
    if isinstance(error, TooFast):
        wait = error.retry_after if error.retry_after is not None else 30.0
        account.hold_back(Pause.RATE, now + pace.seconds(wait))
        _wait(answer.generations, pace.seconds(wait + random.uniform(0, 5)))  # noqa: S311
    elif isinstance(error, BadKey):
        keys.take_out(account, key, error)
    else:
        pace.note_trouble(account)
        put_off(answer.generations)


def put_off(generations: Sequence[Generation]) -> None:
    """The question came to nothing: each of these is asked about again, later and later."""
    now = clock.now()
    for generation in generations:
        generation.attempts += 1
        Generation.objects.in_stages([Stage.WORKING]).filter(pk=generation.pk).update(
            attempts=generation.attempts, due_at=now + pace.after_trouble(generation, now)
        )


def put_off_account(account: Account) -> None:
    """Nobody can ask this account now: its work keeps its place and waits a minute."""
    Generation.objects.in_stages([Stage.WORKING]).filter(account=account).due(clock.now()).update(
        due_at=clock.now() + timedelta(minutes=1)
    )


def _apply_report(generation: Generation, report: Report | None) -> None:
    now = clock.now()
    if report is None or report.state == State.GONE:
        _gone(generation, report, now)
    elif report.state == State.DONE and report.results:
        settle.succeed(generation, report)
    elif report.state == State.DONE:
        _empty(generation, report, now)
    elif report.state == State.FAILED:
        settle.fail(generation, report)
    elif (report.word[:80], 0, 0) != (
        generation.vendor_word,
        generation.attempts,
        generation.gone_seen,
    ):
        generation.change(
            stage=Stage.WORKING,
            then={"vendor_word": report.word[:80], "attempts": 0, "gone_seen": 0},
        )


def _gone(generation: Generation, report: Report | None, now: datetime) -> None:
    """The vendor does not know the job: believed only after several sightings over minutes."""
    if report is None and generation.accepted_at and now < generation.accepted_at + GRACE:
        return
    seen = generation.gone_seen + 1
    if seen < GONE_SIGHTINGS:
        Generation.objects.in_stages([Stage.WORKING]).filter(pk=generation.pk).update(
            gone_seen=seen, due_at=now + GONE_EVERY
        )
        generation.note("gone_seen", f"the vendor did not know the job ({seen})")
        return
    settle.fail(
        generation,
        report
        or Report(
            state=State.GONE,
            fault=Fault.GONE,
            message="The vendor does not know this job any more.",
        ),
    )


def _empty(generation: Generation, report: Report, now: datetime) -> None:
    """Finished, but no file is named yet: ask on for a while, then it has failed."""
    if generation.finished_at is None:
        generation.change(
            stage=Stage.WORKING, then={"finished_at": now, "vendor_word": report.word[:80]}
        )
    elif now > generation.finished_at + EMPTY_FOR:
        settle.fail(
            generation,
            Report(
                state=State.FAILED,
                word=report.word,
                credits=report.credits,
                fault=Fault.TROUBLE,
                message="The vendor finished without a file.",
                raw=report.raw,
            ),
        )


def _wait(generations: Sequence[Generation], wait: timedelta) -> None:
    Generation.objects.in_stages([Stage.WORKING]).filter(
        pk__in=[row.pk for row in generations]
    ).update(due_at=clock.now() + wait)
