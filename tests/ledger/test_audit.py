"""The audit finds every kind of tampering, and the command says so with its exit status."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.db import connection

from studio.ledger import verbs
from studio.ledger.audit import audit
from studio.ledger.models import Account, Hold
from tests.ledger_triggers import drop

pytestmark = [pytest.mark.both, pytest.mark.django_db]


@pytest.fixture
def _book(pool, budget):
    """A book in which everything has happened, without its triggers."""
    for key in ("open", "captured", "released", "refunded", "late"):
        verbs.place_hold(key, {pool: 10_000, budget: 1_000_000})
    verbs.amend("captured", {pool: 12_000})
    verbs.waive("captured", [budget])
    verbs.capture("captured", {pool: 12_000})
    verbs.release("released")
    verbs.capture("refunded", {pool: 10_000, budget: 1_000_000})
    verbs.refund("refunded", {pool: 10_000, budget: 1_000_000})
    verbs.release("late")
    verbs.late_charge("late", {pool: 10_000})
    verbs.adjust(pool, -1, key="one", reason="rounding")
    assert audit().ok
    drop(connection)


def sql(text, *params):
    with connection.cursor() as cursor:
        cursor.execute(text, params)


def drifts():
    return {(drift.where, drift.what) for drift in audit().drift if drift.where != "database"}


def test_a_book_that_adds_up_has_no_drift(pool, budget):
    verbs.place_hold("g1", {pool: 10_000, budget: 1_000_000})
    found = audit()
    assert found.ok
    assert (found.accounts, found.entries, found.drift) == (2, 4, ())


def test_an_empty_book_adds_up():
    assert audit().ok


@pytest.mark.usefixtures("_book")
def test_missing_triggers_are_drift():
    found = audit().drift
    assert len(found) == (4 if connection.vendor == "sqlite" else 6)
    assert str(found[0]) == (
        "database: trigger ledger_event_no_update should be present, is missing"
    )


@pytest.mark.usefixtures("_book")
def test_a_tampered_balance_is_found():
    sql("UPDATE ledger_account SET spent = spent + 5, available = available - 5 WHERE key = 'pool'")
    assert drifts() == {("account pool", "available"), ("account pool", "spent")}


@pytest.mark.usefixtures("_book")
def test_a_tampered_overdraft_is_found():
    sql("UPDATE ledger_account SET overdraft = 5 WHERE key = 'pool'")
    assert drifts() == {("account pool", "overdraft")}


@pytest.mark.usefixtures("_book")
def test_a_tampered_entry_is_found():
    sql(
        "UPDATE ledger_entry SET d_spent = d_spent - 5, d_available = d_available + 5"
        " WHERE kind = 'late'"
    )
    found = drifts()
    assert ("account pool", "spent") in found
    assert any(what == "spent_after" for _, what in found)


@pytest.mark.usefixtures("_book")
def test_a_tampered_running_balance_is_found():
    sql("UPDATE ledger_entry SET available_after = 0 WHERE kind = 'late'")
    [(where, what)] = drifts()
    assert where.endswith("of pool")
    assert what == "available_after"


@pytest.mark.usefixtures("_book")
def test_a_missing_entry_is_found():
    sql("DELETE FROM ledger_entry WHERE kind = 'waive'")
    found = drifts()
    assert ("account budget", "seq") in found
    assert ("account budget", "held") in found
    assert ("hold captured on budget", "part of a hold that is captured") in found


@pytest.mark.usefixtures("_book")
def test_an_entry_under_another_kind_is_found():
    sql("UPDATE ledger_entry SET kind = 'capture' WHERE kind = 'release'")
    assert {what for _, what in drifts()} == {"kind"}


@pytest.mark.usefixtures("_book")
@pytest.mark.parametrize("key", ["captured", "released", "refunded", "late"])
def test_a_hold_that_was_opened_again_is_found(key):
    sql("UPDATE ledger_hold SET state = 'held', resolved_at = NULL WHERE key = %s", key)
    assert drifts() == {(f"hold {key}", "state")}


@pytest.mark.usefixtures("_book")
def test_a_hold_that_was_closed_without_an_event_is_found():
    sql("UPDATE ledger_hold SET state = 'released', resolved_at = created_at WHERE key = 'open'")
    assert ("hold open", "state") in drifts()
    assert ("hold open on pool", "part of a hold that is released") in drifts()


@pytest.mark.usefixtures("_book")
def test_a_hold_without_events_is_found():
    Hold.objects.create(key="from nowhere")
    assert drifts() == {("hold from nowhere", "events")}


@pytest.mark.usefixtures("_book")
def test_an_account_filled_from_nowhere_is_found():
    Account.objects.create(key="gift", unit="milli", available=5, outside=-5)
    assert drifts() == {("account gift", "available"), ("account gift", "outside")}


def test_the_command_says_that_the_book_adds_up(pool, capsys):
    call_command("ledger_audit")
    assert capsys.readouterr().out == "1 accounts, 1 entries: adds up\n"
    call_command("ledger_audit", "--json")
    assert json.loads(capsys.readouterr().out) == {
        "ok": True,
        "accounts": 1,
        "entries": 1,
        "drift": [],
    }


def test_the_command_fails_on_any_drift(pool, capsys):
    sql("UPDATE ledger_account SET overdraft = 5")
    with pytest.raises(SystemExit) as left:
        call_command("ledger_audit")
    assert left.value.code == 1
    assert "account pool: overdraft should be 0, is 5" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        call_command("ledger_audit", "--json")
    [drift] = json.loads(capsys.readouterr().out)["drift"]
    assert drift == {"where": "account pool", "what": "overdraft", "expected": "0", "found": "5"}
