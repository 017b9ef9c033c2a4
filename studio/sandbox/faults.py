"""Everything that can go wrong at a vendor, by name, and how a fault is written down.

`[[fault:http_503;retry=5;op=poll;times=2]]` in a prompt, `http_503;retry=5` in a header, the same
string or an object in a plan. What a fault does is in spoil.py, manners.py, jobs.py and the vendors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

CALLS = ("create", "poll", "redub", "delete", "balance", "effects", "models", "token")
ANY = (*CALLS, "file")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One entry of the catalog.

    `acts`: "before" answers instead of the vendor, so nothing is accepted; "after" spoils the answer
    to something that was accepted or read; "job" is kept with the job and shows later.
    """

    name: str
    row: int  # its line in the README's table
    acts: str
    ops: tuple[str, ...]
    says: str
    settings: str = ""
    seeded: bool = False  # may be drawn at random


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A fault that was asked for."""

    kind: Kind
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The catalog's name."""
        return self.kind.name

    @property
    def op(self) -> str:
        """The call it is meant for: the `op` setting, or the kind's own first one."""
        return self.settings.get("op") or self.kind.ops[0]

    def get(self, name: str, default: str = "") -> str:
        """A setting as text."""
        return self.settings.get(name, default)

    def number(self, name: str, default: float) -> float:
        """A setting as a number."""
        try:
            return float(self.settings.get(name, default))
        except ValueError:
            return default

    def __str__(self) -> str:
        return ";".join([self.name, *(f"{k}={v}" for k, v in self.settings.items())])


