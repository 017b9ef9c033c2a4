"""Hand an order to its vendor: the intent is committed, then the request is sent once.

Nothing here or below sends it again. Only what surely never left goes back to `ordered`; every
other missing answer is `in_doubt`, and a late one still wins.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from studio import clock
from studio.ledger import verbs as ledger
from studio.models import Account, Alert, Generation, Key, Stage
from studio.pipeline import pace, prepare
from studio.pipeline.errors import OutOfReach
from studio.pipeline.lines import held_back, rate_free, sending_key, slots_free, speak
from studio.pipeline.outcome import put_back, record
from studio.pipeline.persist import surely
from studio.pipeline.worker import me
from studio.vault import VaultError
from studio.vendors.base import Accepted, Request, Vendor
from studio.vendors.errors import Fault, InDoubt, VendorError

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=60)  # longer than the longest wait for an answer
NO_ROOM = timedelta(seconds=2)
BROKEN_HERE = timedelta(minutes=1)


def submit(generation: Generation) -> None:
    """Send the order if it is due and the account is free; otherwise leave it for later.

    1. ready: account, key and the bytes of pictures. Nothing has been promised yet.
    2. claim: `ordered` -> `sending`, committed. Whoever loses stops here.
    3. send once. 4. record what came of it, however long the database takes.
    """
    if generation.stage != Stage.ORDERED:
        return
    if not generation.account.serves:
        turn_away(generation, Fault.KEY, _("Its account was switched off before it was sent."))
        return
    key = _ready_key(generation)
    if key is None:
        return
    try:
        vendor = speak(generation.account, key)
        bodies = prepare.bodies(generation)
    except VaultError as error:
        Alert.raise_("vault", f"vault:{key.pk}", f"{key}: {error}")
        _wait(generation, BROKEN_HERE)
    except FileNotFoundError:
        turn_away(generation, Fault.INPUT, _("The file of its picture is gone from the studio."))
    except Exception:  # the border: the store of the pictures may fail in many ways
        logger.exception("%s could not be made ready", generation.uuid)
        _wait(generation, BROKEN_HERE)
    else:
        if _claim(generation, key):
            _send(generation, key, vendor, bodies)


def turn_away(generation: Generation, fault: Fault, why: str) -> bool:
    """It cannot be sent any more, and never was: the hold is given back. False: too late."""
    with transaction.atomic():
        moved = generation.move(
            Stage.ORDERED, Stage.REFUSED, charged_milli=0, fault=fault, fault_message=why
        )
        if moved:
            ledger.release(generation.hold_key)
            generation.note("turned_away", why)
    if moved:
        logger.warning("turned away %s %s", generation.uuid, fault)
    return moved


def _ready_key(generation: Generation) -> Key | None:
    """The key to send with, or None: the account is paused, full or without one; it waits."""
    account = generation.account
    now = clock.now()
    if held_back(account, now):
        _wait(generation, pace.later(account.paused_until, now))
        return None
    key = sending_key(account)
    if key is None:
        _wait(generation, pace.seconds(30))
    elif slots_free(account) <= 0:  # asked again under the lock; here it spares the work
        _wait(generation, NO_ROOM)
        return None
    return key


def _claim(generation: Generation, key: Key) -> bool:
    """Take a slot of the account and the order itself: one transaction, committed at once."""
    now = clock.now()
    with transaction.atomic():
        # the account's row serialises its slots; SQLite's IMMEDIATE does the same for all
        account = Account.objects.select_for_update(no_key=True).get(pk=generation.account_id)
        ready = (
            account.serves
            and not held_back(account, now)
            and account.keys.usable().filter(pk=key.pk).exists()
            and slots_free(account) > 0
            and rate_free(account, now)
            and pace.may_order(account)
        )
        if not ready:
            _wait(generation, NO_ROOM)
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


def _send(generation: Generation, key: Key, vendor: Vendor, bodies: prepare.Bodies) -> None:
    try:
        request = prepare.request(generation, bodies)
    except Exception as error:  # nothing has left yet, whatever this was
        logger.exception("%s could not be said", generation.uuid)
        why = error.sentence if isinstance(error, OutOfReach) else "our own error"
        surely(lambda: put_back(generation, BROKEN_HERE, why))
        return
    outcome = _say(vendor, request)
    # should the database not come back, this line is all that is left of a paid order
    said = outcome.ticket.id if isinstance(outcome, Accepted) else type(outcome).__name__
    logger.info("sent %s %s: %s", generation.uuid, generation.vendor, said)
    surely(lambda: record(generation, key, outcome))


def _say(vendor: Vendor, request: Request) -> Accepted | VendorError:
    """The one request. What breaks in our own hands may have left: that is a doubt too."""
    try:
        return vendor.submit(request)
    except VendorError as error:
        return error
    except Exception as error:
        logger.exception("broke while an order was sent")
        return InDoubt(f"our own error: {type(error).__name__}")


def _wait(generation: Generation, wait: timedelta) -> None:
    """Not now: the sweep rings again when it is due."""
    Generation.objects.in_stages([Stage.ORDERED]).filter(pk=generation.pk).update(
        due_at=clock.now() + wait
    )
