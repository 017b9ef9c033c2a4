"""What came of sending an order: each answer moves stage and money in one transaction, once.

Sends nothing. Everything here may be repeated, and an answer that comes late still counts.
"""

from __future__ import annotations

import logging
import random
from datetime import timedelta

from django.db import IntegrityError, transaction

from studio import clock, redact
from studio.ledger import verbs as ledger
from studio.ledger.reading import shares
from studio.models import Alert, Generation, Key, Pause, Stage
from studio.pipeline import keys, pace
from studio.pipeline.lines import sending_key
from studio.vendors import VENDORS
from studio.vendors.base import Accepted
from studio.vendors.errors import (
    BadKey,
    Fault,
    InDoubt,
    NotSent,
    OutOfCredits,
    Refused,
    TooFast,
    Trouble,
    VendorError,
)

logger = logging.getLogger(__name__)

SLOW_DOWN = 30.0  # seconds, where the vendor names none
OTHER_KEY = timedelta(seconds=2)


def record(generation: Generation, key: Key, outcome: Accepted | VendorError) -> None:
    """Put what came of sending into the tables. May be repeated: each step is conditional."""
    account = generation.account
    match outcome:
        case Accepted():
            accept(generation, outcome)
            key.note_success()
            account.note_order(taken=True)
            Alert.settle(f"credits:{account.pk}")
        case NotSent():
            wait = pace.backoff(generation.attempts)
            put_back(generation, wait, f"not sent: {outcome.message}")
            pace.note_trouble(account)
        case TooFast():
            _slow_down(generation, outcome)
        case BadKey():
            keys.take_out(account, key, outcome)
            if sending_key(account) is None or outcome.banned:
                _refuse(generation, outcome)
            else:
                put_back(generation, OTHER_KEY, "the key was refused; another one is tried")
        case Trouble():
            _refuse(generation, outcome)
            pace.note_trouble(account)
        case OutOfCredits():
            _refuse(generation, outcome)
            account.note_order(taken=False)
            account.hold_back(Pause.CREDITS, clock.now() + pace.CREDITS_EVERY)
            text = f"{account}: the vendor says the credits are used up"
            Alert.raise_("credits", f"credits:{account.pk}", text)
        case Refused():
            _refuse(generation, outcome)
            account.note_order(taken=False)
        case _:
            _doubt(generation, outcome)


def accept(generation: Generation, accepted: Accepted) -> bool:
    """The vendor has the order: keep its id before anything else. True for the one who did.

    Also called later, when evidence or a person settles a doubt.
    """
    vendor = VENDORS[generation.vendor]
    now = clock.now()
    first = pace.first_poll(generation)
    try:
        with transaction.atomic():
            moved = generation.move(
                [Stage.SENDING, Stage.IN_DOUBT],
                Stage.WORKING,
                ticket=accepted.ticket.id,
                ticket_alias=accepted.ticket.alias,
                vendor_word=accepted.word[:80],
                quoted_milli=accepted.credits,
                seed=accepted.seed,
                raw_answer=redact.redacted(accepted.raw, ()),
                fault="",
                fault_code="",
                fault_message="",
                owner="",
                lease_until=None,
                attempts=0,
                accepted_at=now,
                due_at=now + first,
                deadline_at=now + pace.DEADLINE,
                vendor_keeps_until=generation.sent_at + vendor.keeps
                if vendor.keeps and generation.sent_at
                else None,
            )
            if moved and accepted.credits is not None:
                _amend(generation, accepted.credits)
    except IntegrityError:
        # the vendor gave an id that another order has: nobody knows whose it is
        Alert.raise_(
            "ticket", f"ticket:{generation.uuid}", f"{generation.vendor} gave the same id twice"
        )
        _doubt(generation, InDoubt("the vendor gave an id that another order already has"))
        return False
    if moved:
        logger.info("accepted %s %s", generation.uuid, generation.vendor)
    return moved


def put_back(generation: Generation, wait: timedelta, why: str) -> None:
    """It surely never left: the order waits, with its hold, for another try."""
    with transaction.atomic():
        moved = generation.move(
            Stage.SENDING,
            Stage.ORDERED,
            owner="",
            lease_until=None,
            due_at=clock.now() + wait,
            sent_at=None,
        )
        if moved:
            generation.note("not_sent", why)
            generation.links.revoke()


def _slow_down(generation: Generation, error: TooFast) -> None:
    """The vendor said "later", and took nothing."""
    wait = error.retry_after if error.retry_after is not None else SLOW_DOWN
    wait += random.uniform(0, 1 + wait / 10)  # noqa: S311 spreads the return, no secret
    generation.account.hold_back(Pause.RATE, clock.now() + timedelta(seconds=wait))
    put_back(generation, timedelta(seconds=wait), "too fast")


def _refuse(generation: Generation, error: Refused) -> None:
    """A definite no: nothing was made, the hold is given back whole."""
    with transaction.atomic():
        moved = generation.move(
            [Stage.SENDING, Stage.IN_DOUBT],
            Stage.REFUSED,
            charged_milli=0,
            fault=error.fault,
            fault_code=error.code[:80],
            fault_message=error.message[:2000],
            raw_answer=redact.redacted(error.raw, ()),
        )
        if moved:
            ledger.release(generation.hold_key)
            generation.links.revoke()
    if moved:
        logger.info("refused %s %s %s", generation.uuid, generation.vendor, error.fault)


def _doubt(generation: Generation, error: VendorError) -> None:
    """It left and nobody knows what became of it. The hold stays; nothing sends it again."""
    moved = generation.move(
        Stage.SENDING,
        Stage.IN_DOUBT,
        fault=Fault.DOUBT,
        fault_code=error.code[:80],
        fault_message=error.message[:2000],
        raw_answer=redact.redacted(error.raw, ()),
        owner="",
        lease_until=None,
        due_at=clock.now() + pace.LOOK_INTO_DOUBT,
    )
    if moved:
        generation.note("in_doubt", error.message or "no usable answer")
        pace.note_doubt(generation.account)
        logger.warning("in doubt %s %s", generation.uuid, generation.vendor)


def _amend(generation: Generation, credits_milli: int) -> None:
    """The vendor named its own price: the hold follows, in the pool and in every budget."""
    money = (credits_milli * generation.price_micros_per_credit + 500) // 1000
    pool = generation.account.pool_key
    ledger.amend(
        generation.hold_key,
        {key: credits_milli if key == pool else money for key in shares(generation.hold_key)},
    )
