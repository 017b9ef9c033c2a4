"""Start, watch and end processes of our own: forked, so that they share memory.

Knows signals and process groups; not what the processes do.
"""

from __future__ import annotations

import gc
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress

from studio.queue import die_with_parent


def fork(run: Callable[[], int], *, output: int | None = None) -> int:
    """Run `run` in a child with a session of its own; returns its pid.

    `output` is a file descriptor for its standard output and error. The child dies with us.
    """
    parent = os.getpid()
    gc.collect()
    gc.freeze()  # what is there by now stays shared: the collector leaves its pages alone
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        os.setsid()
        die_with_parent(parent)
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
            signal.signal(name, signal.SIG_DFL)
        if output is not None:
            os.dup2(output, 1)
            os.dup2(output, 2)
        code = run()
    except KeyboardInterrupt:
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        os._exit(code)


def ended(pid: int) -> int | None:
    """The exit code of a child that has ended (negative: the signal), None while it runs."""
    try:
        found, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 0
    return os.waitstatus_to_exitcode(status) if found else None


def end(pids: list[int], grace: float) -> None:
    """TERM to each leader, wait up to `grace` seconds, then KILL whatever is left of its group."""
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + grace
    left = set(pids)
    while left and time.monotonic() < until:
        left -= {pid for pid in left if ended(pid) is not None}
        threading.Event().wait(0.02)
    for pid in pids:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
        ended(pid)


class Asked:
    """Whether this process was asked to stop: by Ctrl-C, TERM or the end of its terminal."""

    def __init__(self) -> None:
        self.event = threading.Event()
        for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(name, self._hear)

    def _hear(self, signum: int, frame: object) -> None:
        self.event.set()

    def __bool__(self) -> bool:
        return self.event.is_set()

    def wait(self, seconds: float) -> bool:
        """Rest up to so many seconds; True as soon as a stop is asked for."""
        return self.event.wait(seconds)
