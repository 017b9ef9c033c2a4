"""The one source of time. Everything may read it; it knows nothing of anything.

Tests move it with `shift`; product code only asks.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

_ahead = 0.0


def now() -> datetime:
    """The moment it is, as an aware datetime in UTC: for rows and people."""
    return datetime.now(UTC) + timedelta(seconds=_ahead)


def monotonic() -> float:
    """Seconds from an arbitrary start, never set back by a clock change: for durations."""
    return time.monotonic() + _ahead


@contextmanager
def shift(seconds: float) -> Iterator[None]:
    """For tests: within the block both clocks run `seconds` ahead, in every thread. It nests."""
    global _ahead
    _ahead += seconds
    try:
        yield
    finally:
        _ahead -= seconds
