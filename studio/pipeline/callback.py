"""A vendor's webhook: a hint that it is time to ask. Its body is never believed.

It can settle a doubt: the id it carries is checked by a question of our own, whose answer must
name this very order's webhook address.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import cast

from studio import clock, vault
from studio.models import Generation, Stage
from studio.pipeline.lines import asking_key, speak
from studio.pipeline.reach import callback_address
from studio.pipeline.submit import accept
from studio.vendors import VENDORS
from studio.vendors.base import Accepted, CallsBack, State, Ticket
from studio.vendors.errors import VendorError

logger = logging.getLogger(__name__)

EVERY = timedelta(seconds=5)  # at most one question per order because of webhooks


def ring_hook(token: str, body: bytes) -> None:
    """Take a call on the address with this token. Unknown tokens and nonsense do nothing."""
    if not token:
        return
    generation = (
        Generation.objects.filter(hook_token=token).select_related("account", "key").first()
    )
    if generation is None:
        return
    if generation.stage == Stage.WORKING:
        now = clock.now()
        Generation.objects.in_stages([Stage.WORKING]).filter(
            pk=generation.pk, due_at__gt=now + timedelta(seconds=1)
        ).update(due_at=now)
    elif generation.stage in (Stage.SENDING, Stage.IN_DOUBT):
        _settle_doubt(generation, body)


def _settle_doubt(generation: Generation, body: bytes) -> None:
    """An order without an answer is called about: if the id proves to be its own, adopt it."""
    ticket = _candidate(generation, body)
    key = asking_key(generation.account)
    if not ticket or key is None or Generation.objects.filter(ticket=ticket).exists():
        return
    try:
        report = speak(generation.account, key).poll([Ticket(ticket)]).get(ticket)
    except (VendorError, vault.VaultError):
        return
    if report is None or report.state == State.GONE:
        return
    if report.callback != callback_address(generation):
        generation.note("hook", "a webhook named a job that is not this order's")
        return
    generation.note("hook", "a webhook brought the vendor's id")
    accept(
        generation,
        Accepted(ticket=Ticket(ticket), credits=report.credits, word=report.word, raw=report.raw),
    )


def _candidate(generation: Generation, body: bytes) -> str:
    """The vendor's id in a genuine call, '' otherwise."""
    vendor = VENDORS[generation.vendor]
    key = generation.key
    if not issubclass(vendor, CallsBack) or key is None:
        return ""
    try:
        secret = key.open().reveal()  # this vendor's API key is its client secret
    except vault.VaultError:
        return ""
    read = cast("type[CallsBack]", vendor).read_callback
    call = read(body, generation.account.client_id, secret)
    return call.ticket if call else ""
