"""The sandbox's whole memory: keys, jobs, records, plan and time. Vendors act on it under its lock."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.sandbox import jobs, keys
from studio.sandbox.choice import Choice
from studio.sandbox.clock import Clock
from studio.sandbox.jobs import Job
from studio.sandbox.keys import Key
from studio.sandbox.record import Record
from studio.sandbox.schedule import Schedule
from studio.sandbox.store import Store

DAY = 86_400.0

# What the documents leave open, and what is done about it here. Changed by POST /_sandbox/switches.
SWITCHES: dict[str, Any] = {
    "remaker.durations": "both",  # or "digits" (the demo's form), "suffix" (the table's form)
    "remaker.json": False,  # take JSON bodies too
    "remaker.http_errors": False,  # errors as HTTP status with the same code, as a sister page says
    "remaker.refund": False,  # give credits back when a job fails
    "remaker.per_minute": 0,  # creates a minute and key before 429000; 0 is without limit
    "reelbyte.bad_key_status": 200,  # or 401
    "reelbyte.full_row": False,  # answer with the whole row; its `id` is another than `taskId`
    "reelbyte.image_input": True,  # False: Seedance ignores image_input, as Replicate's schema says
    "reelbyte.result_life": 3600,  # seconds until results are removed
    "reelbyte.per_minute": 0,
    "mnml.no_credits_status": 400,  # or 403
    "mnml.codes": "page",  # or "errors": the other page's codes
    "mnml.credits_in_reply": False,
    "mnml.refund": False,
    "mnml.result_life": 7 * DAY,
    "mnml.per_minute": 0,
    "akool.price_factor": 1.0,  # what is charged, as a multiple of the table
    "akool.always_audio": False,  # an AAC track even where none was asked for
    "akool.failure_field": "",  # name of a field with the reason of a failure
    "akool.refund": False,
    "akool.per_minute": 0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the command line says."""

    latency: float = 2.5
    seed: int | None = None
    rate: float = 0.0
    data: Path | None = None
    credits: int = 1000
    public_url: str = ""
    quick: bool = False  # small films, for runs with very many jobs


class World:
    """Everything that is remembered; whoever changes it holds `lock`."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = threading.RLock()
        self.clock = Clock()
        self.schedule = Schedule(self.clock)
        self._passing = None if settings.data else Path(tempfile.mkdtemp(prefix="sandbox-"))
        self.folder = settings.data or self._passing or Path()
        for name in ("sources", "films"):
            (self.folder / name).mkdir(parents=True, exist_ok=True)
        self.store = Store(self.folder / "sandbox.sqlite3" if settings.data else None)
        self.record = Record(self.store.put)
        self.choice = Choice(seed=settings.seed, rate=settings.rate)
        self.switches = dict(SWITCHES)
        self.keys: dict[tuple[str, str], Key] = {}
        self.jobs: dict[tuple[str, str], Job] = {}
        self.paths: dict[str, Job] = {}
        self.last_ids: dict[str, str] = {}
        self.outage: dict[str, Any] = {}
        self._load()

    def _load(self) -> None:
        for body in self.store.all("key"):
            key = Key(**body)
            self.keys[key.vendor, key.key] = key
        for body in self.store.all("job"):
            job = jobs.from_json(body)
            self.jobs[job.vendor, job.id] = job
            self.paths.update(dict.fromkeys(job.links, job))
        for body in self.store.all("clock"):
            self.clock.change(advance=body["ahead"])
        self.record.load(self.store.all("entry"))

    def key(self, vendor: str, text: str) -> Key | None:
        """The key of that text, made on first sight when it looks like a sandbox key."""
        with self.lock:
            found = self.keys.get((vendor, text))
            if found is None and text.startswith(keys.PREFIX):
                found = keys.new(vendor, text, self.settings.credits)
                self.keep(found)
            return found

    def keep(self, *things: Key | Job) -> None:
        """Remember a key or a job, over a restart too."""
        for thing in things:
            if isinstance(thing, Key):
                self.keys[thing.vendor, thing.key] = thing
                name = f"{thing.vendor} {thing.key}"
                self.store.put("key", name, thing.to_json())
            else:
                self.jobs[thing.vendor, thing.id] = thing
                self.paths.update(dict.fromkeys(thing.links, thing))
                self.store.put("job", f"{thing.vendor} {thing.id}", thing.to_json())

    def found(self, vendor: str, ids: Iterable[str]) -> list[Job]:
        """The vendor's jobs among the ids, in their order."""
        every = (self.jobs.get((vendor, name)) for name in ids)
        return [job for job in every if job]

    def link(self, job: Job, path: str, part: str) -> str:
        """The address of a file of the job: under `path` when it has none, else the one it has."""
        path = next((known for known, has in job.links.items() if has == part), path)
        job.links[path] = part
        self.keep(job)
        return job.base + path

    def move_clock(self, advance: float, speed: float | None) -> None:
        """Change the time, and do what is due by it."""
        self.clock.change(advance=advance, speed=speed)
        self.store.put("clock", "clock", {"ahead": self.clock.ahead()})
        self.schedule.wake()

    def reset(self) -> None:
        """Forget everything but the files."""
        with self.lock:
            self.schedule.clear()
            self.store.clear()
            self.record.clear()
            self.choice.clear()
            for memory in (self.keys, self.jobs, self.paths, self.last_ids, self.outage):
                memory.clear()
            self.switches.update(SWITCHES)
            self.clock.change(advance=-self.clock.ahead(), speed=1.0)

    def close(self) -> None:
        """Close the store and remove what was only for this run."""
        self.store.close()
        if self._passing:
            shutil.rmtree(self._passing, ignore_errors=True)
