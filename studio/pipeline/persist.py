"""Write what must not be lost although the database is away for a while."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from studio import clock

logger = logging.getLogger(__name__)

T = TypeVar("T")
PATIENCE = 300.0  # seconds; with the longest call it is less than a task may take
PAUSE = 0.5


def surely(write: Callable[[], T]) -> T:
    """Do `write`, and again on a new connection while the database does not answer.

    For answers that cannot be had twice: `write` must bear being repeated. Raises the database's
    error after `PATIENCE` seconds, or at once inside a transaction of the caller's.
    """
    until = clock.monotonic() + PATIENCE
    while True:
        try:
            return write()
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block or clock.monotonic() > until:
                raise
            logger.warning("the database is away (%s): the answer waits", type(error).__name__)
        connection.close()
        threading.Event().wait(PAUSE)
