"""The ledger: everything that was received, and what became of it. The oracle of the tests."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

READS = {"poll", "balance", "effects", "models", "file", ""}
READS_KEPT = 20_000  # polls beyond this many are forgotten, orders never


@dataclass(slots=True, kw_only=True)
class Entry:
    """One request; `time` is sandbox time in seconds since 1970, `credits` what it cost."""

    number: int
    time: float
    vendor: str
    op: str
    method: str
    path: str
    key_tail: str = ""
    prompt: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    body_sha256: str = ""
    image_urls: list[str] = field(default_factory=list)
    accepted_id: str = ""
    accepted_ids: list[str] = field(default_factory=list)
    credits: int = 0
    fault: str = ""
    status: int = 0
    code: Any = None
    fetches: list[dict[str, Any]] = field(default_factory=list)
    callbacks: list[dict[str, Any]] = field(default_factory=list)


class Record:
    """The entries, orders and reads apart so that polls cannot push orders out."""

    def __init__(self, keep: Callable[[str, str, dict[str, Any]], None]) -> None:
        self._keep = keep
        self._numbers = itertools.count(1)
        self._orders: dict[int, Entry] = {}
        self._reads: deque[Entry] = deque(maxlen=READS_KEPT)

    def open(self, **facts: Any) -> Entry:
        """Begin an entry."""
        entry = Entry(number=next(self._numbers), **facts)
        if entry.op in READS:
            self._reads.append(entry)
        else:
            self._orders[entry.number] = entry
        return entry

    def save(self, entry: Entry) -> None:
        """Keep an order's entry over a restart."""
        if entry.op not in READS:
            self._keep("entry", f"{entry.number:012d}", asdict(entry))

    def load(self, bodies: Iterator[dict[str, Any]]) -> None:
        """Take up the entries of an earlier run."""
        for body in bodies:
            self._orders[body["number"]] = Entry(**body)
        self._numbers = itertools.count(max(self._orders, default=0) + 1)

    def get(self, number: int) -> Entry | None:
        """An order's entry."""
        return self._orders.get(number)

    def clear(self) -> None:
        """Forget everything."""
        self._orders.clear()
        self._reads.clear()

    def entries(self, vendor: str = "", op: str = "", *, accepted: bool = False) -> list[Entry]:
        """Entries in order of arrival, perhaps only one vendor's, one op's, or accepted ones."""
        every = sorted([*self._orders.values(), *self._reads], key=lambda entry: entry.number)
        return [
            entry
            for entry in every
            if vendor in ("", entry.vendor)
            and op in ("", entry.op)
            and (entry.accepted_ids or not accepted)
        ]
