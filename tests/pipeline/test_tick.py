"""The poll engine: fair, bounded, alone under its lease, and stopped by nothing but a stop."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.db import connection

from studio import clock
from studio.models import Account, Generation, Lease, Pause, Project, Stage
from studio.pipeline import poll, tick
from studio.pipeline.keys import take_out
from studio.pipeline.tick import Bucket, Engine
from studio.vendors.base import Report, State
from studio.vendors.errors import BadKey
from studio.vendors.remaker import Remaker
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.both]

Build = Callable[..., Generation]
STILL = Report(state=State.WORKING, word="2")


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Every vendor answers at once that it is still at work; how often each ticket was asked."""
    found: Counter[str] = Counter()

    def answer(self: Any, tickets: Any) -> dict[str, Report]:
        found.update(ticket.id for ticket in tickets)
        return {ticket.id: STILL for ticket in tickets}

    for vendor in ("remaker.Remaker", "reelbyte.Reelbyte", "mnml.Mnml", "akool.Akool"):
        monkeypatch.setattr(f"studio.vendors.{vendor}.poll", answer)
    return found


@pytest.fixture
def engine(asked: Counter[str]) -> Any:
    made = Engine("test")
    made.swept_at = clock.monotonic() + 10_000
    yield made
    made.close()


@pytest.fixture
def many(project: Project, accounts: dict[str, Account]) -> Callable[..., list[Generation]]:
    """So many at work at one vendor, without money."""

    def made(count: int, vendor: str = "remaker") -> list[Generation]:
        return [
            make.generation(project=project, account=accounts[vendor], stage=Stage.WORKING)
            for _ in range(count)
        ]

    return made


def turns(engine: Engine, count: int) -> None:
    for _ in range(count):
        engine.turn()


def test_a_small_account_does_not_wait_for_a_huge_one(
    many: Callable[..., list[Generation]], engine: Engine, asked: Counter[str]
) -> None:
    huge, [small] = many(60), many(1, "reelbyte")
    turns(engine, 2)
    assert asked[small.ticket] == 1
    assert sum(asked[row.ticket] for row in huge) < len(huge)


def test_no_account_is_asked_more_than_its_bucket_holds(
    many: Callable[..., list[Generation]], engine: Engine, asked: Counter[str]
) -> None:
    many(60)
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        engine.turn()
    assert sum(asked.values()) <= 18 + 18 * 0.7
    assert max(asked.values()) == 1


def test_a_bucket_counts_questions_and_not_rows(
    many: Callable[..., list[Generation]],
    accounts: dict[str, Account],
    engine: Engine,
    asked: Counter[str],
) -> None:
    rows = many(120, "akool")
    turns(engine, 2)
    assert sum(asked.values()) == len(rows)
    assert engine.answers == 3, "fifty ids a question"
    assert engine.buckets[accounts["akool"].pk].tokens >= 15


def test_a_bucket_fills_with_time_and_never_over_its_brim() -> None:
    bucket = Bucket()
    assert bucket.take(100) == 18
    assert bucket.take(1) == 0
    with clock.shift(0.5):
        assert bucket.take(100) == 9
    with clock.shift(1000):
        assert bucket.take(100) == 18


def test_while_somebody_else_holds_the_lease_nothing_is_asked(
    accounts: dict[str, Account], working: Build, asked: Counter[str]
) -> None:
    working()
    Lease.take(tick.LEASE, "another", timedelta(seconds=10))
    assert tick.tick(lambda: False, life=1) is False
    assert not asked


