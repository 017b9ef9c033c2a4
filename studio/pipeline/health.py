"""Is the studio at work? Judged from our own rows and the disk, never from the queue's words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.core.cache import cache
from django.db import DatabaseError
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio import clock
from studio.models import Beat, Generation, Lease, Stage
from studio.pipeline.files import FREE_FLOOR, free_bytes
from studio.pipeline.tick import LEASE

CACHE_SECONDS = 5
BUSY_AFTER = timedelta(seconds=60)
STALLED_AFTER = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Banner:
    """A sentence for everybody. `level`: "bad" or "warn"."""

    level: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """`worker`: one was heard of lately; `stalled`: nobody asks the vendors though work is due;
    `busy`: orders wait long; `decisions`: orders in doubt; `disk_free` in bytes."""

    worker: bool
    stalled: bool
    busy: bool
    decisions: int
    database: bool
    disk_free: int
    disk_ok: bool

    @property
    def ready(self) -> bool:
        """Can this studio do its work right now?"""
        return self.database and self.worker and not self.stalled and self.disk_ok

    @property
    def banners(self) -> tuple[Banner, ...]:
        """What people should be told, the worst first."""
        found = []
        if not self.worker:
            text = _("No worker is running: orders wait. Start one with: python manage.py work")
            found.append(Banner(level="bad", sentence=text))
        elif self.stalled:
            text = _("Asking the vendors has stalled. Running work is safe; results come late.")
            found.append(Banner(level="warn", sentence=text))
        if not self.disk_ok:
            text = _("The disk is almost full: results wait at the vendor until there is room.")
            found.append(Banner(level="bad", sentence=text))
        if self.busy:
            text = _("Many orders are waiting: new ones take longer than usual to be sent.")
            found.append(Banner(level="warn", sentence=text))
        if self.decisions:
            text = ngettext(
                "%(count)d order needs a decision: it was sent and got no answer.",
                "%(count)d orders need a decision: they were sent and got no answer.",
                self.decisions,
            ) % {"count": self.decisions}
            found.append(Banner(level="warn", sentence=text))
        return tuple(found)


def health(*, fresh: bool = False) -> Health:
    """Look now, or up to five seconds ago. Never raises."""
    known = None if fresh else cache.get("health")
    if isinstance(known, Health):
        return known
    free = free_bytes()
    try:
        found = _look(free)
    except DatabaseError:
        return Health(
            worker=False,
            stalled=False,
            busy=False,
            decisions=0,
            database=False,
            disk_free=free,
            disk_ok=free > FREE_FLOOR,
        )
    cache.set("health", found, CACHE_SECONDS)
    return found


def _look(free: int) -> Health:
    now = clock.now()
    overdue = Generation.objects.in_stages([Stage.WORKING]).due(now - STALLED_AFTER)
    lease_alive = Lease.objects.filter(name=LEASE, until__gt=now - STALLED_AFTER).exists()
    waiting = Generation.objects.in_stages([Stage.ORDERED]).filter(
        ordered_at__lt=now - BUSY_AFTER, account__pause=""
    )
    return Health(
        worker=bool(Beat.owners_alive(now)),
        stalled=not lease_alive and overdue.exists(),
        busy=waiting.exists(),
        decisions=Generation.objects.in_stages([Stage.IN_DOUBT]).count(),
        database=True,
        disk_free=free,
        disk_ok=free > FREE_FLOOR,
    )
