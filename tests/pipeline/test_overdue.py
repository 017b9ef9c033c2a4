"""What waits too long is told, and ends only when nothing more can come of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from studio import clock
from studio.ledger.reading import balance
from studio.models import Account, Alert, Generation, Lease, Pause, Stage
from studio.pipeline import pace, poll
from studio.pipeline.overdue import give_up, tell_overdue, turn_away_stranded
from studio.pipeline.sweep import bring_near
from studio.vendors.base import Report, State

pytestmark = [pytest.mark.django_db, pytest.mark.both]

Build = Callable[..., Generation]
DAY = 24 * 3600


def test_an_order_that_cannot_be_sent_for_a_day_is_turned_away_and_told(
    accounts: dict[str, Account], place: Build, sound_book: None
) -> None:
    generation = place("remaker/text-1.0-standard", prompt="x")
    Account.objects.update(pause=Pause.ADMIN)
    turn_away_stranded()
    generation.refresh_from_db()
    assert generation.stage == Stage.ORDERED
    with clock.shift(DAY + 1):
        turn_away_stranded()
    generation.refresh_from_db()
    assert (generation.stage, generation.fault) == (Stage.REFUSED, "key")
    assert balance(generation.account.pool_key).available == 1_000_000
    assert Alert.objects.get().kind == "stranded"


def test_an_order_in_a_long_queue_of_a_sound_account_waits_on(
    accounts: dict[str, Account], place: Build
) -> None:
    generation = place("remaker/text-1.0-standard", prompt="x")
    with clock.shift(DAY + 1):
        turn_away_stranded()
    generation.refresh_from_db()
    assert generation.stage == Stage.ORDERED


def test_work_past_its_deadline_is_told_once_and_asked_about_slowly(
    accounts: dict[str, Account], working: Build
) -> None:
    generation = working(deadline_at=clock.now() + timedelta(minutes=45))
    tell_overdue()
    assert not Alert.objects.exists()
    with clock.shift(46 * 60):
        tell_overdue()
        tell_overdue()
        assert generation.moments.filter(what="overdue").count() == 1
        assert pace.interval(generation, clock.now()) > timedelta(minutes=50)
        generation.attempts = 5
        assert pace.after_trouble(generation, clock.now()) > timedelta(minutes=50)
    assert Alert.objects.get().kind == "overdue"


def test_work_that_never_ends_is_given_up_only_after_the_vendors_own_date(
    accounts: dict[str, Account], working: Build, sound_book: None
) -> None:
    generation = working(vendor_keeps_until=clock.now() + timedelta(days=30))
    with clock.shift(30 * DAY):
        give_up()
        generation.refresh_from_db()
        assert generation.stage == Stage.WORKING
    with clock.shift(30 * DAY + 4 * 3600):
        give_up()
    generation.refresh_from_db()
    assert (generation.stage, generation.fault) == (Stage.FAILED, "gone")
    assert balance(generation.account.pool_key).spent == 27_000, "nobody said that it was refunded"
    assert Alert.objects.get().kind == "gone"


def test_sightings_of_a_missing_job_count_only_in_a_row(
    accounts: dict[str, Account], working: Build
) -> None:
    generation = working()
    account = generation.account
    key = account.keys.get()
    gone, there = Report(state=State.GONE), Report(state=State.WORKING, word="1")
    for report in (gone, gone, there, gone, gone):
        poll.apply(
            poll.Answer(generations=[generation], reports={generation.ticket: report}), account, key
        )
        generation.refresh_from_db()
    assert (generation.stage, generation.gone_seen) == (Stage.WORKING, 2)


def test_a_clock_that_was_set_back_puts_nothing_off_for_ever(
    accounts: dict[str, Account], working: Build
) -> None:
    with clock.shift(DAY):
        ahead = working(due_at=clock.now())
        assert Lease.take("poller", "died", timedelta(seconds=10))
    soon = working(due_at=clock.now() + timedelta(minutes=50))
    bring_near()
    ahead.refresh_from_db()
    assert ahead.due_at <= clock.now()
    assert Generation.objects.get(pk=soon.pk).due_at == soon.due_at
    assert not Lease.held("poller")
    assert Lease.take("poller", "lives", timedelta(seconds=10))
    assert not Lease.take("poller", "third", timedelta(seconds=10))
