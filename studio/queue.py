"""The only module that knows django-q2: a doorbell that may ring twice, late or never.

A queue entry commits or vanishes together with our rows (ORM broker, default database). What
is due is always derived from our own tables, so a lost, doubled or empty queue only costs time.
"""

from __future__ import annotations

import ctypes
import os
import signal
import threading
from collections.abc import Callable
from multiprocessing import Value
from typing import Any, Literal

from django_q.cluster import Cluster, Sentinel, get_mp_context
from django_q.models import OrmQ
from django_q.tasks import async_task

Job = Literal[
    "submit_generation",
    "archive_generation",
    "poll_tick",
    "probe_account",
    "refresh_listings",
    "settle_doubt",
]

# Shared with every process of a cluster by fork: 1 once the cluster is to stop, so that a long
# task can end early. A plain byte: a signal handler may write it without taking a lock.
_stopping = Value("b", 0, lock=False)


def ring(job: Job, pk: int) -> None:
    """Ask a worker to run `studio.jobs.<job>(pk)` soon. Inside a transaction it is part of it.

    Arguments are ids, never objects and never secrets: entries can be read by anybody who can
    read the database.
    """
    async_task(f"studio.jobs.{job}", int(pk), task_name=f"{job} {pk}", save=False)


def stopping() -> bool:
    """Is this worker asked to stop? Long tasks look here and end early."""
    return bool(_stopping.value)


def waiting() -> int:
    """How many entries lie in the queue."""
    return int(OrmQ.objects.count())


class _Watchful(Sentinel):  # type: ignore[misc]
    """A sentinel that reports a death instead of trusting queues whose locks may be poisoned.

    A worker killed while it waits holds the lock of the task queue for ever; replacing it, as
    django-q2 does, leaves a cluster that says "Working" and does nothing (its issue 23).
    """

    died: Any = None

    def reincarnate(self, process: Any) -> None:
        timer = getattr(process, "timer", None)
        recycled = timer is not None and int(timer.value) == -2
        if not recycled and not _stopping.value:
            type(self).died.value = 1
        super().reincarnate(process)


class _Cluster(Cluster):  # type: ignore[misc]
    """A cluster whose signal handlers only write a byte; the main loop does the rest."""

    def start(self) -> int:
        self.stop_event = get_mp_context().Event()
        self.start_event = get_mp_context().Event()
        self.sentinel = get_mp_context().Process(
            target=_Watchful,
            args=(self.stop_event, self.start_event, self.cluster_id, self.broker, self.timeout),
        )
        self.sentinel.start()
        return int(self.pid)

    def sig_handler(self, signum: int, frame: object) -> None:
        _stopping.value = 1


def run_cluster(each_second: Callable[[], bool]) -> int:
    """Run workers in this process until a signal or a death; returns the exit code.

    0 after SIGTERM or SIGINT and a clean end; 1 when a part died, or `each_second` (called
    meanwhile, in this process) says False: then everything must be made anew.
    """
    global _stopping
    _stopping = Value("b", 0, lock=False)  # this incarnation's own: the last one's says "stop"
    _Watchful.died = Value("b", 0, lock=False)
    cluster = _Cluster()
    cluster.start()
    pause = threading.Event()
    while not _stopping.value:
        sound = not _Watchful.died.value and cluster.sentinel.is_alive()
        if not sound or not each_second():
            _stopping.value = 1
            return 1
        pause.wait(0.5)
    cluster.stop()
    return 0


def die_with_parent(parent: int) -> None:
    """Ask the kernel to kill this process when its parent dies (Linux; elsewhere nothing).

    A parent that died before the kernel was asked is noticed too.
    """
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
    except (OSError, AttributeError):
        return
    if os.getppid() != parent:
        os._exit(1)


def leave_no_orphans() -> None:
    """Let every process forked from now on die with the one that forked it."""
    forking: list[int] = [0]

    def before() -> None:
        forking[0] = os.getpid()

    os.register_at_fork(before=before, after_in_child=lambda: die_with_parent(forking[0]))
