"""A sandbox process of the tests' own, and the studio pointed at it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent


def free_port() -> int:
    """A port that nobody uses at this moment."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Sandbox:
    """A running sandbox: its address, its control and its record of the truth."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.host = f"127.0.0.1:{port}"

    def control(self, path: str, body: object = None) -> Any:
        """Ask or tell the control endpoint; JSON in and out."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self.url}/_sandbox/{path}", data=data, headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def record(self, query: str = "") -> list[dict[str, Any]]:
        """Everything it received, in order."""
        found = self.control(f"ledger{query}")
        return found if isinstance(found, list) else found["entries"]

    def accepted(self) -> list[dict[str, Any]]:
        """Every order it took."""
        return [entry for entry in self.record() if entry["accepted_id"]]

    def reset(self) -> None:
        """Forget jobs, balances, plans and record."""
        self.control("reset", {})


@contextmanager
def running_sandbox(*options: str, port: int = 0) -> Iterator[Sandbox]:
    """Start one and end it; fails when it does not answer within ten seconds."""
    box = Sandbox(port or free_port())
    command = [sys.executable, "-m", "studio.sandbox", "--port", str(box.port), *options]
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        until = time.monotonic() + 10
        while True:
            try:
                box.control("healthz")
                break
            except OSError:
                assert process.poll() is None, "the sandbox ended at once"
                assert time.monotonic() < until, "the sandbox does not answer"
                time.sleep(0.05)
        yield box
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
