"""Decides which fault a call gets: header, then prompt, then plan, then chance.

Chance depends on nothing but (seed, vendor, op, number of the call), so threads cannot change a run.
"""

from __future__ import annotations

import threading
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import Any

from studio.sandbox.faults import FAULTS, Fault, Kind, from_plan, in_prompt, parse

ARMED = 0.25  # share of the faults that a seed makes possible at all


@dataclass(slots=True, kw_only=True)
class Rule:
    """One line of a plan; `times` None is without limit."""

    match: dict[str, Any]
    fault: Fault
    times: int | None = 1
    used: int = 0

    def fits(self, vendor: str, op: str, nth: int, prompt: str) -> bool:
        """Whether the rule is for this call (and has not been used up)."""
        if self.times is not None and self.used >= self.times:
            return False
        match = self.match
        wanted = match.get("nth")
        return (
            match.get("vendor") in (None, vendor)
            and match.get("op", self.fault.op) == op
            and (wanted is None or nth in (wanted if isinstance(wanted, list) else [wanted]))
            and str(match.get("prompt", "")) in prompt
        )

    def shown(self) -> dict[str, Any]:
        """The rule as JSON."""
        return {
            "match": self.match,
            "fault": str(self.fault),
            "times": self.times,
            "used": self.used,
        }


def rule(value: dict[str, Any]) -> Rule:
    """A rule from JSON `{match, fault, times}`. Raises UnknownFault."""
    times = value.get("times", 1)
    return Rule(
        match=dict(value.get("match") or {}),
        fault=from_plan(value.get("fault")),
        times=int(times) if times else None,
    )


@dataclass(slots=True, kw_only=True)
class Choice:
    """The plan, the seed and the counters."""

    seed: int | None = None
    rate: float = 0.0
    plan: list[Rule] = field(default_factory=list)
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def faults(
        self, vendor: str, op: str, *, header: str, prompt: str, planned: str, kept: list[Fault]
    ) -> list[Fault]:
        """The faults of this call.

        `prompt` is the one in the call, `planned` what a plan's words are looked for in, `kept` the
        faults that markers left with the jobs the call is about. Raises UnknownFault.
        """
        with self._lock:
            self.counts[vendor, op] += 1
            nth = self.counts[vendor, op]
            if header:
                return [parse(header)]
            marked = [f for f in in_prompt(prompt) if f.op == op or f.kind.acts == "job"]
            if marked or kept:
                return marked + kept
            for line in self.plan:
                if line.fits(vendor, op, nth, planned):
                    line.used += 1
                    return [line.fault]
        drawn = draw(self.seed, self.rate, vendor, op, nth)
        return [drawn] if drawn else []

    def clear(self) -> None:
        """Forget the plan and begin to count again."""
        with self._lock:
            self.plan.clear()
            self.counts.clear()


def draw(seed: int | None, rate: float, vendor: str, op: str, nth: int) -> Fault | None:
    """The fault that chance gives to a call, or none."""
    if seed is None or rate <= 0:
        return None
    rng = Random(f"{seed}:{vendor}:{op}:{nth}")
    if rng.random() >= rate:
        return None
    armed = [kind for kind in FAULTS.values() if _possible(kind, op) and _armed(seed, kind)]
    return Fault(kind=rng.choice(armed)) if armed else None


def _possible(kind: Kind, op: str) -> bool:
    return kind.seeded and op in kind.ops and not (kind.acts == "job" and op == "poll")


def _armed(seed: int, kind: Kind) -> bool:
    return Random(f"{seed}:{kind.name}").random() < ARMED
