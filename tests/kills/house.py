"""A whole studio of real processes in a folder of its own: database, sandbox, web, worker."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from tests.__main__ import DEFAULT
from tests.sandboxed import ROOT, Sandbox, free_port, running_sandbox


class House:
    """Its processes and the way to ask it things; everything runs against one data folder."""

    def __init__(self, folder: Path, sandbox: Sandbox, database: str) -> None:
        self.sandbox = sandbox
        self.folder = folder
        self.port = free_port()
        self.worker: subprocess.Popen[bytes] | None = None
        self.log = (folder / "worker.log").open("ab")
        self.env = {
            **{name: value for name, value in os.environ.items() if "STUDIO" not in name},
            "STUDIO_DATA_DIR": str(folder),
            "STUDIO_DATABASE_URL": database,
            "STUDIO_SANDBOX": "1",
            "STUDIO_SANDBOX_PORT": str(sandbox.port),
            "STUDIO_ALLOWED_PRIVATE_HOSTS": sandbox.host,
            "STUDIO_PORT": str(self.port),
        }

    def manage(self, *arguments: str, timeout: float = 120) -> str:
        """Run one management command; fails with its output when it fails."""
        done = subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def ask(self, script: str, **facts: Any) -> Any:
        """Run a few lines inside the studio; they print one JSON value."""
        lines = f"import json\nfacts = json.loads({json.dumps(facts)!r})\n{script}"
        return json.loads(self.manage("shell", "-v", "0", "-c", lines))

    def start_worker(self) -> None:
        """Start `work` as a service manager would."""
        self.worker = subprocess.Popen(
            [sys.executable, "manage.py", "work"],
            cwd=ROOT,
            env=self.env,
            stdout=self.log,
            stderr=self.log,
        )

    def keep_worker(self) -> None:
        """What a service manager does with a supervisor that was killed."""
        if self.worker is None or self.worker.poll() is not None:
            self.start_worker()

    def stop_worker(self, patience: float = 30) -> float:
        """TERM, as at a deployment; returns the seconds it took."""
        assert self.worker is not None
        began = time.monotonic()
        self.worker.terminate()
        self.worker.wait(patience)
        return time.monotonic() - began

    def family(self) -> list[int]:
        """Every process of the worker, the supervisor first."""
        if self.worker is None:
            return []
        return descendants(self.worker.pid)

    def kill_one(self, dice: random.Random) -> int:
        """kill -9 one process of the worker, whichever it is."""
        family = self.family()
        victim = dice.choice(family)
        with suppress(ProcessLookupError):
            os.kill(victim, signal.SIGKILL)
        return family.index(victim)

    def cut_connections(self) -> None:
        """What a restart of PostgreSQL does to everybody who is connected."""
        url = self.env["STUDIO_DATABASE_URL"].replace("postgres://", "postgresql://", 1)
        with psycopg.connect(url, autocommit=True) as door:
            door.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )

    def last_words(self) -> str:
        """The end of the worker's log, for a failure's message."""
        lines = (self.folder / "worker.log").read_text(errors="replace").splitlines()
        return "\n".join(line[:400] for line in lines if "INFO" not in line)[-4000:]

    def close(self) -> None:
        """Leave nothing behind."""
        family = self.family()
        if self.worker is not None and self.worker.poll() is None:
            self.worker.kill()
            self.worker.wait(10)
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.log.close()


def descendants(pid: int) -> list[int]:
    """A process and all below it, as /proc tells."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError, IndexError, ValueError):
                parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
                children.setdefault(parent, []).append(int(entry.name))
    found, queue = [], [pid]
    while queue:
        found.append(queue[0])
        queue.extend(children.get(queue.pop(0), []))
    return found


def alive(pid: int) -> bool:
    """Does this process still run (a zombie does not)?"""
    try:
        return (Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@contextmanager
def fresh_database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database of this kind, dropped afterwards."""
    if kind == "sqlite":
        yield f"sqlite:///{folder}/studio.sqlite3"
        return
    url = os.environ.get("TEST_DATABASE_URL", DEFAULT)
    name = f"kills_{uuid4().hex[:12]}"
    with psycopg.connect(url.replace("postgres://", "postgresql://", 1), autocommit=True) as door:
        door.execute(f'CREATE DATABASE "{name}"')
        try:
            yield url.rsplit("/", 1)[0] + f"/{name}"
        finally:
            door.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextmanager
def open_house(kind: str, folder: Path, *sandbox: str) -> Iterator[House]:
    """A migrated studio with a demo project and a sandbox that has plenty of credits."""
    with (
        running_sandbox("--credits", "100000", *sandbox) as box,
        fresh_database(kind, folder) as database,
    ):
        house = House(folder, box, database)
        try:
            house.manage("migrate", "--skip-checks", "-v", "0")
            house.manage("demo", "-v", "0")
            house.manage("shell", "-v", "0", "-c", ENRICH)
            yield house
        finally:
            house.close()


ENRICH = """
from studio.ledger import verbs
from studio.models import Account
for account in Account.objects.all():
    verbs.top_up(account.pool_key, 100_000_000, key=f"more:{account.uuid}", actor=None)
"""

ORDER = """
from uuid import uuid4
from studio.models import Project, User
from studio.pipeline.order import order
from studio.vendors import find_model
user, project = User.objects.get(username="demo"), Project.objects.get(slug="demo")
made = []
for number in range(facts["first"], facts["first"] + facts["count"]):
    model = facts["models"][number % len(facts["models"])]
    spec = find_model(model)[1]
    values = {**spec.defaults({}), "prompt": f"shot {number} {facts['mark']}"}
    shown = {option.name for option in spec.fields(values, {})}
    values = {name: value for name, value in values.items() if name in shown}
    made.append(str(order(user=user, project=project, model=model, values=values,
                          request_id=uuid4()).uuid))
print(json.dumps(made))
"""

STAGES = """
from collections import Counter
from studio.models import Generation
print(json.dumps(Counter(Generation.objects.values_list("stage", flat=True))))
"""

TRUTH = """
import hashlib
from django.core.files.storage import default_storage
from studio.ledger.audit import audit
from studio.ledger.models import Hold
from studio.models import Generation, Stage
rows = []
for row in Generation.objects.select_related("video").prefetch_related("made_images"):
    kept = getattr(row, "video", None) or row.made_images.first()
    whole = None
    if kept:
        with default_storage.open(kept.file) as file:
            whole = hashlib.sha256(file.read()).hexdigest() == kept.sha256
    rows.append({"uuid": str(row.uuid), "stage": row.stage, "ticket": row.ticket,
                 "prompt": row.prompt, "kept": bool(kept), "whole": whole})
open_holds = set(Hold.objects.filter(state="held").values_list("key", flat=True))
unsettled = {row["uuid"] for row in rows if row["stage"] == Stage.IN_DOUBT}
print(json.dumps({"rows": rows, "drift": len(audit().drift),
                  "holds_without_reason": len(open_holds - unsettled)}))
"""
