"""How much a stranger's file may be and cost: the numbers, and the cell they draw around a child.

Knows nothing of formats. `enclose` is called by the child before it touches the first byte.
"""

from __future__ import annotations

import resource
import signal
from typing import Final

MEBIBYTE: Final = 2**20

IMAGE_BYTES: Final = 10_000_000
IMAGE_PIXELS: Final = 40_000_000
IMAGE_SIDE: Final = 16

VIDEO_BYTES: Final = 2_000_000_000
VIDEO_PIXELS: Final = 4096 * 2304 * 12 // 10
VIDEO_MS: Final = 120_000
VIDEO_FRAMES: Final = 120 * 120

SOUND_BYTES: Final = 20_000_000
SOUND_MS: Final = 600_000
SOUND_CHANNELS: Final = 8

MEMORY: Final = 1024 * MEBIBYTE
WRITTEN: Final = 64 * MEBIBYTE
OPEN_FILES: Final = 32
CPU_SECONDS: Final = 20
CPU_SECONDS_MOST: Final = 120
WALL_FACTOR: Final = 3  # a child may wait for its share of the processor that much longer


def cpu_seconds(pixels: int, duration_ms: int) -> int:
    """Seconds of processor that a film of this size may cost: 20, or more for a long or large one.

    Decoding was measured at 0.1 s for a million pixels and a second of film; four times that is
    granted, because a film that somebody paid for must not be lost to a slow machine.
    """
    work = pixels * duration_ms * 4 // 10 // 10**9
    return min(CPU_SECONDS_MOST, max(CPU_SECONDS, work))


def enclose(cpu: int) -> None:
    """Limit this process for the rest of its life: memory, processor, wall time, files, no dump."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, OPEN_FILES)
    _limit(resource.RLIMIT_FSIZE, WRITTEN)
    _limit(resource.RLIMIT_CPU, cpu)
    _limit(resource.RLIMIT_AS, MEMORY)
    # The parent kills a late child. Should the parent be gone by then, the alarm does.
    signal.alarm(cpu * WALL_FACTOR + 5)
    # Ctrl-C in a terminal reaches the whole group; the parent decides what becomes of its child.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def _limit(kind: int, most: int) -> None:
    hard = resource.getrlimit(kind)[1]
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    try:
        resource.setrlimit(kind, (most, most))
    except ValueError:
        # macOS knows no limit of address space; the other limits stand.
        if kind != resource.RLIMIT_AS:
            raise