def test_a_tick_that_lost_its_lease_stops(
    accounts: dict[str, Account], asked: Counter[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tick, "RENEW_EVERY", 0.0)
    began = time.monotonic()

    def stolen() -> bool:
        Lease.objects.filter(name=tick.LEASE).update(owner="another")
        return False

    assert tick.tick(stolen, life=20)
    assert time.monotonic() - began < 5
    assert Lease.objects.get(name=tick.LEASE).owner == "another", "it gave back what was not its"


def test_a_stop_ends_the_tick_and_frees_the_lease(accounts: dict[str, Account]) -> None:
    assert tick.tick(lambda: True, life=20)
    assert not Lease.held(tick.LEASE)


def test_an_account_that_breaks_us_does_not_stop_the_others(
    accounts: dict[str, Account], working: Build, engine: Engine, asked: Counter[str], settings: Any
) -> None:
    broken, sound = working(), working("reelbyte/text-to-image")
    Account.objects.filter(vendor="remaker").update(sandbox=False)
    settings.STUDIO_VENDOR_URLS = {"remaker": "not an origin"}
    turns(engine, 2)
    assert (asked[broken.ticket], asked[sound.ticket]) == (0, 1)
    broken.refresh_from_db()
    assert broken.due_at > clock.now() + timedelta(seconds=30)


def test_an_answer_that_breaks_us_is_asked_for_again_later(
    accounts: dict[str, Account], working: Build, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def nonsense(self: Remaker, tickets: Any) -> dict[str, Report]:
        raise ZeroDivisionError

    monkeypatch.setattr(Remaker, "poll", nonsense)
    row = working()
    turns(engine, 3)
    row.refresh_from_db()
    assert (row.stage, row.attempts) == (Stage.WORKING, 1)
    assert row.due_at > clock.now()


def test_a_refused_key_asks_nothing_and_the_work_keeps_its_place(
    accounts: dict[str, Account], working: Build, engine: Engine, asked: Counter[str]
) -> None:
    row = working()
    account = accounts["remaker"]
    take_out(account, account.keys.get(), BadKey("no"))
    turns(engine, 2)
    assert not asked
    with clock.shift(6 * 60):  # the time of its next probe is not a time to ask with it
        turns(engine, 2)
        assert not asked
        account.keys.get().note_success()
        Generation.objects.update(due_at=clock.now())
        turns(engine, 2)
    assert asked[row.ticket] == 1


def test_a_silent_vendor_is_asked_one_question_at_a_time(
    accounts: dict[str, Account], working: Build, engine: Engine, asked: Counter[str]
) -> None:
    for _ in range(20):
        working()
    account = accounts["remaker"]
    account.hold_back(Pause.ERRORS, clock.now() + timedelta(seconds=15))
    turns(engine, 3)
    assert not asked
    with clock.shift(16):
        engine.ask_due()
        assert sum(asked.values()) + len(engine.asked) <= 2
        turns(engine, 2)
    assert Account.objects.get(pk=account.pk).pause == ""


def test_a_claimed_question_is_not_handed_out_twice(
    accounts: dict[str, Account], working: Build
) -> None:
    rows = {working().pk for _ in range(10)}
    first = {row.pk for row in poll.claim(accounts["remaker"], 6)}
    second = {row.pk for row in poll.claim(accounts["remaker"], 6)}
    assert first | second == rows
    assert not first & second


@pytest.mark.django_db(transaction=True)
def test_a_database_that_goes_away_ends_the_tick_and_the_next_one_goes_on(
    accounts: dict[str, Account], working: Build, asked: Counter[str]
) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("there is no connection to cut")
    facts = connection.settings_dict
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]

    def cut() -> None:
        time.sleep(0.5)
        with psycopg.connect(
            dbname=facts["NAME"], user=facts["USER"], host=facts["HOST"], port=facts["PORT"]
        ) as door:
            door.execute("SELECT pg_terminate_backend(%s)", [pid])

    cutting = threading.Thread(target=cut)
    cutting.start()
    began = time.monotonic()
    assert tick.tick(lambda: False, life=20)
    cutting.join()
    assert time.monotonic() - began < 5
    assert not Lease.held(tick.LEASE), "the next tick need not wait for the lease"
    row = working()
    assert tick.tick(lambda: bool(asked), life=5)
    assert asked[row.ticket] == 1
