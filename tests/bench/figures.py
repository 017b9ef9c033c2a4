"""How a figure is printed, and small measures that several parts need."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def figure(name: str, value: float, *, limit: float | None = None, **facts: Any) -> None:
    """Print one figure as a JSON line; `ok` says whether it keeps to its limit."""
    line: dict[str, Any] = {"figure": name, "value": round(value, 4), **facts}
    if limit is not None:
        line |= {"limit": limit, "ok": value <= limit}
    print(json.dumps(line), flush=True)


def median_ms(run: Callable[[], Any], *, times: int = 30) -> float:
    """Median milliseconds of CPU and waiting that `run` takes, after three warm-ups."""
    for _ in range(3):
        run()
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        run()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def pss_mb(pids: list[int]) -> float:
    """Memory of these processes, shared pages counted once, in MB."""
    total = 0
    for pid in pids:
        for line in (Path("/proc") / str(pid) / "smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


def cpu_seconds(pids: list[int]) -> float:
    """CPU time these processes have used so far."""
    total = 0
    for pid in pids:
        parts = (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()
        total += int(parts[11]) + int(parts[12])
    return total / 100
