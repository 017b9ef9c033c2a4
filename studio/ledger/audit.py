"""Re-adds the whole book and compares it with what the accounts and holds say. Only reads.

All of it is seen at one moment, and nobody who writes has to wait.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from django.db import connection
from django.db.models import Q, Sum

from studio.ledger import triggers
from studio.ledger.book import LEADS
from studio.ledger.models import Account, Entry, Event, Hold, Kind, State

CHUNK = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """One thing that does not add up: where, what the book gives, and what was found."""

    where: str
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what} should be {self.expected}, is {self.found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """How much was looked at, and every drift; `ok` when there is none."""

    accounts: int
    entries: int
    drift: tuple[Drift, ...]

    @property
    def ok(self) -> bool:
        return not self.drift


@dataclass(slots=True)
class Sums:
    """What the entries of one account add up to, as far as they have been read."""

    available: int = 0
    held: int = 0
    spent: int = 0
    outside: int = 0
    seq: int = 0

    def add(self, entry: Mapping[str, Any]) -> None:
        """Take in the next entry of the account."""
        self.available += entry["d_available"]
        self.held += entry["d_held"]
        self.spent += entry["d_spent"]
        self.outside += entry["d_outside"]
        self.seq += 1


def audit() -> Audit:
    """Recompute everything and compare. Takes about a second for 100,000 entries."""
    with one_moment():
        book: dict[int, Sums] = defaultdict(Sums)
        drift = (
            *missing_triggers(),
            *entries_drift(book),
            *accounts_drift(book),
            *holds_drift(),
            *shares_drift(),
        )
        return Audit(
            accounts=Account.objects.count(),
            entries=sum(sums.seq for sums in book.values()),
            drift=drift,
        )


@contextmanager
def one_moment() -> Iterator[None]:
    """A snapshot: every read inside sees the same instant.

    `atomic()` would not do: on PostgreSQL each statement would see another instant, and on SQLite
    it would take the lock for writing.
    """
    if connection.in_atomic_block:
        yield
        return
    sqlite = connection.vendor == "sqlite"
    with connection.cursor() as cursor:
        cursor.execute("BEGIN" if sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def missing_triggers() -> Iterator[Drift]:
    """Without its triggers a table is not append-only any more."""
    for name in triggers.missing(connection):
        yield Drift(where="database", what=f"trigger {name}", expected="present", found="missing")


def entries_drift(book: dict[int, Sums]) -> Iterator[Drift]:
    """Read every entry once, account by account; adds them up into `book`."""
    entries = Entry.objects.order_by("account_id", "seq").values(
        *("pk", "account_id", "account__key", "event__kind", "kind", "seq"),
        *("d_available", "d_held", "d_spent", "d_outside"),
        *("available_after", "held_after", "spent_after"),
    )
    for entry in entries.iterator(chunk_size=CHUNK):
        sums = book[entry["account_id"]]
        sums.add(entry)
        expected = {
            "seq": sums.seq,
            "kind": entry["event__kind"],
            "available_after": sums.available,
            "held_after": sums.held,
            "spent_after": sums.spent,
        }
        yield from differences(f"entry {entry['pk']} of {entry['account__key']}", expected, entry)


def accounts_drift(book: dict[int, Sums]) -> Iterator[Drift]:
    """The buckets are what the entries add up to, the overdraft is what is below zero."""
    for account in Account.objects.order_by("pk"):
        sums = book[account.pk]
        expected = asdict(sums)
        if account.enforce:
            expected["overdraft"] = max(0, -sums.available)
        yield from differences(f"account {account.key}", expected, vars(account))


def holds_drift() -> Iterator[Drift]:
    """A hold is in the state to which its events lead."""
    for hold in Hold.objects.filter(events=None):
        yield Drift(where=f"hold {hold.key}", what="events", expected="some", found="none")
    events = Event.objects.exclude(hold=None).order_by("hold_id")
    rows = events.values("hold_id", "hold__key", "hold__state", "kind").iterator(chunk_size=CHUNK)
    for _, group in groupby(rows, key=itemgetter("hold_id")):
        of_hold = list(group)
        found = {"state": of_hold[0]["hold__state"]}
        expected = {"state": state_after({row["kind"] for row in of_hold})}
        yield from differences(f"hold {of_hold[0]['hold__key']}", expected, found)


def state_after(kinds: set[str]) -> str:
    """Where these events leave a hold; the last step of the way counts."""
    for kind in (Kind.REFUND, Kind.LATE, Kind.CAPTURE, Kind.RELEASE):
        if kind in kinds:
            return LEADS[kind]
    return State.HELD


def shares_drift() -> Iterator[Drift]:
    """A resolved hold holds nothing more, and no hold gives back more than it took."""
    parts = Entry.objects.exclude(event__hold=None).values(
        "account__key", "event__hold__key", "event__hold__state"
    )
    wrong = parts.annotate(held=Sum("d_held"), spent=Sum("d_spent")).filter(
        Q(held__lt=0) | Q(spent__lt=0) | (~Q(event__hold__state=State.HELD) & ~Q(held=0))
    )
    for part in wrong.order_by("event__hold__key", "account__key"):
        yield Drift(
            where=f"hold {part['event__hold__key']} on {part['account__key']}",
            what=f"part of a hold that is {part['event__hold__state']}",
            expected="nothing left over",
            found=f"{part['held']} held, {part['spent']} spent",
        )


def differences(
    where: str, expected: Mapping[str, object], found: Mapping[str, object]
) -> Iterator[Drift]:
    """One drift for each value that is not as expected."""
    for what, value in expected.items():
        if found[what] != value:
            yield Drift(where=where, what=what, expected=str(value), found=str(found[what]))
