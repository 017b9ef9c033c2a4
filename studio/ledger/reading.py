"""Reads of the ledger as plain values; nothing here writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet, Sum

from studio.ledger.errors import NoSuchAccount
from studio.ledger.models import Account, Entry, Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """An account at this moment, in its own unit (thousandths or millionths)."""

    key: str
    unit: str
    enforce: bool
    available: int
    held: int
    spent: int
    received: int  # top-ups and adjustments: available + held + spent
    overdraft: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One account's part of a hold: what is still set aside, what was spent, was it waived."""

    held: int
    spent: int
    waived: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """One movement on one account, and what stands behind it."""

    event_key: str
    kind: str
    account_key: str
    unit: str
    seq: int
    d_available: int
    d_held: int
    d_spent: int
    d_outside: int
    available_after: int
    at: datetime
    source: str
    actor_id: int | None
    reason: str
    evidence: Mapping[str, object]
    paid_minor: int
    currency: str


def balance(account_key: str) -> Balance:
    """Raises NoSuchAccount."""
    found = balances([account_key])
    if account_key not in found:
        raise NoSuchAccount(account_key)
    return found[account_key]


def balances(account_keys: Iterable[str]) -> dict[str, Balance]:
    """Many accounts in one query; keys that nobody opened are left out."""
    return {
        account.key: Balance(
            key=account.key,
            unit=account.unit,
            enforce=account.enforce,
            available=account.available,
            held=account.held,
            spent=account.spent,
            received=-account.outside,
            overdraft=account.overdraft,
        )
        for account in Account.objects.filter(key__in=set(account_keys))
    }


def shares(hold_key: str) -> dict[str, Share]:
    """Account key -> its part of this hold, added up from the entries; {} for an unknown hold."""
    rows = (
        Entry.objects.filter(event__hold__key=hold_key)
        .values("account__key")
        .annotate(
            held=Sum("d_held"),
            spent=Sum("d_spent"),
            waivers=Count("pk", filter=Q(kind=Kind.WAIVE)),
        )
        .order_by("account")
    )
    return {
        row["account__key"]: Share(
            held=row["held"], spent=row["spent"], waived=bool(row["waivers"])
        )
        for row in rows
    }


def movements(hold_key: str) -> list[Movement]:
    """Everything that happened under this hold, in the order in which it was booked."""
    return _movements(Entry.objects.filter(event__hold__key=hold_key).order_by("pk"))


def statement(account_key: str, *, before: int | None = None, limit: int = 50) -> list[Movement]:
    """An account's movements, newest first; `before` is the `seq` of the last one seen.

    Raises NoSuchAccount.
    """
    # By its pk and not by a join: only then is the page read off the end of the index.
    found = Account.objects.filter(key=account_key).values_list("pk", flat=True).first()
    if found is None:
        raise NoSuchAccount(account_key)
    entries = Entry.objects.filter(account_id=found).order_by("-seq")
    if before is not None:
        entries = entries.filter(seq__lt=before)
    return _movements(entries[:limit])


def _movements(entries: QuerySet[Entry]) -> list[Movement]:
    return [
        Movement(
            event_key=entry.event.key,
            kind=entry.kind,
            account_key=entry.account.key,
            unit=entry.account.unit,
            seq=entry.seq,
            d_available=entry.d_available,
            d_held=entry.d_held,
            d_spent=entry.d_spent,
            d_outside=entry.d_outside,
            available_after=entry.available_after,
            at=entry.event.at,
            source=entry.event.source,
            actor_id=entry.event.actor_id,
            reason=entry.event.reason,
            evidence=entry.event.evidence,
            paid_minor=entry.event.paid_minor,
            currency=entry.event.currency,
        )
        for entry in entries.select_related("event", "account")
    ]
