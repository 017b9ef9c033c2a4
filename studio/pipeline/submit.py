"""Hand an order to its vendor: the intent is committed, then the request is sent once.

Nothing here or below sends it again. Only what surely never left goes back to `ordered`; every
other missing answer is `in_doubt`, and a late one still wins.
"""

from __future__ import annotations

import logging
import random
from datetime import timedelta

from django.db import IntegrityError, transaction

from studio import clock, redact
from studio.ledger import verbs as ledger
from studio.ledger.reading import shares
from studio.models import Account, Alert, Generation, Input, Key, Pause, Stage
from studio.pipeline import pace
from studio.pipeline.lines import held_back, rate_free, sending_key, slots_free, speak
from studio.pipeline.reach import callback_address, hand_over
from studio.pipeline.worker import me
from studio.vault import VaultError
from studio.vendors import VENDORS
from studio.vendors.base import Accepted, File, Request
from studio.vendors.errors import BadKey, InDoubt, NotSent, OutOfCredits, Refused, TooFast
from studio.vendors.options import Picture

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # longer than the longest wait for an answer
OUT_OF_CREDITS = timedelta(minutes=15)
SLOW_DOWN = 30.0


def submit(generation: Generation) -> None:
    """Send the order if it is due and the account is free; otherwise leave it for later.

    1. prepare: key, links, picture bytes. Nothing has been promised yet.
    2. claim: `ordered` -> `sending`, committed. Whoever loses stops here.
    3. send once. 4. record what came of it in one transaction.
    """
    if generation.stage != Stage.ORDERED or (key := _ready_key(generation)) is None:
        return
    try:
        vendor = speak(generation.account, key)
    except VaultError as error:
        Alert.raise_("vault", f"vault:{key.pk}", f"{key}: {error}")
        _wait(generation, pace.seconds(60))
        return
    request = _request(generation)
    if not _claim(generation, key):
        generation.links.revoke()
        return
    try:
        accepted = vendor.submit(request)
    except NotSent as error:
        _put_back(generation, pace.backoff(generation.attempts), f"not sent: {error.message}")
        pace.note_trouble(generation.account)
    except TooFast as error:
        _slow_down(generation, error)
    except Refused as error:
        _refuse(generation, key, error)
    except InDoubt as error:
        _doubt(generation, error)
    else:
        accept(generation, accepted)
        key.note_success()
        generation.account.note_success()


def _ready_key(generation: Generation) -> Key | None:
    """The key to send with, or None: the account is paused or has none, and the order waits."""
    account = generation.account
    now = clock.now()
    if held_back(account, now):
        _wait(generation, pace.later(account.paused_until, now))
        return None
    key = sending_key(account)
    if key is None:
        _wait(generation, pace.seconds(30))
    return key


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


def _request(generation: Generation) -> Request:
    """Everything the vendor needs, with links made for this one order."""
    spec = generation.spec
    as_bytes = {
        option.name
        for option in (spec.options if spec else ())
        if isinstance(option, Picture) and option.as_bytes
    }
    images: list[File] = []
    end_image: File | None = None
    audio: File | None = None
    for item in generation.inputs.select_related("image", "sound"):
        if item.kind == Input.Kind.START and item.image:
            images.append(hand_over(generation, item.image, as_bytes="image" in as_bytes))
        elif item.kind == Input.Kind.END and item.image:
            end_image = hand_over(generation, item.image, as_bytes="end_image" in as_bytes)
        elif item.sound:
            audio = hand_over(generation, item.sound, as_bytes=False)
    return Request(
        model=generation.model,
        values=generation.values,
        images=tuple(images),
        end_image=end_image,
        audio=audio,
        callback=callback_address(generation),
    )


def _claim(generation: Generation, key: Key) -> bool:
    """Take a slot of the account and the order itself: one transaction, committed at once."""
    now = clock.now()
    with transaction.atomic():
        # the account's row serialises its slots; SQLite's IMMEDIATE does the same for all
        account = Account.objects.select_for_update(no_key=True).get(pk=generation.account_id)
        if slots_free(account) <= 0 or not rate_free(account, now) or not pace.may_try(account):
            _wait(generation, pace.seconds(2))
            return False
        return generation.move(
            Stage.ORDERED,
            Stage.SENDING,
            key=key,
            owner=me(),
            lease_until=now + LEASE,
            sent_at=now,
            attempts=generation.attempts + 1,
            fault="",
            fault_code="",
            fault_message="",
        )


def _wait(generation: Generation, wait: timedelta) -> None:
    """Not now: the sweep rings again when it is due."""
    Generation.objects.in_stages([Stage.ORDERED]).filter(pk=generation.pk).update(
        due_at=clock.now() + wait
    )


def _put_back(generation: Generation, wait: timedelta, why: str) -> None:
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
    _put_back(generation, timedelta(seconds=wait), "too fast")


def _refuse(generation: Generation, key: Key, error: Refused) -> None:
    """A definite no: nothing was made, the hold is given back whole."""
    with transaction.atomic():
        moved = generation.move(
            Stage.SENDING,
            Stage.REFUSED,
            charged_milli=0,
            fault=error.fault,
            fault_code=error.code[:80],
            fault_message=error.message[:2000],
            raw_answer=redact.redacted(error.raw, ()),
        )
        if not moved:
            return
        ledger.release(generation.hold_key)
        generation.links.revoke()
    logger.info("refused %s %s %s", generation.uuid, generation.vendor, error.fault)
    if isinstance(error, BadKey):
        key.hold_back(Pause.AUTH, None, error.message or "the key was refused")
        if error.banned:
            generation.account.hold_back(Pause.ADMIN, None)
        Alert.raise_("key", f"key:{key.pk}", f"{key}: the vendor refused the key")
    elif isinstance(error, OutOfCredits):
        generation.account.hold_back(Pause.CREDITS, clock.now() + OUT_OF_CREDITS)
        Alert.raise_(
            "credits",
            f"credits:{generation.account_id}",
            f"{generation.account}: the vendor says the credits are used up",
        )


def _doubt(generation: Generation, error: InDoubt) -> None:
    """It left and nobody knows what became of it. The hold stays; nothing sends it again."""
    moved = generation.move(
        Stage.SENDING,
        Stage.IN_DOUBT,
        fault=error.fault,
        fault_code=error.code[:80],
        fault_message=error.message[:2000],
        raw_answer=redact.redacted(error.raw, ()),
        owner="",
        lease_until=None,
        due_at=None,
    )
    if moved:
        generation.note("in_doubt", error.message or "no usable answer")
        pace.note_trouble(generation.account)
        logger.warning("in doubt %s %s", generation.uuid, generation.vendor)


def _amend(generation: Generation, credits_milli: int) -> None:
    """The vendor named its own price: the hold follows, in the pool and in every budget."""
    money = (credits_milli * generation.price_micros_per_credit + 500) // 1000
    pool = generation.account.pool_key
    ledger.amend(
        generation.hold_key,
        {key: credits_milli if key == pool else money for key in shares(generation.hold_key)},
    )
