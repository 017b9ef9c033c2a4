"""Jobs: what was accepted, how it ages, and what it looks like at a moment.

A job has no thread: its state is computed from its age whenever somebody looks.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from studio.sandbox.faults import Fault, parse
from studio.sandbox.orders import Film

QUEUE_SHARE = 0.3  # of the job's time is spent waiting


class State(StrEnum):
    """What a job is; every vendor has its own words for these."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELED = "canceled"
    ABORTED = "aborted"
    ODD = "odd"  # a status that no page knows
    GONE = "gone"


ENDED = {State.DONE, State.FAILED, State.CANCELED, State.ABORTED}


@dataclass(slots=True, kw_only=True)
class Need:
    """A file the job is made from: sent with the order, or to be fetched from its address."""

    role: str  # start, end, sound
    url: str = ""
    file: str = ""  # name in the folder of sources, once it is there
    error: str = ""
    most: int = 20_000_000  # bytes
    formats: list[str] = field(default_factory=list)  # accepted pictures; empty accepts all

    @property
    def open(self) -> bool:
        """Still to be fetched."""
        return not self.file and not self.error


@dataclass(slots=True, kw_only=True)
class Job:
    """One accepted order."""

    id: str
    vendor: str
    key: str
    op: str
    entry: int  # its line in the ledger
    base: str  # origin it was ordered at; addresses are made on it
    created: float  # sandbox time, seconds since 1970
    latency: float
    cost: int
    prompt: str
    film: Film
    options: dict[str, Any] = field(default_factory=dict)
    needs: list[Need] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    used: dict[str, int] = field(default_factory=dict)  # how often a kept fault has hit
    retention: float = 0  # seconds after its end until the vendor forgets it; 0 is never
    file_life: float = 0  # seconds after its end until its files are gone; 0 is never
    held: str = ""  # waits for others with this tag
    looks: int = 0  # how often it was seen ended
    polls: int = 0
    refunded: int = 0
    deleted: bool = False
    links: dict[str, str] = field(default_factory=dict)  # path of a file -> part
    extra: dict[str, Any] = field(default_factory=dict)  # what only its vendor understands

    def fault(self, name: str, *more: Fault) -> Fault | None:
        """The fault of that name on the job, or among those of the present call."""
        return next((f for f in (*more, *self.faults) if f.name == name), None)

    @property
    def end(self) -> float:
        """When it ends, in sandbox time."""
        return self.created + self.latency

    @property
    def reason(self) -> str:
        """Why it fails, or nothing."""
        fail = self.fault("fail")
        if fail:
            return fail.get("reason", "The model could not render this scene.")
        return next((need.error for need in self.needs if need.error), "")

    def state(self, now: float, *more: Fault) -> State:
        """What it is at a moment; `more` are faults of the call that looks."""
        if self.deleted or (self.retention and now > self.end + self.retention):
            return State.GONE
        vanish = self.fault("vanish", *more)
        if vanish and now >= self.created + vanish.number("s", 0):
            return State.GONE
        if now < self.created + self.latency * QUEUE_SHARE:
            return State.QUEUED
        odd = self.fault("unknown_status", *more)
        if odd and now < self.end + odd.number("s", 1e12):
            return State.ODD
        waits = self.held or any(need.open for need in self.needs)
        if now < self.end or waits or self.fault("stall", *more):
            return State.RUNNING
        return self._ended(*more)

    def _ended(self, *more: Fault) -> State:
        if self.fault("abort", *more):
            return State.ABORTED
        if self.fault("cancel", *more):
            return State.CANCELED
        if self.reason or self.fault("fail", *more):
            return State.FAILED
        if self.fault("flap", *more) and self.looks == 1:
            return State.RUNNING
        if self.fault("flap_failed", *more) and self.looks == 0:
            return State.FAILED
        return State.DONE

    def look(self, now: float, *more: Fault) -> State:
        """The state as a poll sees it; looks are counted, because some faults depend on them."""
        state = self.state(now, *more)
        self.polls += 1
        if now >= self.end and not any(need.open for need in self.needs):
            self.looks += 1
        return state

    def hit(self, fault: Fault) -> bool:
        """Use up one of the times that a kept fault has; False when there is none left."""
        name = str(fault)
        self.used[name] = self.used.get(name, 0) + 1
        return self.used[name] <= fault.number("times", 1e12)

    def to_json(self) -> dict[str, Any]:
        """The job as it is kept over a restart."""
        return {**asdict(self), "faults": [str(fault) for fault in self.faults]}


def from_json(body: dict[str, Any]) -> Job:
    """The job as it was kept."""
    return Job(
        **{
            **body,
            "film": Film(**body["film"]),
            "needs": [Need(**need) for need in body["needs"]],
            "faults": [parse(text) for text in body["faults"]],
        }
    )
