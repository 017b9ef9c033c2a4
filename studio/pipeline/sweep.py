"""Put back on its way whatever fell between two steps: due work is derived from the tables.

Runs every few seconds inside the tick. Everything here may run twice at once: each change is
conditional, and a bell too many is harmless.
"""

from __future__ import annotations

import logging
import shutil
from datetime import timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Count, Q

from studio import clock, queue
from studio.ledger import verbs as ledger
from studio.ledger.reading import shares
from studio.models import UNFINISHED, Account, Beat, Generation, Pause, Stage
from studio.pipeline.callback import NAMED
from studio.pipeline.files import incoming
from studio.pipeline.keys import ring_probes
from studio.pipeline.lines import held_back, slots_free
from studio.pipeline.listings import ring_stale
from studio.pipeline.overdue import give_up, tell_overdue, turn_away_stranded
from studio.pipeline.pace import LOOK_INTO_DOUBT
from studio.pipeline.worker import forget_old
from studio.vendors.errors import Fault

logger = logging.getLogger(__name__)

RING_AGAIN = timedelta(seconds=15)
AT_ONCE = 200
WAIVE_AFTER = timedelta(hours=24)
LEFTOVERS = timedelta(hours=6)
FAR_OFF = timedelta(hours=2)  # nothing is put off for longer
JUST_SENT = timedelta(seconds=3)  # a claim may be that much older than its worker's first beat


def sweep() -> None:
    """Look at everything unfinished once. A step that breaks is told and stops no other."""
    steps = (
        doubt_the_dead,
        ring_waiting,
        ring_saving,
        ring_doubtful,
        waive_old_doubts,
        turn_away_stranded,
        tell_overdue,
        give_up,
        bring_near,
        ring_probes,
        ring_stale,
        forget_old,
        clear_leftovers,
    )
    for step in steps:
        try:
            step()
        except (OperationalError, InterfaceError):
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
    for row in orphans.exclude(sent_at__range=(now - JUST_SENT, now)).order_by("id")[:AT_ONCE]:
        if row.move(
            Stage.SENDING,
            Stage.IN_DOUBT,
            fault=Fault.DOUBT,
            fault_message="",
            owner="",
            lease_until=None,
            due_at=now + LOOK_INTO_DOUBT,
        ):
            row.note("in_doubt", "the worker ended while the order was being sent")
            logger.warning("in doubt %s %s: its sender is gone", row.uuid, row.vendor)
            count += 1
    return count


def ring_waiting() -> int:
    """Ring for orders that are due, the oldest first: no more than each account can take.

    So an account that is full, or held back, is no burden to the others.
    """
    now = clock.now()
    waiting = Generation.objects.in_stages([Stage.ORDERED]).due(now)
    due = dict(waiting.values_list("account_id").annotate(count=Count("pk")).order_by())
    count = 0
    for account in Account.objects.filter(pk__in=due):
        for row in waiting.filter(account=account).order_by("id")[: _room(account)]:
            count += _ring(row, "submit_generation")
    return count


def _room(account: Account) -> int:
    """For how many of its orders there is something to do now."""
    if not account.serves:
        return AT_ONCE  # each is turned away
    if held_back(account, clock.now()) or account.pause == Pause.ERRORS:
        return 0
    if account.pause in (Pause.ORDERS, Pause.CREDITS):
        return 1
    return min(max(slots_free(account), 0), AT_ONCE)


def ring_saving() -> int:
    """Ring for finished work whose copy nobody is fetching."""
    now = clock.now()
    alive = Beat.owners_alive(now)
    unattended = Q(owner="", due_at__lte=now)
    deserted = ~Q(owner="") & (Q(lease_until__lt=now) | ~Q(owner__in=alive))
    waiting = Generation.objects.in_stages([Stage.SAVING]).filter(unattended | deserted)
    rows = list(waiting.order_by("due_at")[:AT_ONCE])
    return sum(_ring(row, "archive_generation", owner="", lease_until=None) for row in rows)


def ring_doubtful() -> int:
    """Ring for doubts of which a webhook has named an id that is not judged yet."""
    doubtful = Generation.objects.in_stages([Stage.IN_DOUBT]).due(clock.now())
    rows = list(doubtful.filter(moments__what=NAMED).distinct().order_by("id")[:AT_ONCE])
    return sum(_ring(row, "settle_doubt") for row in rows)


def _ring(row: Generation, job: queue.Job, **changes: object) -> int:
    """Ring for one row, once: whoever else looks at it now finds it put off."""
    seen = Generation.objects.filter(pk=row.pk, stage=row.stage, due_at=row.due_at, owner=row.owner)
    with transaction.atomic():
        if not seen.update(due_at=clock.now() + RING_AGAIN, **changes):
            return 0
        queue.ring(job, row.pk)
    return 1


def waive_old_doubts() -> None:
    """After a day of doubt the person's budget is given back; the pool stays held."""
    old = Generation.objects.in_stages([Stage.IN_DOUBT]).filter(
        sent_at__lt=clock.now() - WAIVE_AFTER
    )
    fresh = old.exclude(moments__what="waived").select_related("account").order_by("id")
    for row in fresh[:AT_ONCE]:
        budgets = [key for key in shares(row.hold_key) if key != row.account.pool_key]
        with transaction.atomic():
            if budgets:
                ledger.waive(row.hold_key, budgets)
            row.note("waived", "a day without an answer")


def bring_near() -> None:
    """What a clock that has since been set back put off into a distant future is due now."""
    now = clock.now()
    Generation.objects.in_stages(UNFINISHED).filter(due_at__gt=now + FAR_OFF).update(due_at=now)


def clear_leftovers() -> None:
    """Remove folders of fetches that ended without a file."""
    before = (clock.now() - LEFTOVERS).timestamp()
    folder = incoming()
    for leftover in folder.iterdir() if folder.exists() else ():
        if leftover.stat().st_mtime < before:
            shutil.rmtree(leftover, ignore_errors=True)
