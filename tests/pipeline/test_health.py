"""Is the studio at work? Judged from its own rows, and said in plain sentences."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from studio import clock
from studio.models import Account, Beat, Generation, Lease, Pause, Stage
from studio.pipeline.health import health
from studio.pipeline.tick import LEASE

pytestmark = [pytest.mark.django_db, pytest.mark.both]

Build = Callable[..., Generation]


@pytest.fixture(autouse=True)
def no_memory() -> None:
    from django.core.cache import cache

    cache.clear()


def beating() -> None:
    Beat.objects.create(owner="w", host="here", pid=1)


def test_without_a_worker_everybody_is_told_how_to_start_one() -> None:
    found = health(fresh=True)
    assert not found.ready
    [banner] = found.banners
    assert banner.level == "bad"
    assert "manage.py work" in banner.sentence


def test_a_worker_that_beats_makes_it_ready_until_it_falls_silent() -> None:
    beating()
    assert health(fresh=True).ready
    assert health(fresh=True).banners == ()
    with clock.shift(11):
        assert not health(fresh=True).worker


def test_due_work_that_nobody_asks_about_has_stalled(
    accounts: dict[str, Account], working: Build
) -> None:
    beating()
    working()
    with clock.shift(31):
        Beat.objects.update(beat_at=clock.now())
        assert health(fresh=True).stalled
        assert "stalled" in health(fresh=True).banners[0].sentence
        Lease.take(LEASE, "w", timedelta(seconds=10))
        assert not health(fresh=True).stalled


def test_orders_that_wait_long_are_said_but_not_those_of_a_paused_account(
    accounts: dict[str, Account], place: Build
) -> None:
    beating()
    place("remaker/text-1.0-standard", prompt="x")
    with clock.shift(61):
        Beat.objects.update(beat_at=clock.now())
        assert health(fresh=True).busy
        Account.objects.update(pause=Pause.CREDITS)
        assert not health(fresh=True).busy


def test_doubts_are_counted_for_those_who_decide(
    accounts: dict[str, Account], place: Build
) -> None:
    beating()
    for _ in range(2):
        row = place("remaker/text-1.0-standard", prompt="x")
        row.move(Stage.ORDERED, Stage.SENDING, sent_at=clock.now())
        row.move(Stage.SENDING, Stage.IN_DOUBT)
    assert "2 orders need a decision" in health(fresh=True).banners[0].sentence
    assert health(fresh=True).ready


def test_a_full_disk_is_not_ready(monkeypatch: pytest.MonkeyPatch) -> None:
    beating()
    monkeypatch.setattr("studio.pipeline.health.FREE_FLOOR", 1 << 62)
    assert not health(fresh=True).ready
    assert "disk" in health(fresh=True).banners[0].sentence


def test_without_a_database_it_still_answers() -> None:
    def away(*args: object) -> None:
        raise OperationalError

    with connection.execute_wrapper(away):
        found = health(fresh=True)
    assert (found.database, found.ready) == (False, False)


def test_it_is_looked_at_once_in_five_seconds(
    django_assert_num_queries: Callable[[int], object],
) -> None:
    health()
    with django_assert_num_queries(0):
        health()
