"""Fetches the pictures and sounds that orders name, as three of the vendors do, and judges them.

What cannot be fetched, or is no picture, fails the job: the order has been accepted by then.
"""

from __future__ import annotations

import hashlib
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from studio.sandbox.faults import Fault
from studio.sandbox.jobs import Job, Need
from studio.sandbox.world import World

PATIENCE = 15.0  # seconds for one fetch
AGENT = "sandbox-fetcher/1.0"


def begin(world: World, job: Job) -> None:
    """Fetch everything that a job still needs, in the background."""
    fault = job.fault("fetch")
    kind = fault.get("kind") if fault else ""
    for need in job.needs:
        if not need.open:
            continue
        if kind == "never":
            need.file = "-"  # taken as had: the film is painted from the prompt instead
            continue
        delay = fault.number("s", 600) if fault and kind == "late" else 0.0
        world.schedule.after(delay, lambda need=need: _fetch(world, job, need, fault))  # type: ignore[misc]


def keep_bytes(world: World, data: bytes, need: Need) -> None:
    """Judge bytes and put them into the folder of sources; the need then has a file or an error."""
    from studio.sandbox import pictures, sounds

    name = hashlib.sha256(data).hexdigest()[:40]
    target = world.folder / "sources" / (name + (".snd" if need.role == "sound" else ".jpg"))
    if len(data) > need.most:
        need.error = f"The file is larger than {need.most // 1_000_000} MB."
        return
    if target.exists() and not need.formats:
        need.file = target.name
        return
    passing = target.with_suffix(f".{time.monotonic_ns()}")
    try:
        if need.role == "sound":
            passing.write_bytes(data)
            sounds.check(passing)
        else:
            if need.formats and pictures.kind_of(data) not in need.formats:
                raise pictures.NotAPicture
            pictures.keep(data, passing)
        passing.replace(target)
        need.file = target.name
    except pictures.NotAPicture:
        need.error = "The file behind the image address is not an image of a supported format."
    except sounds.Silent:
        need.error = "The file behind the audio address is not a sound."
    finally:
        passing.unlink(missing_ok=True)


def _fetch(world: World, job: Job, need: Need, fault: Fault | None) -> None:
    """Get one source, note each attempt in the ledger, and settle the need."""
    notes: list[dict[str, Any]] = []
    data = b""
    for method, headers in _attempts(fault):
        data = _get(need.url, method, headers, notes, need.most) or data
    for note in notes:
        note["role"], note["at"] = need.role, world.clock.now()
    got = Need(role=need.role, most=need.most, formats=need.formats)
    if data:
        keep_bytes(world, data, got)
    else:
        got.error = f"The address could not be fetched ({notes[-1]['error'] or 'empty'})."
    with world.lock:
        need.file, need.error = got.file, got.error
        entry = world.record.get(job.entry)
        if entry:
            entry.fetches += notes
            world.record.save(entry)
        if (job.vendor, job.id) in world.jobs:
            world.keep(job)


def _attempts(fault: Fault | None) -> list[tuple[str, dict[str, str]]]:
    kind = fault.get("kind") if fault else ""
    if fault and kind == "many":
        return [("GET", {})] * int(fault.number("n", 50))
    if kind == "head":
        return [("HEAD", {}), ("GET", {})]
    if kind == "range":
        return [("GET", {"Range": "bytes=0-1023"}), ("GET", {"Range": "bytes=0-"})]
    return [("GET", {})]


def _get(
    url: str, method: str, headers: dict[str, str], notes: list[dict[str, Any]], most: int
) -> bytes:
    """One attempt; what came of it is added to the notes."""
    note: dict[str, Any] = {
        "url": url, "method": method, "headers": headers, "status": None, "bytes": 0, "ok": False,
        "error": "",
    }  # fmt: skip
    notes.append(note)
    if not url.lower().startswith(("http://", "https://")):
        note["error"] = "not an http address"
        return b""
    try:
        request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
            url, method=method, headers={"User-Agent": AGENT, **headers}
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310
            data: bytes = response.read(most + 1)
            note.update(status=response.status, bytes=len(data), ok=True)
            return data
    except urllib.error.HTTPError as error:
        note.update(status=error.code, error=f"HTTP {error.code}")
        error.close()
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        note["error"] = f"{type(error).__name__}: {reason}"
    return b""


def source_files(world: World, job: Job) -> dict[str, Path]:
    """The job's files by role, as far as they are there."""
    folder = world.folder / "sources"
    return {n.role: folder / n.file for n in job.needs if n.file and (folder / n.file).exists()}
