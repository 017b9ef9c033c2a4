"""Sending: what can go wrong around the one request, and what may never come of it."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.files.storage import default_storage
from django.db import connection

from studio import clock, jobs
from studio.ledger.reading import balance
from studio.models import Account, Alert, Generation, Key, Pause, SourceImage, Stage
from studio.pipeline import keys
from studio.pipeline.submit import submit
from studio.pipeline.sweep import ring_waiting
from studio.vendors.remaker import Remaker
from tests import make
from tests.sandboxed import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.both]

Place = Callable[..., Generation]
TEXT = "remaker/text-1.0-standard"
FROM_IMAGE = "remaker/image-1.0-standard"


def submitted(generation: Generation) -> Generation:
    jobs.submit_generation(generation.pk)
    generation.refresh_from_db()
    return generation


def everything(account: Account) -> tuple[int, int, int]:
    pool = balance(account.pool_key)
    return pool.available, pool.held, pool.spent


def cut_database(after: float) -> threading.Thread:
    """Break this thread's connection a moment from now: cut it, or lock it out for a second."""
    facts = connection.settings_dict
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA busy_timeout=20")
    else:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            pid = cursor.fetchone()[0]

    def cut() -> None:
        time.sleep(after)
        if connection.vendor == "sqlite":
            with sqlite3.connect(facts["NAME"], isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                time.sleep(1.2)
                other.execute("ROLLBACK")
            other.close()
            return
        with psycopg.connect(
            dbname=facts["NAME"], user=facts["USER"], host=facts["HOST"], port=facts["PORT"]
        ) as door:
            door.execute("SELECT pg_terminate_backend(%s)", [pid])

    thread = threading.Thread(target=cut)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_an_answer_that_finds_the_database_away_is_written_when_it_is_back(
    sandbox: Sandbox,
    accounts: dict[str, Account],
    place: Place,
    sound_book: None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    generation = place(TEXT, prompt="x [[fault:latency;s=0.8]]")
    cutting = cut_database(0.4)
    jobs.submit_generation(generation.pk)
    cutting.join()
    generation.refresh_from_db()
    [taken] = sandbox.accepted()
    assert (generation.stage, generation.ticket) == (Stage.WORKING, taken["accepted_id"])
    assert "the answer waits" in caplog.text


def test_a_worker_that_loses_the_race_leaves_the_winners_links_alone(
    reachable: None,
    photo: SourceImage,
    sandbox: Sandbox,
    accounts: dict[str, Account],
    place: Place,
) -> None:
    generation = place(FROM_IMAGE, prompt="x", images=[photo])
    late = Generation.objects.select_related("account", "project").get(pk=generation.pk)
    submitted(generation)
    submit(late)
    assert generation.stage == Stage.WORKING
    assert list(generation.links.values_list("revoked_at", flat=True)) == [None]


def test_what_breaks_in_our_own_hands_while_sending_is_a_doubt_at_once(
    accounts: dict[str, Account], place: Place, monkeypatch: pytest.MonkeyPatch, sound_book: None
) -> None:
    def broken(self: Remaker, request: object) -> None:
        raise KeyError("resolution")

    monkeypatch.setattr(Remaker, "submit", broken)
    generation = submitted(place(TEXT, prompt="x"))
    assert (generation.stage, generation.fault) == (Stage.IN_DOUBT, "in doubt")
    assert balance(generation.account.pool_key).held == 27_000


def test_a_refused_key_gives_way_to_another_of_the_account(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place, sound_book: None
) -> None:
    account = accounts["remaker"]
    first = account.keys.get()
    other = make.key(account=account, secret="sandbox-of-the-same-account")
    Key.objects.filter(pk=first.pk).update(last_ok_at=clock.now())
    sandbox.control("keys", {"vendor": "remaker", "key": first.open().reveal(), "revoked": True})
    generation = submitted(place(TEXT, prompt="x"))
    assert generation.stage == Stage.ORDERED
    generation = submitted(generation)
    assert (generation.stage, generation.key_id) == (Stage.WORKING, other.pk)
    assert Key.objects.get(pk=first.pk).pause == Pause.AUTH
    assert Alert.objects.get(resolved_at=None).kind == "key"


@pytest.mark.parametrize("off", ["account", "sandbox"])
def test_an_order_whose_account_was_switched_off_is_turned_away_and_freed(
    off: str, accounts: dict[str, Account], place: Place, settings: Any, sound_book: None
) -> None:
    generation = place(TEXT, prompt="x")
    if off == "account":
        Account.objects.update(enabled=False)
    else:
        settings.STUDIO_SANDBOX = False
    assert ring_waiting() == 1
    generation = submitted(generation)
    assert (generation.stage, generation.fault) == (Stage.REFUSED, "key")
    assert everything(generation.account) == (1_000_000, 0, 0)


def test_an_order_whose_picture_is_gone_is_turned_away_and_freed(
    reachable: None, accounts: dict[str, Account], project: object, place: Place, sound_book: None
) -> None:
    image = make.image(project=project)
    generation = place("mnml/kling-2.1-pro", prompt="x", images=[image])
    Path(default_storage.path(image.file)).unlink()
    generation = submitted(generation)
    assert (generation.stage, generation.fault) == (Stage.REFUSED, "input")
    assert everything(generation.account) == (1_000_000, 0, 0)


def test_an_account_paused_meanwhile_is_noticed_under_the_lock(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place
) -> None:
    generation = place(TEXT, prompt="x")
    row = Generation.objects.select_related("account").get(pk=generation.pk)
    Account.objects.update(pause=Pause.ADMIN)
    submit(row)  # its account was read before the pause
    generation.refresh_from_db()
    assert generation.stage == Stage.ORDERED
    assert sandbox.record() == []


def test_three_doubts_in_a_row_slow_orders_down_although_questions_are_answered(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place
) -> None:
    for number in range(3):
        submitted(place(TEXT, prompt=f"{number} [[fault:drop_before]]"))
        Account.objects.get(pk=accounts["remaker"].pk).note_answer()
    account = Account.objects.get(pk=accounts["remaker"].pk)
    assert (account.pause, account.doubts) == (Pause.ORDERS, 3)
    again = place(TEXT, prompt="once more [[fault:drop_before]]")
    waiting = place(TEXT, prompt="waits")
    assert submitted(again).stage == Stage.ORDERED
    with clock.shift(61):
        assert submitted(again).stage == Stage.IN_DOUBT
        assert submitted(waiting).stage == Stage.ORDERED, "one at a time"
    with clock.shift(61 + 121):
        assert submitted(waiting).stage == Stage.WORKING
    account.refresh_from_db()
    assert (account.pause, account.doubts) == ("", 0)


def test_a_refusal_for_the_orders_own_fault_counts_as_an_answer(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place
) -> None:
    Account.objects.update(doubts=2, failures=4)
    sandbox.control("plan", [{"match": {"op": "create"}, "fault": "no_credits"}])
    assert submitted(place(TEXT, prompt="x")).stage == Stage.REFUSED
    account = Account.objects.get(pk=accounts["remaker"].pk)
    assert (account.doubts, account.failures, account.pause) == (0, 0, Pause.CREDITS)


def test_an_empty_account_tries_one_order_at_a_time_until_one_is_taken(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place
) -> None:
    first = submitted(place(TEXT, prompt="x [[fault:no_credits]]"))
    assert first.stage == Stage.REFUSED
    second, third = place(TEXT, prompt="y [[fault:no_credits]]"), place(TEXT, prompt="z")
    with clock.shift(16 * 60):
        assert ring_waiting() == 1
        assert submitted(second).stage == Stage.REFUSED
        assert submitted(third).stage == Stage.ORDERED, "one try a quarter of an hour"
    with clock.shift(32 * 60):
        assert submitted(third).stage == Stage.WORKING
    assert Account.objects.get(pk=accounts["remaker"].pk).pause == ""


def test_an_early_answer_does_not_end_the_wait_that_the_vendor_asked_for(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place
) -> None:
    submitted(place(TEXT, prompt="x [[fault:rate_limited;retry=40]]"))
    account = Account.objects.get(pk=accounts["remaker"].pk)
    account.note_answer()  # of a question that was under way
    account.refresh_from_db()
    assert account.pause == Pause.RATE
    with clock.shift(50):
        account.note_answer()
    account.refresh_from_db()
    assert account.pause == ""


def test_a_weaker_pause_does_not_loosen_a_stronger_one(accounts: dict[str, Account]) -> None:
    account, soon = accounts["remaker"], clock.now() + timedelta(seconds=5)
    for held, until in ((Pause.ADMIN, None), (Pause.CREDITS, clock.now() + timedelta(hours=1))):
        Account.objects.update(pause=held, paused_until=until)
        account.hold_back(Pause.ERRORS, soon)
        account.hold_back(Pause.RATE, soon)
        account.refresh_from_db()
        assert (account.pause, account.paused_until) == (held, until)


def test_a_silent_vendor_is_tried_by_questions_and_never_by_an_order(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place
) -> None:
    account = accounts["remaker"]
    account.hold_back(Pause.ERRORS, clock.now() + timedelta(seconds=15))
    generation = place(TEXT, prompt="x")
    with clock.shift(16):
        assert ring_waiting() == 0
        assert submitted(generation).stage == Stage.ORDERED
        assert sandbox.record("?op=create") == []
        jobs.probe_account(account.pk)
        assert submitted(generation).stage == Stage.WORKING


def test_a_refused_key_is_tried_again_later_and_later_until_it_is_taken(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place
) -> None:
    account = accounts["remaker"]
    key = account.keys.get()
    secret = key.open().reveal()
    sandbox.control("keys", {"vendor": "remaker", "key": secret, "revoked": True})
    submitted(place(TEXT, prompt="refused"))
    waiting = place(TEXT, prompt="waits")
    ahead = 0.0
    for minutes in (5, 15, 60, 360, 360):
        with clock.shift(ahead + minutes * 60 - 30):
            assert not account.keys.to_probe(clock.now()).exists(), minutes
        ahead += minutes * 60 + 1
        with clock.shift(ahead):
            keys.probe(account)
            assert submitted(waiting).stage == Stage.ORDERED
    sandbox.control("keys", {"vendor": "remaker", "key": secret, "revoked": False})
    with clock.shift(ahead + 361 * 60):
        keys.probe(account)
        assert submitted(waiting).stage == Stage.WORKING
    assert not Alert.objects.filter(resolved_at=None).exists()
    assert sandbox.accepted()[0]["prompt"] == "waits"


def test_many_refusals_at_once_are_one_step_of_the_wait(accounts: dict[str, Account]) -> None:
    key = accounts["remaker"].keys.get()
    for _ in range(6):
        key.note_refused("no")
    key.refresh_from_db()
    assert key.probe_step == 1
    assert key.paused_until - clock.now() < timedelta(minutes=6)


def test_a_full_account_is_no_burden_to_the_others(
    accounts: dict[str, Account], place: Place
) -> None:
    Account.objects.filter(vendor="remaker").update(max_in_flight=2)
    for number in range(30):
        place(TEXT, prompt=f"{number}")
    small = place("reelbyte/text-to-image", prompt="small")
    before = clock.now()
    assert ring_waiting() == 3
    small.refresh_from_db()
    assert small.due_at > before


def test_work_that_should_have_ended_long_ago_frees_its_slot(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place, working: Callable[..., Generation]
) -> None:
    Account.objects.update(max_in_flight=1)
    stuck = working(deadline_at=clock.now() + timedelta(minutes=45))
    waiting = place(TEXT, prompt="next")
    assert submitted(waiting).stage == Stage.ORDERED
    with clock.shift(46 * 60):
        assert submitted(waiting).stage == Stage.WORKING
    stuck.refresh_from_db()
    assert stuck.stage == Stage.WORKING
