"""A vendor's webhook: a hint that it is time to ask. Its body is never believed.

It can settle a doubt: the id it names is kept, and a job asks the vendor about it; the answer must
name this very order's webhook address. The web request itself never waits for a vendor.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import cast

from django.db import transaction
from django.db.models import Q

from studio import clock, queue, vault
from studio.models import Generation, Stage
from studio.pipeline.lines import asking_key, speak
from studio.pipeline.outcome import accept
from studio.pipeline.pace import LOOK_INTO_DOUBT
from studio.pipeline.reach import hook_path
from studio.vendors import VENDORS
from studio.vendors.base import Accepted, CallsBack, Report, State, Ticket
from studio.vendors.errors import VendorError

logger = logging.getLogger(__name__)

NAMED = "hook_named"  # the moment that keeps the id which a webhook named
JUDGED = "hook_judged"  # the moment that says that such an id is not this order's
AT_MOST = 5  # such ids per order
EVERY = timedelta(seconds=5)
DOUBTFUL = (Stage.SENDING, Stage.IN_DOUBT)


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
        _ask_soon(generation)
    elif generation.stage in DOUBTFUL:
        ticket = _candidate(generation, body)
        named = generation.moments.filter(what=NAMED)
        if ticket and named.count() < AT_MOST and not named.filter(detail=ticket).exists():
            with transaction.atomic():
                generation.note(NAMED, ticket)
                Generation.objects.filter(pk=generation.pk, stage=Stage.IN_DOUBT).update(
                    due_at=clock.now() + LOOK_INTO_DOUBT
                )
                queue.ring("settle_doubt", generation.pk)


def _ask_soon(generation: Generation) -> None:
    """Put the next question forward, at most once in `EVERY`: a flood of calls buys nothing."""
    now = clock.now()
    lately = Q(called_at__isnull=True) | Q(called_at__lte=now - EVERY)
    Generation.objects.in_stages([Stage.WORKING]).filter(
        lately, pk=generation.pk, due_at__gt=now + timedelta(seconds=1)
    ).update(due_at=now, called_at=now)


def settle_doubt(generation: Generation) -> bool:
    """An order without an answer was called about: adopt an id that proves to be its own.

    While the vendor does not answer, the sweep rings again; False when nothing was settled.
    """
    if generation.stage not in DOUBTFUL:
        return False
    judged = set(generation.moments.filter(what=JUDGED).values_list("detail", flat=True))
    names = generation.moments.filter(what=NAMED).values_list("detail", flat=True)
    open_ = [name for name in names if name not in judged]
    again = False
    for ticket in open_:
        report = _look(generation, ticket)
        if report is None:
            again = True
        elif _is_its_own(generation, ticket, report):
            generation.note("hook", "a webhook brought the vendor's id")
            return accept(
                generation,
                Accepted(
                    ticket=Ticket(ticket), credits=report.credits, word=report.word, raw=report.raw
                ),
            )
        else:
            generation.note(JUDGED, ticket)
    Generation.objects.in_stages([Stage.IN_DOUBT]).filter(pk=generation.pk).update(
        due_at=clock.now() + LOOK_INTO_DOUBT if again else None
    )
    return False


def _look(generation: Generation, ticket: str) -> Report | None:
    """What the vendor says of this id; None: it cannot be asked at the moment."""
    key = asking_key(generation.account)
    if key is None:
        return None
    try:
        reports = speak(generation.account, key).poll([Ticket(ticket)])
    except (VendorError, vault.VaultError):
        return None
    return reports.get(ticket) or Report(state=State.GONE)


def _is_its_own(generation: Generation, ticket: str, report: Report) -> bool:
    """Does the vendor itself say that this job calls this very order's address?"""
    taken = Generation.objects.filter(account=generation.account, ticket=ticket).exists()
    return (
        not taken and report.state != State.GONE and report.callback.endswith(hook_path(generation))
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
