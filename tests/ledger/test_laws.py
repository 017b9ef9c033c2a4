"""The database itself refuses what breaks a law, also in raw SQL."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, models, transaction

from studio.ledger import triggers, verbs
from studio.ledger.apps import _install_triggers
from studio.ledger.models import Account, Entry, Event, Hold

pytestmark = [pytest.mark.both, pytest.mark.django_db]

AT = datetime(2026, 11, 30, tzinfo=UTC)


def sql(text, *params):
    with connection.cursor() as cursor:
        cursor.execute(text, params)


def insert(table, columns):
    places = ", ".join(["%s"] * len(columns))
    sql(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", *columns.values())


def raw_id(model, **found):
    row = model.objects.get(**found)
    return row.pk.hex if model is Hold and connection.vendor == "sqlite" else row.pk


@pytest.fixture
def hold(pool):
    verbs.place_hold("g1", {pool: 40_000})
    return raw_id(Hold, key="g1")


@pytest.mark.parametrize(
    ("law", "change"),
    [
        ("acct_conserved", "available = available + 1"),
        ("acct_conserved", "held = held + 1"),
        ("acct_conserved", "outside = 0"),
        ("acct_nonneg", "held = -1, available = available + held + 1"),
        ("acct_nonneg", "spent = -1, available = available + spent + 1"),
        ("acct_nonneg", "overdraft = -1"),
        ("acct_no_overdraft", "held = held + available + 1, available = -1"),
        ("acct_unit", "unit = 'euros'"),
    ],
)
def test_an_account_keeps_its_laws(pool, law, change):
    with pytest.raises(IntegrityError, match=law):
        sql(f"UPDATE ledger_account SET {change}")


def test_an_account_may_go_below_zero_only_as_far_as_its_overdraft(pool):
    dip = "held = held + available + {0}, available = -{0}, overdraft = {1}"
    with pytest.raises(IntegrityError, match="acct_no_overdraft"), transaction.atomic():
        sql(f"UPDATE ledger_account SET {dip.format(6, 5)}")
    sql(f"UPDATE ledger_account SET {dip.format(5, 5)}")
    assert Account.objects.get().available == -5


EVENT = {
    "key": "capture:g1",
    "kind": "capture",
    "hold_id": None,
    "source": "system",
    "reason": "",
    "evidence": "{}",
    "paid_minor": 0,
    "currency": "",
    "at": AT,
}


@pytest.mark.parametrize(
    ("law", "change"),
    [
        ("event_kind", {"kind": "steal"}),
        ("event_source", {"source": "nobody"}),
        ("event_hold_matches", {"hold_id": None}),
        ("event_hold_matches", {"kind": "topup"}),
        ("event_adjust_has_reason", {"kind": "adjust", "hold_id": None}),
        ("event_paid_is_topup", {"paid_minor": 1, "currency": "USD"}),
        ("event_paid_is_topup", {"kind": "topup", "hold_id": None, "paid_minor": 1}),
        (
            "event_paid_is_topup",
            {"kind": "topup", "hold_id": None, "paid_minor": -1, "currency": "USD"},
        ),
        (r"ledger_event_key|event\.key", {"key": "hold:g1"}),
        (r"hold_kind_once|event\.hold_id, ledger_event\.kind", {"key": "new", "kind": "hold"}),
    ],
)
def test_an_event_keeps_its_laws(hold, law, change):
    with pytest.raises(IntegrityError, match=law):
        insert("ledger_event", {**EVENT, "hold_id": hold, **change})


@pytest.mark.parametrize(("first", "second"), [("capture", "release"), ("release", "capture")])
def test_the_database_refuses_a_second_resolution(pool, hold, first, second):
    insert("ledger_event", {**EVENT, "hold_id": hold, "kind": first, "key": first})
    with pytest.raises(IntegrityError, match=r"hold_ends_once|event\.hold_id"):
        insert("ledger_event", {**EVENT, "hold_id": hold, "kind": second, "key": second})


def test_a_second_resolution_is_refused_even_when_the_state_was_tampered_with(pool, hold):
    verbs.capture("g1", {pool: 40_000})
    sql("UPDATE ledger_hold SET state = 'held', resolved_at = NULL")
    assert not verbs.capture("g1", {pool: 40_000})
    assert not verbs.release("g1")
    assert Account.objects.get().spent == 40_000


ENTRY = {
    "seq": 99,
    "d_available": 0,
    "d_held": 0,
    "d_spent": 0,
    "d_outside": 0,
    "available_after": 0,
    "held_after": 0,
    "spent_after": 0,
}


@pytest.fixture
def entry(pool, hold):
    """A valid entry that is not written yet, under an event of its own."""
    insert("ledger_event", {**EVENT, "hold_id": hold})
    return {
        **ENTRY,
        "event_id": raw_id(Event, key="capture:g1"),
        "account_id": raw_id(Account, key=pool),
        "kind": "capture",
    }


def moving(**deltas):
    """Deltas that obey the law of conservation."""
    return {
        **{f"d_{name}": by for name, by in deltas.items()},
        "d_available": -sum(deltas.values()),
    }


@pytest.mark.parametrize(
    ("kind", "deltas"),
    [
        *[("hold", moving(held=-1)), ("hold", moving(spent=1)), ("hold", moving(held=1, spent=1))],
        *[("amend", moving()), ("amend", moving(held=1, outside=1)), ("amend", moving(spent=1))],
        *[("waive", moving(held=1)), ("waive", moving(held=-1, spent=1))],
        *[("capture", moving()), ("capture", moving(held=1)), ("capture", moving(spent=-1))],
        ("capture", moving(held=-1, spent=1, outside=1)),
        *[("release", moving()), ("release", moving(held=1)), ("release", moving(spent=-1))],
        *[("refund", moving()), ("refund", moving(spent=1)), ("refund", moving(held=-1))],
        *[("late", moving()), ("late", moving(spent=-1)), ("late", moving(held=1))],
        *[("topup", moving()), ("topup", moving(outside=1)), ("topup", moving(held=1))],
        *[("adjust", moving()), ("adjust", moving(spent=1)), ("adjust", moving(held=1))],
        ("steal", moving(spent=1)),
    ],
)
def test_an_entry_has_the_shape_of_its_kind(entry, kind, deltas):
    with pytest.raises(IntegrityError, match="entry_shape"):
        insert("ledger_entry", {**entry, "kind": kind, **deltas})


@pytest.mark.parametrize(
    ("kind", "deltas"),
    [
        *[("hold", moving(held=1)), ("hold", moving())],
        *[("amend", moving(held=1)), ("amend", moving(held=-1))],
        *[("waive", moving(held=-1)), ("waive", moving())],
        *[("capture", moving(held=-2, spent=1)), ("capture", moving(held=-1, spent=3))],
        *[("capture", moving(held=-1)), ("capture", moving(spent=1))],
        ("release", moving(held=-1)),
        ("refund", moving(spent=-1)),
        ("late", moving(spent=1)),
        ("topup", moving(outside=-1)),
        *[("adjust", moving(outside=-1)), ("adjust", moving(outside=1))],
    ],
)
def test_every_shape_that_a_verb_makes_is_accepted(entry, kind, deltas):
    insert("ledger_entry", {**entry, "kind": kind, **deltas})


def test_an_entry_makes_no_credits_out_of_nothing(entry):
    with pytest.raises(IntegrityError, match="entry_conserved"):
        insert("ledger_entry", {**entry, "d_spent": 1, "d_available": 0})


def test_a_lost_update_is_an_error_even_without_a_lock(entry):
    with pytest.raises(IntegrityError, match=r"entry_account_seq|account_id, ledger_entry\.seq"):
        insert("ledger_entry", {**entry, **moving(spent=1), "seq": 1})


def test_an_event_moves_an_account_once(entry):
    insert("ledger_entry", {**entry, **moving(spent=1)})
    with pytest.raises(IntegrityError, match=r"entry_event_account|event_id, ledger_entry\.acc"):
        insert("ledger_entry", {**entry, **moving(spent=1), "seq": 100})


@pytest.mark.parametrize(
    ("law", "change"),
    [
        ("hold_state", "state = 'gone', resolved_at = created_at"),
        ("hold_price_nonneg", "price_micros_per_credit = -1"),
        ("hold_resolved_has_time", "state = 'captured'"),
        ("hold_resolved_has_time", "resolved_at = created_at"),
    ],
)
def test_a_hold_keeps_its_laws(hold, law, change):
    with pytest.raises(IntegrityError, match=law):
        sql(f"UPDATE ledger_hold SET {change}")


def test_keys_of_accounts_and_holds_are_unique(pool, hold):
    with pytest.raises(IntegrityError), transaction.atomic():
        Account.objects.create(key=pool, unit="milli")
    with pytest.raises(IntegrityError), transaction.atomic():
        Hold.objects.create(id=uuid4(), key="g1")


REWRITES = [
    "UPDATE ledger_event SET evidence = evidence",
    "UPDATE ledger_event SET reason = 'another' WHERE key = 'hold:g1'",
    "UPDATE ledger_entry SET seq = seq",
    "DELETE FROM ledger_entry",
    "DELETE FROM ledger_event",
]


@pytest.mark.parametrize("rewrite", REWRITES)
def test_events_and_entries_are_only_ever_added(hold, rewrite):
    with pytest.raises(IntegrityError, match="append-only"):
        sql(rewrite)


def test_the_tables_cannot_be_emptied_at_once(hold):
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has no TRUNCATE")
    for table in triggers.TABLES:
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            sql("SET CONSTRAINTS ALL IMMEDIATE")
            sql(f"TRUNCATE {table} CASCADE")


@pytest.mark.django_db(transaction=True)
def test_the_triggers_stand_again_after_a_table_was_rebuilt(hold):
    for model, name in ((Event, "reason"), (Entry, "kind")):
        before = model._meta.get_field(name)
        after = models.CharField(max_length=77, default="x")
        after.set_attributes_from_name(name)
        after.model = model
        rewrite = f"UPDATE {model._meta.db_table} SET {name} = {name}"
        for old, new in ((before, after), (after, before)):
            with connection.schema_editor() as editor:
                editor.alter_field(model, old, new)
            assert bool(triggers.missing(connection)) is (connection.vendor == "sqlite")
            _install_triggers(using="default")  # what every migrate ends with
            assert triggers.missing(connection) == []
            with pytest.raises(IntegrityError, match="append-only"):
                sql(rewrite)


@pytest.mark.django_db(transaction=True)
def test_every_migrate_puts_the_triggers_back(hold):
    from django.core.management import call_command

    from tests.ledger_triggers import drop

    drop(connection)
    assert len(triggers.missing(connection)) >= 4
    call_command("migrate", "ledger", verbosity=0)
    assert triggers.missing(connection) == []


def test_evidence_comes_back_as_it_was_given(pool):
    evidence = {"deduction_credit": 20, "usage": {"credits": 1.5}, "words": ["é", None, True]}
    verbs.place_hold("g1", {pool: 1}, evidence=evidence)
    assert Event.objects.get(key="hold:g1").evidence == evidence
    json.dumps(Event.objects.get(key="hold:g1").evidence)
