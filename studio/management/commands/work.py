"""The worker: django-q2's cluster under a supervisor that trusts nothing it cannot see.

supervisor -> child in a session of its own -> sentinel -> workers, pusher, monitor. When any of
them dies, the child ends and everything is made anew; no orphan outlives its parent.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError, connections

from studio import queue
from studio.management.processes import Asked, end, ended, fork
from studio.models import Generation, Lease, Stage
from studio.pipeline.tick import LEASE
from studio.pipeline.worker import be_born, beat, bury, bury_dead_here, me

logger = logging.getLogger(__name__)

GRACE = 24.0
BEAT_EVERY = 2.0
RING_EVERY = 5.0
STALLED_AFTER = 150.0  # seconds without a tick, counted from this incarnation's own start


class Command(BaseCommand):
    help = "Send orders, ask vendors, fetch results. Runs until it is stopped."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Keep one child running; end within 25 seconds of a signal."""
        asked = Asked()
        connections.close_all()
        rest = 0.2
        while not asked:
            started = time.monotonic()
            child = fork(run_child)
            while not asked.wait(0.1):
                if (code := ended(child)) is not None:
                    break
            else:
                end([child], GRACE)
                return
            end([child], 0)
            rest = 0.2 if time.monotonic() - started > 30 else min(rest * 2, 5.0)
            logger.warning("the worker ended with %s and starts again", code)
            asked.wait(rest)


def run_child() -> int:
    """One incarnation of the worker; 0 after a clean stop, 1 to be made anew."""
    queue.leave_no_orphans()
    # the queue is looked at many times a second: a new connection each time would cost far more
    connections["default"].settings_dict["CONN_MAX_AGE"] = 60
    be_born()
    code = queue.run_cluster(Pulse().each_second)
    try:
        if code:
            finish_sending()
        bury(me())
    except DatabaseError:
        logger.warning("the database is away: this incarnation is buried by the next")
    return code


def finish_sending() -> None:
    """Before everything is killed: let requests under way get their answers."""
    until = time.monotonic() + GRACE
    while time.monotonic() < until:
        if not Generation.objects.in_stages([Stage.SENDING]).filter(owner=me()).exists():
            return
        threading.Event().wait(0.1)


class Pulse:
    """What the child's main process does meanwhile: beat, and ring for the tick if it is not there."""

    def __init__(self) -> None:
        self.beat_at = 0.0
        self.rung_at = 0.0
        self.first = True
        self.ticked_at = time.monotonic()

    def each_second(self) -> bool:
        """False when the tick has not been seen for so long that something must be stuck."""
        now = time.monotonic()
        if now - self.beat_at < BEAT_EVERY:
            return True
        self.beat_at = now
        try:
            beat()
            if self.first:
                bury_dead_here()
                self.first = False
            return self.mind_the_tick(now)
        except DatabaseError as error:
            logger.warning("the database is away: %s", type(error).__name__)
            connections.close_all()
            return True

    def mind_the_tick(self, now: float) -> bool:
        """Ring while nobody holds the tick's lease; False when that does not help.

        How old the lease is says nothing: the studio may have been off for a week.
        """
        if Lease.held(LEASE):
            self.ticked_at = now
        elif now - self.rung_at > RING_EVERY:
            self.rung_at = now
            queue.ring("poll_tick", 0)
        return now - self.ticked_at < STALLED_AFTER
