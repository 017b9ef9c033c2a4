"""The sandbox's own time: the real one, moved on or sped up at will."""

from __future__ import annotations

import threading
import time


class Clock:
    """Seconds since 1970 that can be advanced, so that retention and waiting can be tested."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._virtual = self._real = time.time()
        self.speed = 1.0

    def now(self) -> float:
        """The time of the sandbox, in seconds since 1970."""
        with self._lock:
            return self._virtual + (time.time() - self._real) * self.speed

    def change(self, *, advance: float = 0.0, speed: float | None = None) -> None:
        """Move on by so many seconds, and from now on run so many times as fast as real time."""
        now = self.now()
        with self._lock:
            self._virtual, self._real = now + advance, time.time()
            if speed is not None:
                self.speed = max(0.0, speed)

    def ahead(self) -> float:
        """By how many seconds this clock is ahead of the real one."""
        return self.now() - time.time()
