"""What can be done with credits. These are the only writers of the ledger.

Each verb is one transaction (or a part of the caller's), may be repeated, and answers False when
it was done before. Only `place_hold` can be refused for lack of credits: everything else books
facts. Amounts are integers in the account's own unit. A verb about a hold raises NoSuchHold, one
about an account NoSuchAccount, and a negative amount is a ValueError.

Who calls two verbs in one transaction may meet another who calls them in the other order; the
pipeline therefore books one hold per transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Unpack

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Greatest

from studio.ledger.book import Move, Why, begin, post, write, write_once
from studio.ledger.errors import NoSuchAccount, NotSpent
from studio.ledger.models import Account, Hold, Kind, Unit
from studio.ledger.reading import shares

Amounts = Mapping[str, int]  # account key -> amount


def open_account(key: str, *, unit: Unit, enforce: bool) -> Account:
    """The account of this key, opened empty if there is none; an existing one is not changed.

    Raises ValueError when it exists in another unit: thousandths are not millionths.
    """
    account, _ = Account.objects.get_or_create(key=key, defaults={"unit": unit, "enforce": enforce})
    if account.unit != unit:
        raise ValueError(f"{key} is kept in {account.unit}, not in {unit}")
    return account


def set_enforced(account_key: str, enforce: bool) -> None:
    """Refuse holds beyond what is available from now on, or stop refusing them.

    What is already below zero when enforcing begins becomes overdraft.
    """
    overdraft = Greatest(0, -F("available")) if enforce else 0
    accounts = Account.objects.filter(key=account_key)
    if not accounts.update(enforce=enforce, overdraft=overdraft):
        raise NoSuchAccount(account_key)


@transaction.atomic
def place_hold(
    key: str, amounts: Amounts, *, price_micros_per_credit: int = 0, **why: Unpack[Why]
) -> Hold:
    """Set these amounts aside on all accounts or on none.

    A repeated key answers with the hold that it made and moves nothing, whatever the amounts are
    now. Raises Insufficient, naming the first account of `amounts` that has too little.
    """
    _demand_positive(amounts)
    hold, placed = Hold.objects.get_or_create(
        key=key, defaults={"price_micros_per_credit": price_micros_per_credit}
    )
    if placed:
        event = write(Kind.HOLD, key, why, hold=hold)
        post(event, {account: Move(held=amount) for account, amount in amounts.items()})
    return hold


@transaction.atomic
def amend(key: str, amounts: Amounts, **why: Unpack[Why]) -> bool:
    """Set the held amounts of the named accounts to what the vendor quotes; the others stay.

    A waived account stays waived.
    """
    _demand_positive(amounts)
    event = begin(Kind.AMEND, key, why)
    if event is None:
        return False
    parts = shares(key)
    moves = {}
    for account, amount in amounts.items():
        part = parts.get(account)
        if part is None:
            moves[account] = Move(held=amount)
        elif not part.waived:
            moves[account] = Move(held=amount - part.held)
    post(event, moves)
    return True


@transaction.atomic
def waive(key: str, account_keys: Iterable[str], **why: Unpack[Why]) -> bool:
    """Give the named accounts their part back for good, while the others stay held.

    For a person whose order is in doubt: whatever the vendor says later, they are not charged.
    """
    event = begin(Kind.WAIVE, key, why)
    if event is None:
        return False
    parts = shares(key)
    named = {account for account in account_keys if account in parts}
    post(event, {account: Move(held=-parts[account].held) for account in named})
    return True


@transaction.atomic
def capture(key: str, actual: Amounts, **why: Unpack[Why]) -> bool:
    """The hold ends in what was really spent; the rest of it is given back.

    `actual` is the whole truth: an account that it does not name has spent nothing, and a waived
    one is not charged even when named. More than was held is booked all the same and raises the
    overdraft. False also when the hold was released: a charge after that is a `late_charge`.
    """
    _demand_positive(actual)
    event = begin(Kind.CAPTURE, key, why)
    if event is None:
        return False
    moves = {account: Move(spent=amount) for account, amount in actual.items()}
    for account, part in shares(key).items():
        spent = 0 if part.waived else actual.get(account, 0)
        moves[account] = Move(held=-part.held, spent=spent)
    post(event, moves)
    return True


@transaction.atomic
def release(key: str, **why: Unpack[Why]) -> bool:
    """The hold ends with nothing spent: all of it is given back."""
    event = begin(Kind.RELEASE, key, why)
    if event is None:
        return False
    post(event, {account: Move(held=-part.held) for account, part in shares(key).items()})
    return True


@transaction.atomic
def refund(key: str, amounts: Amounts, **why: Unpack[Why]) -> bool:
    """After a capture or a late charge the vendor returned credits: part or all, once.

    Raises NotSpent when that is more than this hold spent on an account.
    """
    _demand_positive(amounts)
    event = begin(Kind.REFUND, key, why)
    if event is None:
        return False
    parts = shares(key)
    for account, amount in amounts.items():
        spent = parts[account].spent if account in parts else 0
        if amount > spent:
            raise NotSpent(account, amount, spent)
    post(event, {account: Move(spent=-amount) for account, amount in amounts.items()})
    return True


@transaction.atomic
def late_charge(key: str, amounts: Amounts, **why: Unpack[Why]) -> bool:
    """After a release the vendor charged all the same: booked once, never refused."""
    _demand_positive(amounts)
    event = begin(Kind.LATE, key, why)
    if event is None:
        return False
    post(event, {account: Move(spent=amount) for account, amount in amounts.items()})
    return True


@transaction.atomic
def top_up(
    account_key: str,
    amount: int,
    *,
    key: str,
    actor: AbstractBaseUser | None = None,
    paid_minor: int = 0,
    currency: str = "",
) -> bool:
    """Credits came in, once per `key` (made with the form, or named after the month).

    `paid_minor` is the money paid for them in the currency's smallest coin.
    """
    _demand_positive({account_key: amount})
    event = write_once(Kind.TOPUP, key, {"actor": actor}, paid_minor=paid_minor, currency=currency)
    if event is None:
        return False
    post(event, {account_key: Move(outside=-amount)})
    return True


@transaction.atomic
def adjust(
    account_key: str, delta: int, *, key: str, reason: str, actor: AbstractBaseUser | None = None
) -> bool:
    """Correct an account by `delta` (either sign), once per `key`; the reason is kept.

    Raises ValueError without a reason.
    """
    if not reason.strip():
        raise ValueError("a correction needs a reason")
    event = write_once(Kind.ADJUST, key, {"actor": actor, "reason": reason})
    if event is None:
        return False
    post(event, {account_key: Move(outside=-delta)})
    return True


def _demand_positive(amounts: Amounts) -> None:
    for account, amount in amounts.items():
        if amount < 0:
            raise ValueError(f"{account}: {amount} is negative")
