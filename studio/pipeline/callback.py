"""A vendor's webhook: a hint that it is time to ask. Its body is never believed.

It can settle a doubt: the id it names is kept, and a job asks the vendor about it; the answer must
name this very order's webhook address. The web request itself never waits for a vendor.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import cast

from studio import clock, queue, vault
from studio.models import Generation, Stage
from studio.pipeline.lines import asking_key, speak
from studio.pipeline.reach import callback_address
from studio.pipeline.submit import accept
from studio.vendors import VENDORS
from studio.vendors.base import Accepted, CallsBack, State, Ticket
from studio.vendors.errors import VendorError

logger = logging.getLogger(__name__)

NAMED = "hook_named"  # the moment that keeps the id which a webhook named
AT_MOST = 5  # such ids per order


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
        ticket = _candidate(generation, body)
        named = generation.moments.filter(what=NAMED)
        if ticket and named.count() < AT_MOST and not named.filter(detail=ticket).exists():
            generation.note(NAMED, ticket)
            queue.ring("settle_doubt", generation.pk)


def settle_doubt(generation: Generation) -> bool:
    """An order without an answer was called about: adopt an id that proves to be its own."""
    key = asking_key(generation.account)
    if key is None or generation.stage not in (Stage.SENDING, Stage.IN_DOUBT):
        return False
    for moment in generation.moments.filter(what=NAMED):
        ticket = moment.detail
        if Generation.objects.filter(account=generation.account, ticket=ticket).exists():
            continue
        try:
            report = speak(generation.account, key).poll([Ticket(ticket)]).get(ticket)
        except (VendorError, vault.VaultError):
            continue
        if report is None or report.state == State.GONE:
            continue
        if report.callback != callback_address(generation):
            generation.note("hook", "a webhook named a job that is not this order's")
            continue
        generation.note("hook", "a webhook brought the vendor's id")
        return accept(
            generation,
            Accepted(
                ticket=Ticket(ticket), credits=report.credits, word=report.word, raw=report.raw
            ),
        )
    return False


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
