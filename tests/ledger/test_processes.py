"""Several processes at the same book: races, crossing orders, and one killed in the middle."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing import Barrier
from pathlib import Path

import pytest
from django.db import transaction

from studio.ledger import book, verbs
from studio.ledger.audit import audit
from studio.ledger.errors import Insufficient
from studio.ledger.models import Event, Hold, State
from studio.ledger.reading import balance

pytestmark = [pytest.mark.both, pytest.mark.kills, pytest.mark.django_db(transaction=True)]


def finish(processes):
    for process in processes:
        process.join(120)
    assert [process.exitcode for process in processes] == [0] * len(processes)


def test_the_race_for_the_last_credits_grants_exactly_what_is_there(start):
    verbs.open_account("pool", unit="milli", enforce=True)
    verbs.top_up("pool", 20_000, key="pool")

    gate = Barrier(8)

    def ask(who):
        gate.wait()
        for turn in range(8):
            try:
                verbs.place_hold(f"{who}-{turn}", {"pool": 1_000})
            except Insufficient:
                pass

    finish([start(ask, who) for who in range(8)])
    at = balance("pool")
    assert (at.available, at.held, at.overdraft) == (0, 20_000, 0)
    assert Hold.objects.count() == 20
    assert audit().drift == ()


def test_a_hold_placed_by_many_at_once_is_one_hold(start):
    verbs.open_account("pool", unit="milli", enforce=True)
    verbs.top_up("pool", 100_000, key="pool")

    gate = Barrier(4)

    def ask():
        gate.wait()
        for turn in range(10):
            verbs.place_hold(f"order-{turn}", {"pool": 1_000})

    finish([start(ask) for _ in range(4)])
    assert balance("pool").held == 10_000
    assert audit().drift == ()


def test_captures_and_releases_at_once_end_each_hold_once(start, tmp_path: Path):
    verbs.open_account("pool", unit="milli", enforce=True)
    verbs.top_up("pool", 100_000, key="pool")
    for turn in range(20):
        verbs.place_hold(f"order-{turn}", {"pool": 1_000})

    gate = Barrier(4)

    def end(who):
        won = 0
        gate.wait()
        for turn in range(20):
            key = f"order-{turn}"
            won += verbs.capture(key, {"pool": 1_000}) if who % 2 else verbs.release(key)
        (tmp_path / str(who)).write_text(str(won))

    finish([start(end, who) for who in range(4)])
    assert sum(int((tmp_path / str(who)).read_text()) for who in range(4)) == 20
    at = balance("pool")
    assert at.held == 0
    assert at.spent == 1_000 * Hold.objects.filter(state=State.CAPTURED).count()
    assert Event.objects.filter(kind__in=["capture", "release"]).count() == 20
    assert audit().drift == ()


def test_a_top_up_posted_by_many_at_once_counts_once(start):
    verbs.open_account("pool", unit="milli", enforce=True)

    gate = Barrier(4)

    def post():
        gate.wait()
        verbs.top_up("pool", 5_000, key="the form")

    finish([start(post) for _ in range(4)])
    assert balance("pool").available == 5_000
    assert audit().drift == ()


def test_crossing_orders_of_accounts_never_wait_for_each_other(start):
    for key in ("one", "two", "three"):
        verbs.open_account(key, unit="milli", enforce=True)
        verbs.top_up(key, 1_000_000, key=key)
    orders = [("one", "two", "three"), ("three", "two", "one"), ("two", "three", "one")]

    gate = Barrier(4)

    def order(who):
        gate.wait()
        for turn in range(50):
            key = f"{who}-{turn}"
            accounts = orders[(who + turn) % 3]
            verbs.place_hold(key, dict.fromkeys(accounts, 10))
            verbs.capture(key, dict.fromkeys(reversed(accounts), 10))

    finish([start(order, who) for who in range(4)])  # a deadlock ends a process with an error
    assert [balance(key).spent for key in ("one", "two", "three")] == [2_000] * 3
    assert audit().drift == ()


@pytest.mark.parametrize("step", ["write", "post", "change", "resolve"])
def test_a_process_killed_in_the_middle_leaves_nothing_half_done(start, step):
    verbs.open_account("pool", unit="milli", enforce=True)
    verbs.top_up("pool", 100_000, key="pool")
    verbs.place_hold("order", {"pool": 1_000})
    real = getattr(book, step)

    def work_and_die(*args, **kwargs):
        real(*args, **kwargs)
        os.kill(os.getpid(), signal.SIGKILL)

    def capture():
        for module in (book, verbs):
            if hasattr(module, step):
                setattr(module, step, work_and_die)
        verbs.capture("order", {"pool": 700})

    killed = start(capture)
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    assert balance("pool").held == 1_000
    assert Event.objects.filter(kind="capture").count() == 0
    assert audit().drift == ()
    assert verbs.capture("order", {"pool": 700})
    assert balance("pool").spent == 700
    assert audit().drift == ()


def test_processes_killed_at_any_moment_leave_a_balanced_book(start):
    for key in ("one", "two"):
        verbs.open_account(key, unit="milli", enforce=True)
        verbs.top_up(key, 10**9, key=key)

    def work(who):
        turn = 0
        while True:
            key = f"{who}-{turn}"
            turn += 1
            verbs.place_hold(key, {"one": 10, "two": 20})
            verbs.amend(key, {"one": 12})
            if turn % 2:
                verbs.capture(key, {"one": 11, "two": 30})
                verbs.refund(key, {"one": 1})
            else:
                verbs.release(key)
                verbs.late_charge(key, {"one": 5})

    for round_ in range(3):
        workers = [start(work, f"{round_}-{who}") for who in range(3)]
        for worker in workers:
            time.sleep(0.4)
            worker.kill()
        for worker in workers:
            worker.join(60)
    assert Event.objects.count() > 20
    assert audit().drift == ()


def test_an_audit_sees_one_moment_while_others_write(start):
    verbs.open_account("pool", unit="milli", enforce=True)
    verbs.top_up("pool", 10**9, key="pool")

    def work():
        for turn in range(10**9):
            verbs.place_hold(f"order-{turn}", {"pool": 10})
            verbs.capture(f"order-{turn}", {"pool": 10})

    writer = start(work)
    while Hold.objects.count() < 5:
        time.sleep(0.01)
    seen = set()
    for _ in range(10):
        found = audit()
        assert found.drift == ()
        seen.add(found.entries)
    assert writer.is_alive()
    assert len(seen) > 1


def test_what_the_caller_takes_back_is_taken_back_with_the_hold(start):
    verbs.open_account("pool", unit="milli", enforce=True)
    verbs.top_up("pool", 100_000, key="pool")
    with pytest.raises(RuntimeError), transaction.atomic():
        verbs.place_hold("order", {"pool": 1_000})
        raise RuntimeError
    assert balance("pool").held == 0
    assert not Hold.objects.exists()
