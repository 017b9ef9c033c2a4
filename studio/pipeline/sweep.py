"""Put back on its way whatever fell between two steps: due work is derived from the tables.

Runs every few seconds inside the tick. Everything here may run twice at once: each change is
conditional, and a bell too many is harmless.
"""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta

from django.db import DatabaseError, transaction
from django.db.models import Q

from studio import clock, queue
from studio.ledger import verbs as ledger
from studio.ledger.reading import shares
from studio.models import Beat, Generation, Stage
from studio.pipeline.files import incoming
from studio.pipeline.listings import ring_stale
from studio.pipeline.worker import forget_old

logger = logging.getLogger(__name__)

RING_AGAIN = timedelta(seconds=15)
AT_ONCE = 200
WAIVE_AFTER = timedelta(hours=24)
LEFTOVERS = timedelta(hours=6)


def sweep() -> None:
    """Look at everything unfinished once. A step that breaks is told and stops no other."""
    steps = (
        doubt_the_dead,
        ring_waiting,
        ring_saving,
        waive_old_doubts,
        ring_stale,
        forget_old,
        clear_leftovers,
    )
    for step in steps:
        try:
            step()
        except DatabaseError:
            raise
        except Exception:  # the border: one broken row must not stop all other work
            logger.exception("the sweep broke in %s", step.__name__)


def doubt_the_dead() -> int:
    """Orders whose sender died while sending may have been accepted: they are in doubt."""
    now = clock.now()
    alive = Beat.owners_alive(now)
    orphans = Generation.objects.in_stages([Stage.SENDING]).filter(
        Q(lease_until__lt=now) | ~Q(owner__in=alive)
    )
    count = 0
    for row in orphans[:AT_ONCE]:
        # a claim is younger than its worker's first beat for a moment at most
        if row.sent_at and row.sent_at > now - timedelta(seconds=3):
            continue
        if row.move(
            Stage.SENDING,
            Stage.IN_DOUBT,
            fault="in doubt",
            fault_message="",
            owner="",
            lease_until=None,
            due_at=None,
        ):
            row.note("in_doubt", "the worker ended while the order was being sent")
            logger.warning("in doubt %s %s: its sender is gone", row.uuid, row.vendor)
            count += 1
    return count


def ring_waiting() -> int:
    """Ring for orders that are due; each is then left alone for a while."""
    now = clock.now()
    waiting = Generation.objects.in_stages([Stage.ORDERED]).due(now).order_by("id")
    count = 0
    for row in waiting.only("pk", "due_at")[:AT_ONCE]:
        with transaction.atomic():
            rung = Generation.objects.filter(
                pk=row.pk, stage=Stage.ORDERED, due_at=row.due_at
            ).update(due_at=now + RING_AGAIN)
            if rung:
                queue.ring("submit_generation", row.pk)
                count += 1
    return count


def ring_saving() -> int:
    """Ring for finished work whose copy nobody is fetching."""
    now = clock.now()
    alive = Beat.owners_alive(now)
    unattended = Q(owner="", due_at__lte=now)
    deserted = ~Q(owner="") & (Q(lease_until__lt=now) | ~Q(owner__in=alive))
    waiting = Generation.objects.in_stages([Stage.SAVING]).filter(unattended | deserted)
    count = 0
    for row in waiting[:AT_ONCE]:
        with transaction.atomic():
            rung = Generation.objects.filter(
                pk=row.pk, stage=Stage.SAVING, due_at=row.due_at, owner=row.owner
            ).update(due_at=now + RING_AGAIN, owner="", lease_until=None)
            if rung:
                queue.ring("archive_generation", row.pk)
                count += 1
    return count


def waive_old_doubts() -> None:
    """After a day of doubt the person's budget is given back; the pool stays held."""
    old = Generation.objects.in_stages([Stage.IN_DOUBT]).filter(
        sent_at__lt=clock.now() - WAIVE_AFTER
    )
    for row in old.select_related("account")[:AT_ONCE]:
        budgets = [key for key in shares(row.hold_key) if key != row.account.pool_key]
        if budgets and ledger.waive(row.hold_key, budgets):
            row.note("waived", "the budget was given back after a day")


def clear_leftovers() -> None:
    """Remove folders of fetches that ended without a file."""
    before = (clock.now() - LEFTOVERS).timestamp()
    folder = incoming()
    for leftover in folder.iterdir() if folder.exists() else ():
        if leftover.stat().st_mtime < before:
            shutil.rmtree(leftover, ignore_errors=True)
