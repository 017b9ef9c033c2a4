"""How the book is written: lock in one order, event first, buckets and entries together.

Only `verbs` calls this. Every function expects to run inside a transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest

from studio import clock
from studio.ledger.errors import Insufficient, LedgerError, NoSuchAccount, NoSuchHold
from studio.ledger.models import ENDING, FREE, Account, Entry, Event, Hold, Kind, Source, State


class Why(TypedDict, total=False):
    """Who and what stands behind an event; kept with it for ever, so without any secret."""

    source: Source
    actor: AbstractBaseUser | None
    reason: str
    evidence: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What changes on one account; `available` follows from the law."""

    held: int = 0
    spent: int = 0
    outside: int = 0

    @property
    def available(self) -> int:
        return -(self.held + self.spent + self.outside)


# The states in which a step finds its hold, and the one in which it leaves it. A hold that
# another step has resolved is left alone: the step answers False.
STARTS: Mapping[Kind, frozenset[State]] = {
    Kind.AMEND: frozenset({State.HELD}),
    Kind.WAIVE: frozenset({State.HELD}),
    Kind.CAPTURE: frozenset({State.HELD}),
    Kind.RELEASE: frozenset({State.HELD}),
    Kind.REFUND: frozenset({State.CAPTURED, State.LATE}),
    Kind.LATE: frozenset({State.RELEASED}),
}
LEADS: Mapping[Kind, State] = {
    Kind.CAPTURE: State.CAPTURED,
    Kind.RELEASE: State.RELEASED,
    Kind.REFUND: State.REFUNDED,
    Kind.LATE: State.LATE,
}


def begin(kind: Kind, key: str, why: Why) -> Event | None:
    """Lock the hold, write the event, move the state; None when it was done before.

    Raises NoSuchHold.
    """
    # On SQLite the transaction itself is the lock (IMMEDIATE) and this one is silently ignored.
    hold = Hold.objects.select_for_update(no_key=True).filter(key=key).first()
    if hold is None:
        raise NoSuchHold(key)
    if hold.state not in STARTS[kind]:
        return None
    event = write_once(kind, key, why, hold=hold)
    if event is not None and kind in LEADS:
        resolve(hold, LEADS[kind])
    return event


def resolve(hold: Hold, state: State) -> None:
    """Compare and set; under its lock the hold cannot have changed."""
    changed = Hold.objects.filter(pk=hold.pk, state=hold.state).update(
        state=state, resolved_at=clock.now()
    )
    if not changed:
        raise LedgerError(f"hold {hold.key} changed under its lock")


def write_once(kind: Kind, key: str, why: Why, **fields: Any) -> Event | None:
    """Write the event unless there is one: UNIQUE decides, not an `if`.

    Any other broken constraint is raised as it came.
    """
    stands = Q(key=f"{kind}:{key}")
    if kind in ENDING:
        stands |= Q(hold=fields["hold"], kind__in=ENDING)
    # Asked first only because a month's grant comes again with every order of the month, and a
    # refused INSERT is dear.
    if kind in FREE and Event.objects.filter(stands).exists():
        return None
    try:
        with transaction.atomic():
            return write(kind, key, why, **fields)
    except IntegrityError:
        if Event.objects.filter(stands).exists():
            return None
        raise


def write(kind: Kind, key: str, why: Why, **fields: Any) -> Event:
    """Write the event; its key is unique together with its kind."""
    actor = why.get("actor")
    return Event.objects.create(
        key=f"{kind}:{key}",
        kind=kind,
        source=why.get("source", Source.ADMIN if actor else Source.SYSTEM),
        actor_id=actor.pk if actor else None,
        reason=why.get("reason", ""),
        evidence=dict(why.get("evidence", {})),
        **fields,
    )


def lock_accounts(keys: Iterable[str]) -> dict[str, Account]:
    """Lock the accounts by ascending pk, so that no two orders ever wait for each other.

    Raises NoSuchAccount.
    """
    wanted = set(keys)
    rows = Account.objects.select_for_update(no_key=True).filter(key__in=wanted).order_by("pk")
    found = {row.key: row for row in rows}
    if len(found) < len(wanted):
        raise NoSuchAccount(min(wanted - found.keys()))
    return found


def post(event: Event, moves: Mapping[str, Move]) -> None:
    """Change the buckets and write the entries; a move of nothing leaves none.

    Only a hold can be refused, with Insufficient, naming the first account that has too little.
    """
    if event.kind not in (Kind.HOLD, Kind.WAIVE):
        moves = {key: move for key, move in moves.items() if move != Move()}
    accounts = lock_accounts(moves)
    if event.kind == Kind.HOLD:
        for key, move in moves.items():
            afford(accounts[key], move.held)
    Entry.objects.bulk_create(
        change(account, event, moves[key]) for key, account in accounts.items()
    )


def afford(account: Account, asked: int) -> None:
    """Refuse what an enforced account does not have; what overdraft there is cannot be used."""
    if account.enforce and asked > max(account.available, 0):
        raise Insufficient(account.key, asked, account.available)


def change(account: Account, event: Event, move: Move) -> Entry:
    """Move one locked account; returns its entry, not yet saved."""
    changes: dict[str, Any] = {
        "available": F("available") + move.available,
        "held": F("held") + move.held,
        "spent": F("spent") + move.spent,
        "outside": F("outside") + move.outside,
        "seq": F("seq") + 1,
    }
    # A hold beyond the means must break the CHECK. Everything else has already happened: the
    # overdraft follows it up, by exactly the shortfall, and down again.
    if account.enforce and event.kind != Kind.HOLD:
        changes["overdraft"] = Greatest(0, -(F("available") + move.available))
    if not Account.objects.filter(pk=account.pk, seq=account.seq).update(**changes):
        raise LedgerError(f"account {account.key} changed under its lock")
    return Entry(
        event=event,
        account=account,
        kind=event.kind,
        seq=account.seq + 1,
        d_available=move.available,
        d_held=move.held,
        d_spent=move.spent,
        d_outside=move.outside,
        available_after=account.available + move.available,
        held_after=account.held + move.held,
        spent_after=account.spent + move.spent,
    )
