"""How files reach a folder: made beside it, checked, made durable, renamed; all of them or none.

Trusts the child that wrote them with nothing: names come from the caller, links are refused, and
each file must announce the format that was ordered.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import Broken
from .sniff import HEAD, sniff

STAGE_PREFIX = ".taking-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Landed:
    """A file that is on the disk for good."""

    file: Path
    bytes: int
    sha256: str


@contextmanager
def staging(folder: Path) -> Iterator[Path]:
    """Yield an empty directory inside `folder`, private to us, that disappears afterwards.

    Should this process be killed, the next one that takes something into `folder` clears it away.
    """
    with _locked(folder):
        _clear(folder)
        stage = Path(tempfile.mkdtemp(prefix=STAGE_PREFIX, dir=folder))
        life = _lock(stage)
    try:
        yield stage
    finally:
        shutil.rmtree(stage, ignore_errors=True)
        os.close(life)


def land(stage: Path, targets: Mapping[Path, tuple[str, str]]) -> list[Landed]:
    """Move files out of `stage`. `targets` maps each final path to (name in stage, format).

    Every file is checked and synced before the first is renamed. Raises `Broken` if one is not a
    plain file of that format.
    """
    landed = [_settle(stage / name, kind, target) for target, (name, kind) in targets.items()]
    for target, (name, _) in targets.items():
        os.replace(stage / name, target)
    for folder in {target.parent for target in targets}:
        _sync_folder(folder)
    return landed


def _clear(folder: Path) -> None:
    """Remove the stages of processes that were killed: a living one holds the lock on its own."""
    for stage in folder.glob(f"{STAGE_PREFIX}*"):
        try:
            os.close(_lock(stage, fcntl.LOCK_NB))
        except OSError:
            continue
        shutil.rmtree(stage, ignore_errors=True)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold `folder` for a moment, so that nobody clears a stage before it is locked."""
    descriptor = _lock(folder)
    try:
        yield
    finally:
        os.close(descriptor)


def _lock(folder: Path, how: int = 0) -> int:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | how)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _settle(staged: Path, kind: str, target: Path) -> Landed:
    # A child that a hostile file has taken over could leave a link to a file of ours.
    try:
        descriptor = os.open(staged, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise Broken("a file is missing") from error
    with open(descriptor, "rb") as file:
        facts = os.fstat(descriptor)
        if not stat.S_ISREG(facts.st_mode) or facts.st_nlink != 1:
            raise Broken("a file is not plain")
        if sniff(file.read(HEAD)) != kind:
            raise Broken("a file is of another format")
        file.seek(0)
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(descriptor)
    return Landed(file=target, bytes=facts.st_size, sha256=digest)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
