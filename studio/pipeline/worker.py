"""Which incarnation of the worker this process belongs to: the name on claims and beats."""

from __future__ import annotations

import os
import socket
from datetime import timedelta
from uuid import uuid4

from studio import clock
from studio.models import Beat, Lease

_name = ""


def me() -> str:
    """The name of this incarnation; processes forked after `be_born` share it."""
    global _name
    if not _name:
        _name = f"lone-{uuid4().hex[:24]}"
    return _name


def be_born() -> str:
    """Start a new incarnation in this process, before its workers are forked."""
    global _name
    _name = uuid4().hex
    return _name


def beat() -> None:
    """Say that this incarnation is alive."""
    now = clock.now()
    Beat.objects.update_or_create(
        owner=me(),
        defaults={"beat_at": now},
        create_defaults={
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "started_at": now,
            "beat_at": now,
        },
    )


def bury(owner: str) -> None:
    """This incarnation is known to be dead: its claims and leases are free at once."""
    Beat.objects.filter(owner=owner).delete()
    Lease.objects.filter(owner__startswith=owner).update(until=clock.now(), owner="")


def bury_dead_here() -> None:
    """Bury incarnations of this machine whose process is gone (a kill, a power cut)."""
    for row in Beat.objects.filter(host=socket.gethostname()):
        try:
            os.kill(row.pid, 0)
        except ProcessLookupError:
            bury(row.owner)
        except PermissionError:
            continue


def forget_old() -> None:
    """Drop rows of incarnations that were not heard of for a day."""
    Beat.objects.filter(beat_at__lt=clock.now() - timedelta(days=1)).delete()
