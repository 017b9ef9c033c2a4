"""What the queue may call: each finds its row and calls one step. Arguments are ids.

Every job may run twice or late: the step begins with a claim and stops when it loses.
"""

from __future__ import annotations

from studio import queue
from studio.models import Account, Generation
from studio.pipeline import callback, keys
from studio.pipeline.archive import archive
from studio.pipeline.listings import refresh
from studio.pipeline.submit import submit
from studio.pipeline.tick import tick


def submit_generation(pk: int) -> None:
    """Hand one order to its vendor; not while this worker is ending, the sweep rings again."""
    if queue.stopping():
        return
    if generation := Generation.objects.select_related("account", "project").filter(pk=pk).first():
        submit(generation)


def archive_generation(pk: int) -> None:
    """Fetch one finished result home."""
    if queue.stopping():
        return
    rows = Generation.objects.select_related("account", "project", "user", "source")
    if generation := rows.filter(pk=pk).first():
        archive(generation)


def settle_doubt(pk: int) -> None:
    """Look whether an id that a webhook named is this order's own."""
    rows = Generation.objects.select_related("account", "key")
    if generation := rows.filter(pk=pk).first():
        callback.settle_doubt(generation)


def probe_account(pk: int) -> None:
    """Try an account's refused keys, or its silence, with a free question."""
    if account := Account.objects.filter(pk=pk).first():
        keys.probe(account)


def refresh_listings(pk: int) -> None:
    """Read one account's vendor lists anew."""
    if account := Account.objects.filter(pk=pk).first():
        refresh(account)


def poll_tick(pk: int) -> None:
    """Ask the vendors for a while, then ring for the next turn."""
    if tick(queue.stopping) and not queue.stopping():
        queue.ring("poll_tick", pk)
