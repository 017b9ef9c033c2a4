"""Start everything on one machine: web, worker, sandbox. Ctrl-C stops all of it."""

from __future__ import annotations

import os
import secrets
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable
from contextlib import closing, suppress
from io import TextIOWrapper
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from studio import env
from studio.management.commands.sandbox import sandbox_command
from studio.management.processes import Asked, end, ended, fork
from studio.management.web import serve
from studio.models import Installation, User

GRACE = 26.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
COLOURS = {"web": "36", "worker": "35", "sandbox": "33"}


class Command(BaseCommand):
    help = "Set up what is missing, then run web, worker and sandbox until Ctrl-C."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare, start the parts, print the address, and keep the parts running."""
        free_ports()
        os.umask(0o077)
        prepare(self.stdout)
        token = setup_token()
        connections.close_all()
        asked = Asked()
        parts = Parts(self.stdout.isatty())
        threading.Thread(target=self.greet, args=(asked, token), daemon=True).start()
        try:
            while not asked.wait(0.1):
                parts.keep_running()
        finally:
            end(list(parts.pids.values()), GRACE)

    def greet(self, asked: Asked, token: str) -> None:
        """Print the address once the page answers."""
        address = f"http://{local_host()}:{settings.STUDIO_PORT}/"
        while not asked:
            with suppress(OSError):
                # our own health page on loopback
                urllib.request.urlopen(f"{address}healthz", timeout=2).close()  # noqa: S310
                break
            asked.wait(0.05)
        else:
            return
        self.stdout.write(f"\n  Rushes is ready: {self.style.SUCCESS(address)}")
        if User.objects.filter(username="demo", is_active=True).exists() and demo_allowed():
            self.stdout.write("  Sign in as demo with the password demo.")
        if token:
            self.stdout.write(f"  First owner: {address}setup/?token={token}")
        if settings.STUDIO_SANDBOX:
            self.stdout.write("  The sandbox plays the vendors: nothing is spent.")
        self.stdout.write("  Ctrl-C stops everything.\n")
        self.stdout.flush()
        connections.close_all()


class Parts:
    """The processes that make the studio; a part that dies is started again."""

    def __init__(self, tty: bool) -> None:
        self.tty = tty
        self.starts: dict[str, Callable[[], int]] = {"web": serve, "worker": work}
        if settings.STUDIO_SANDBOX:
            self.starts = {"sandbox": become_sandbox, **self.starts}
        self.pids: dict[str, int] = {}
        self.again_at: dict[str, float] = dict.fromkeys(self.starts, 0.0)
        self.keep_running()

    def keep_running(self) -> None:
        """Start whatever is not there, at most once a second a part."""
        for name, run in self.starts.items():
            pid = self.pids.get(name)
            if pid is not None and (code := ended(pid)) is not None:
                end([pid], 0)
                del self.pids[name]
                sys.stderr.write(f"{name} ended with {code} and starts again\n")
                self.again_at[name] = time.monotonic() + 1
            if name not in self.pids and time.monotonic() >= self.again_at[name]:
                self.pids[name] = self.start(name, run)

    def start(self, name: str, run: Callable[[], int]) -> int:
        """Fork one part; its lines come out with its name before them."""
        readable, writable = os.pipe()
        pid = fork(run, output=writable)
        os.close(writable)
        lines = os.fdopen(readable, encoding="utf-8", errors="replace")
        threading.Thread(target=self.print_lines, args=(name, lines), daemon=True).start()
        return pid

    def print_lines(self, name: str, lines: TextIOWrapper) -> None:
        prefix = f"\x1b[{COLOURS[name]}m{name:8}\x1b[0m" if self.tty else f"{name:8}"
        for line in lines:
            sys.stdout.write(f"{prefix}| {line}")
            sys.stdout.flush()


def work() -> int:
    """The worker, in this process."""
    call_command("work")
    return 0


def become_sandbox() -> int:
    """Replace this process by the sandbox."""
    command = sandbox_command(settings.STUDIO_SANDBOX_PORT)
    os.execv(command[0], command)  # noqa: S606 our own interpreter


def prepare(out: Any) -> None:
    """Migrate, collect static files and seed the demo: each only when needed."""
    for name, near in env.unknown_names():
        out.write(f"  {name} is not a setting of Rushes" + (f"; {near} is." if near else "."))
    settings.STUDIO_DATA_DIR.mkdir(parents=True, exist_ok=True)
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        out.write("  Preparing the database ...")
        call_command("migrate", verbosity=0)
    collect_static()
    if demo_allowed():
        call_command("demo", verbosity=0)


def collect_static() -> None:
    """Collect static files if any is newer than the collection, or another version made it."""
    stamp = settings.STATIC_ROOT / ".collected"
    newest = max(
        (storage.get_modified_time(path).timestamp() for path, storage in static_files()),
        default=0.0,
    )
    wanted = f"{settings.VERSION} {newest}"
    if not stamp.exists() or stamp.read_text() != wanted:
        call_command("collectstatic", interactive=False, clear=True, verbosity=0)
        stamp.write_text(wanted)


def static_files() -> list[tuple[str, Any]]:
    """The project's own static files; those of packages change only with a version."""
    return [
        (path, storage)
        for finder in finders.get_finders()
        if isinstance(finder, finders.FileSystemFinder)
        for path, storage in finder.list([])
    ]


def demo_allowed() -> bool:
    """The demo's password is known to all: only with the sandbox, and only on this machine."""
    return settings.STUDIO_SANDBOX and settings.STUDIO_HOST in LOOPBACK


def setup_token() -> str:
    """A one-time token for the first owner's page, where strangers might reach it first."""
    path = settings.STUDIO_DATA_DIR / "setup-token"
    if Installation.objects.exists() or settings.STUDIO_HOST in LOOPBACK:
        path.unlink(missing_ok=True)
        return ""
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(18))
    return path.read_text()


def local_host() -> str:
    """How a person on this machine reaches the web server."""
    return settings.STUDIO_HOST if settings.STUDIO_HOST in LOOPBACK else "127.0.0.1"


def free_ports() -> None:
    """Say so when somebody else listens already. Raises CommandError."""
    ports = {"STUDIO_PORT": settings.STUDIO_PORT}
    if settings.STUDIO_SANDBOX:
        ports["STUDIO_SANDBOX_PORT"] = settings.STUDIO_SANDBOX_PORT
    for name, port in ports.items():
        with closing(socket.socket()) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((local_host(), port))
            except OSError as error:
                raise CommandError(
                    f"Port {port} is taken ({error.strerror}). Is Rushes running already? "
                    f"Choose another with {name}=…"
                ) from None
