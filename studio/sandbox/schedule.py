"""Does things at their time on the sandbox's clock: fetches of sources and webhooks."""

from __future__ import annotations

import heapq
import itertools
import sys
import threading
import traceback
from collections.abc import Callable
from queue import SimpleQueue

from studio.sandbox.clock import Clock

Task = Callable[[], None]
HANDS = 6  # things done at once


class Schedule:
    """A heap of tasks and a few threads, started with the first task and not before."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._due: list[tuple[float, int, Task]] = []
        self._numbers = itertools.count()
        self._changed = threading.Condition()
        self._ready: SimpleQueue[Task] = SimpleQueue()
        self._started = False

    def after(self, delay: float, task: Task) -> None:
        """Do the task `delay` seconds from now by the sandbox's clock; at once when it is 0."""
        with self._changed:
            if not self._started:
                self._started = True
                for work in (self._watch, *[self._work] * HANDS):
                    threading.Thread(target=work, daemon=True, name="schedule").start()
            if delay <= 0:
                self._ready.put(task)
                return
            heapq.heappush(self._due, (self._clock.now() + delay, next(self._numbers), task))
            self._changed.notify()

    def wake(self) -> None:
        """Look again at what is due, after the clock was moved."""
        with self._changed:
            self._changed.notify()

    def clear(self) -> None:
        """Forget everything that is not yet due."""
        with self._changed:
            self._due.clear()

    def _watch(self) -> None:
        while True:
            with self._changed:
                wait = self._due[0][0] - self._clock.now() if self._due else None
                if wait is None or wait > 0:
                    speed = self._clock.speed
                    self._changed.wait(wait / speed if wait and speed else None)
                    continue
                self._ready.put(heapq.heappop(self._due)[2])

    def _work(self) -> None:
        while True:
            task = self._ready.get()
            try:
                task()
            except Exception:  # one bad fetch must not stop the others
                traceback.print_exc(file=sys.stderr)
