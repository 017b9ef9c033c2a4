"""The whole studio on this machine: second start, idle cost, and from prompt to playable video."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.bench.figures import cpu_seconds, figure, pss_mb
from tests.kills.house import descendants
from tests.sandboxed import ROOT, free_port


def main() -> None:
    """Start twice, rest, order, stop."""
    folder = Path(tempfile.mkdtemp(prefix="rushes-live-"))
    port = free_port()
    env = {
        **os.environ,
        "STUDIO_DATA_DIR": str(folder),
        "STUDIO_PORT": str(port),
        "STUDIO_SANDBOX_PORT": str(free_port()),
        "STUDIO_SANDBOX": "1",
    }
    first, process = start(env, port)
    stop(process)
    second, process = start(env, port)
    figure("second_start_seconds", second, limit=2.0, first_start=round(first, 2))
    try:
        idle(process.pid)
        orders(env)
    finally:
        took = stop(process)
    figure("stop_seconds", took, limit=25)


def start(env: dict[str, str], port: int) -> tuple[float, subprocess.Popen[bytes]]:
    """Seconds until the sign-in page answers."""
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up"], cwd=ROOT, env=env, stdout=subprocess.DEVNULL
    )
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=5).close()
            return time.monotonic() - began, process
        except OSError:
            assert process.poll() is None, "it ended"
            assert time.monotonic() - began < 60, "no page within a minute"
            time.sleep(0.02)


def stop(process: subprocess.Popen[bytes]) -> float:
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.wait(40)
    return time.monotonic() - began


def idle(pid: int) -> None:
    """Memory and CPU of everything, doing nothing for twenty seconds."""
    time.sleep(6)
    pids = descendants(pid)
    before = cpu_seconds(pids)
    time.sleep(20)
    used = (cpu_seconds(pids) - before) / 20 * 100
    figure("idle_memory_mb", pss_mb(pids), limit=200, processes=len(pids))
    figure("idle_cpu_percent", used, limit=1.0)


def orders(env: dict[str, str]) -> None:
    """Order ten videos one after the other from the shell; read the times the studio kept."""
    script = """
import json
from uuid import uuid4
from time import monotonic, sleep
from studio.models import Generation, Project, User
from studio.pipeline.order import order
user, project = User.objects.get(username="demo"), Project.objects.get(slug="demo")
found = []
for number in range(10):
    began = monotonic()
    made = order(user=user, project=project, model="remaker/text-1.0-standard",
                 values={"prompt": f"take {number}", "duration": "5", "video_ratio": "16:9"},
                 request_id=uuid4())
    took = monotonic() - began
    while Generation.objects.get(pk=made.pk).unfinished and monotonic() - began < 30:
        sleep(0.02)
    row = Generation.objects.get(pk=made.pk)
    found.append({"order": took, "handover": (row.sent_at - row.ordered_at).total_seconds(),
                  "playable": monotonic() - began, "stage": row.stage, "polls": row.polls})
print(json.dumps(found))
"""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", script],
        cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    rows = json.loads(done.stdout)
    assert {row["stage"] for row in rows} == {"ready"}, rows
    handover = sorted(row["handover"] for row in rows)
    playable = [row["playable"] for row in rows]
    figure("handover_seconds_worst_of_10", handover[-1], limit=0.3, median=handover[5])
    figure(
        "prompt_to_playable_seconds", statistics.median(playable), limit=5.0, worst=max(playable)
    )
    figure("submit_seconds", statistics.median(row["order"] for row in rows), limit=0.1)


if __name__ == "__main__":
    sys.exit(main())
