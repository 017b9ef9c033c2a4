"""Run the sandbox that plays the four vendors: a process of its own, and a stranger to us."""

from __future__ import annotations

import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser


class Command(BaseCommand):
    help = "Play the four vendors on this machine. Nothing is spent."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=settings.STUDIO_SANDBOX_PORT)
        parser.add_argument("--latency", type=float, default=None, help="Seconds a job takes.")

    def handle(self, *args: Any, port: int, latency: float | None, **options: Any) -> None:
        """Become the sandbox; its data lies beside ours so that a restart forgets nothing."""
        command = sandbox_command(port, latency)
        os.execv(command[0], command)  # noqa: S606 our own interpreter


def sandbox_command(port: int, latency: float | None = None) -> list[str]:
    """The sandbox's command line."""
    data = settings.STUDIO_DATA_DIR / "sandbox"
    data.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "studio.sandbox"]
    command += ["--host", "127.0.0.1", "--port", str(port), "--data", str(data)]
    return command + (["--latency", str(latency)] if latency is not None else [])
