"""A person settles a doubt: the order was sent, no answer came, and nothing else can tell.

Every decision is kept with who took it. Nothing here sends anything.
"""

from __future__ import annotations

import logging

from django.db import transaction

from studio.ledger import verbs as ledger
from studio.ledger.models import Source
from studio.ledger.reading import shares
from studio.models import Generation, Stage, User
from studio.pipeline.outcome import accept
from studio.vendors.base import Accepted, Ticket
from studio.vendors.errors import Fault
from studio.vendors.reading import ticket as readable

logger = logging.getLogger(__name__)


class NotATicket(ValueError):
    """What was typed cannot be a vendor's id, or another order has it."""


def it_arrived(generation: Generation, ticket: str, *, by: User) -> bool:
    """The vendor has it under this id: ask on as if it had answered. False: no longer in doubt.

    Raises NotATicket.
    """
    name = readable(ticket.strip())
    if not name or Generation.objects.filter(account=generation.account, ticket=name).exists():
        raise NotATicket(ticket)
    with transaction.atomic():
        if generation.stage != Stage.IN_DOUBT or not accept(
            generation, Accepted(ticket=Ticket(name))
        ):
            return False
        generation.note("decided", f"{by}: it arrived as {name}")
    return True


def it_never_arrived(generation: Generation, *, by: User) -> bool:
    """The vendor does not have it: the hold is given back whole. False: no longer in doubt."""
    with transaction.atomic():
        if not _refuse(generation, charged_milli=0):
            return False
        ledger.release(
            generation.hold_key, source=Source.ADMIN, actor=by, reason="it never arrived"
        )
        generation.note("decided", f"{by}: it never arrived")
    return True


def it_was_charged(generation: Generation, *, by: User) -> bool:
    """The vendor took the credits and there is no video: the pool pays, the budgets do not.

    False: no longer in doubt.
    """
    charged = generation.quoted_milli or generation.asked_milli
    with transaction.atomic():
        if not _refuse(generation, charged_milli=charged):
            return False
        pool = generation.account.pool_key
        ledger.capture(
            generation.hold_key,
            {key: charged if key == pool else 0 for key in shares(generation.hold_key)},
            source=Source.ADMIN,
            actor=by,
            reason="charged without a result",
        )
        generation.note("decided", f"{by}: it was charged, and there is no video")
    return True


def _refuse(generation: Generation, *, charged_milli: int) -> bool:
    moved = generation.move(
        Stage.IN_DOUBT, Stage.REFUSED, charged_milli=charged_milli, fault=Fault.DOUBT
    )
    if moved:
        generation.links.revoke()
        logger.info("decided %s", generation.uuid)
    return moved
