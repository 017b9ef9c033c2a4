"""What a vendor's file offers to the app, and what it gets with each call."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from studio.sandbox.faults import Fault
from studio.sandbox.keys import Key
from studio.sandbox.messages import Request, Response
from studio.sandbox.record import Entry
from studio.sandbox.world import World


@dataclass(slots=True, kw_only=True)
class Call:
    """One request to a vendor, on its way."""

    world: World
    request: Request
    vendor: str
    op: str
    base: str  # origin that the request was sent to
    arguments: tuple[str, ...]  # of the path
    entry: Entry
    faults: list[Fault] = field(default_factory=list)
    owner: Key | None = None

    @property
    def key(self) -> Key:
        """The key, after `identify` has let the call in."""
        assert self.owner is not None  # noqa: S101 - every closed route identifies first
        return self.owner

    @property
    def now(self) -> float:
        """Sandbox time."""
        return self.world.clock.now()

    @property
    def job_faults(self) -> list[Fault]:
        """The faults of this call that concern how a job is seen."""
        return [fault for fault in self.faults if fault.kind.acts == "job"]

    def fault(self, name: str) -> Fault | None:
        """The fault of that name, if this call has it."""
        return next((fault for fault in self.faults if fault.name == name), None)

    def switch(self, name: str) -> Any:
        """A switch of this vendor."""
        return self.world.switches[f"{self.vendor}.{name}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One documented call. `subjects` gives the ids of the jobs that a request is about."""

    method: str
    path: str  # a regular expression for the whole path
    op: str
    handle: Callable[[Call], Response]
    subjects: Callable[[Call], Iterable[str]] = lambda _call: ()
    open: bool = False  # needs no key

    def match(self, path: str) -> re.Match[str] | None:
        """The match when the path is this route's."""
        return re.fullmatch(self.path, path)


@dataclass(frozen=True, slots=True, kw_only=True)
class Vendor:
    """A vendor: where it listens, how it knows a key, how it says no."""

    name: str
    prefix: str
    routes: tuple[Route, ...]
    identify: Callable[[Call], Response | None]
    refuse: Callable[[Call, str], Response]
    """Says no in the vendor's own words: path, method, key, credits, rate, trouble, expired, foreign."""
    resume: Callable[[World], None] = lambda _world: None
    """Takes up what a restart interrupted."""