def _catalog() -> dict[str, Kind]:
    """All faults, in the order of the README's table."""

    def before(row: int, name: str, says: str, settings: str = "", seeded: bool = False) -> Kind:
        return Kind(
            name=name, row=row, acts="before", ops=ANY, says=says, settings=settings, seeded=seeded
        )

    def after(
        row: int,
        name: str,
        says: str,
        settings: str = "",
        seeded: bool = False,
        ops: tuple[str, ...] = ANY,
    ) -> Kind:
        return Kind(
            name=name, row=row, acts="after", ops=ops, says=says, settings=settings, seeded=seeded
        )

    def job(row: int, name: str, says: str, settings: str = "", seeded: bool = False) -> Kind:
        return Kind(
            name=name,
            row=row,
            acts="job",
            ops=("create", "redub", "poll"),
            says=says,
            settings=settings,
            seeded=seeded,
        )

    file = ("file",)
    kinds = (
        before(1, "latency", "the answer comes late", "s=2; kind=fixed|lognormal"),
        job(1, "slow", "the job takes long; also written [[slow:60]]", "s=60"),
        before(2, "hang", "silence before the headers; nothing is accepted", "s=60"),
        after(2, "hang_after", "accepted, then silence", "s=60"),
        before(3, "closed", "this connection is cut, new ones are refused for a while", "s=5"),
        before(4, "drop_before", "cut before accepting", seeded=True),
        after(5, "drop_after", "accepted, then cut without an answer", seeded=True),
        after(6, "reset_in_body", "half of the answer, then a reset", seeded=True),
        before(7, "rate_limited", "too many requests", "retry=5|date|nonsense|none", seeded=True),
        *(
            before(
                8,
                f"http_{status}",
                f"HTTP {status} with an HTML page; accepted=1: after accepting",
                "retry=SECONDS; accepted=1",
                seeded=True,
            )
            for status in (500, 502, 503, 504)
        ),
        after(
            9,
            "bad_json",
            "an answer that is not the JSON it should be",
            "kind=cut|empty|bom|huge|deep|nan|duplicate|html",
            seeded=True,
        ),
        after(10, "wrong_types", "values of other types", "kind=id|code|status|list", seeded=True),
        after(
            11,
            "bad_id",
            "no usable id in the answer",
            "kind=missing|empty|null|path|huge",
            seeded=True,
            ops=("create", "redub"),
        ),
        after(12, "duplicate_id", "the id of the job before", ops=("create", "redub")),
        job(13, "unknown_status", "a status no page knows, for s seconds or ever", "word=; s="),
        job(14, "flap", "finished, running again, finished", seeded=True),
        job(14, "flap_failed", "failed first, finished on the next look"),
        job(15, "no_url", "finished without an address, for n looks or ever", "n="),
        job(
            15,
            "bad_url",
            "an address that must not be fetched",
            "kind=javascript|internal|userinfo|file|relative",
        ),
        job(
            16,
            "expired_url",
            "the file is gone until the job is looked at again; forever=1: for good",
            "status=403|404|410; forever=1",
        ),
        after(
            17, "truncated", "half of the file", "length=none", seeded=True, ops=("file", *CALLS)
        ),
        after(17, "wrong_length", "a length that is too small", ops=("file", *CALLS)),
        after(18, "wrong_content_type", "the film as text/plain", ops=file),
        after(18, "html_file", "an HTML page as video/mp4", ops=file, seeded=True),
        after(18, "playlist_file", "a playlist as video/mp4", ops=file),
        after(18, "empty_file", "no bytes", ops=file, seeded=True),
        after(19, "drip", "one byte at a time", "ms=50", ops=("file", *CALLS)),
        after(19, "drip_header", "headers one byte at a time", "ms=50", ops=("file", *CALLS)),
        after(19, "endless", "a body without end", "mb=4096", ops=("file", *CALLS)),
        after(19, "gzip_bomb", "100 MB in 100 kB", ops=("file", *CALLS)),
        after(19, "huge_length", "ten terabytes announced", "s=60", ops=("file", *CALLS)),
        before(20, "redirect", "a redirect", "kind=chain|loop|internal|cross|downgrade"),
        before(21, "no_credits", "refused for want of credits; drain=1: balance to 0", "drain=1"),
        before(22, "bad_key", "the key is refused this once"),
        before(22, "revoke", "the key is refused from now on"),
        job(
            23,
            "price",
            "another price than the table's",
            "credits=N or factor=2; final=N at the end",
        ),
        job(24, "fail", "the job fails", "reason=TEXT; refund=yes|no|late", seeded=True),
        job(24, "cancel", "the vendor cancels the job (Reelbyte, mnml); elsewhere it fails"),
        job(24, "abort", "Replicate's status `aborted`: Reelbyte answers -1 for ever"),
        job(25, "stall", "the job never ends"),
        job(26, "vanish", "the job is unknown, from s seconds after its start", "s=0"),
        after(
            27,
            "batch_order",
            "results of several jobs in another order",
            "kind=shuffle|missing|foreign",
            ops=("poll",),
        ),
        job(
            28,
            "webhook",
            "callbacks that misbehave",
            "kind=early|twice|never|forged|late|deleted; s=60",
        ),
        after(
            29,
            "delete",
            "the deletion half works; late500: it works and answers 500",
            "kind=partial|unknown|late500",
            ops=("delete",),
        ),
        Kind(
            name="redub",
            row=30,
            acts="before",
            ops=("redub",),
            says="the source of the new sound is refused",
            settings="kind=expired|foreign",
        ),
        job(30, "redub_replaces", "the new sound takes the place of the old film"),
        job(31, "clock", "the vendor's clock is wrong", "skew=86400"),
        job(31, "create_time", "in seconds, or missing", "kind=s|missing"),
        job(32, "fetch", "how sources are fetched", "kind=never|many|head|range|late; n=50; s=600"),
        before(33, "outage", "down, or up and down", "s=3600; up=0; down=10; kind=503|drop"),
        job(34, "gather", "jobs wait for each other, then end at once", "n=5; order=reverse; tag="),
        after(
            35,
            "protocol",
            "HTTP as it should not be",
            "kind=http10|trailer|big_header|nul_header|pipelined|garbage",
        ),
        job(36, "partial_batch", "only so many of a batch are accepted", "ok=1"),
    )
    return {kind.name: kind for kind in kinds}


FAULTS = _catalog()
MARKER = re.compile(r"\[\[\s*(fault|slow)\s*:\s*([^\]]+?)\s*\]\]", re.IGNORECASE)


class UnknownFault(Exception):
    """No fault has that name."""


def parse(text: str) -> Fault:
    """A fault from `name;key=value;...`. Raises UnknownFault."""
    name, *pairs = (part.strip() for part in text.split(";"))
    kind = FAULTS.get(name.lower())
    if kind is None:
        raise UnknownFault(f"no fault is called {name!r}; see /_sandbox/faults")
    settings = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    return Fault(kind=kind, settings={k.strip(): v.strip() for k, v in settings.items()})


def from_plan(value: Any) -> Fault:
    """A fault from a plan: the same string, or `{"name": ..., other settings}`."""
    if isinstance(value, dict):
        settings = {str(k): str(v) for k, v in value.items() if k != "name"}
        return parse(";".join([str(value.get("name")), *(f"{k}={v}" for k, v in settings.items())]))
    return parse(str(value))


def in_prompt(prompt: str) -> list[Fault]:
    """The faults that markers in a prompt ask for; unknown names are taken as plain words."""
    found = []
    for word, text in MARKER.findall(prompt):
        try:
            found.append(parse(f"slow;s={text}" if word.lower() == "slow" else text))
        except UnknownFault:
            continue
    return found


def without_markers(prompt: str) -> str:
    """The prompt as a person meant it."""
    return " ".join(MARKER.sub(" ", prompt).split())
