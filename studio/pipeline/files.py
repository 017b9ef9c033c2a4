"""Keep a finished file in the storage: durable before any row says so."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from django.conf import settings
from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage

FREE_FLOOR = 100_000_000  # bytes that stay free: the database must be able to write


class DiskFull(Exception):
    """There is not enough room to fetch a file. It is tried again once there is."""


def incoming() -> Path:
    """Where files lie while they are not finished; on the same disk as the finished ones."""
    return Path(settings.MEDIA_ROOT) / ".incoming"


@contextmanager
def workbench() -> Iterator[Path]:
    """A private folder for one file's way in; gone afterwards. Raises DiskFull."""
    folder = incoming()
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if free_bytes() < FREE_FLOOR:
        raise DiskFull
    bench = Path(mkdtemp(dir=folder))
    try:
        yield bench
    finally:
        shutil.rmtree(bench, ignore_errors=True)


def free_bytes() -> int:
    """Room left where files are kept."""
    root = Path(settings.MEDIA_ROOT)
    while not root.exists():
        root = root.parent
    return shutil.disk_usage(root).free


def keep(source: Path, name: str) -> str:
    """Move `source` into the storage as `name`, over whatever lies there; returns the name.

    On local disk the bytes are on the platter before the name exists: fsync, rename, fsync of
    the folder. `source` is gone afterwards.
    """
    if not isinstance(default_storage, FileSystemStorage):
        with source.open("rb") as opened:
            stored = default_storage.save(name, File(opened))
        source.unlink()
        return str(stored)
    target = Path(default_storage.path(name))
    _make_folder(target.parent)
    _flush(source)
    source.replace(target)
    _flush(target.parent)
    return name


def _make_folder(folder: Path) -> None:
    """Make it and what is missing above it, each durable in the one that holds it."""
    if folder.exists():
        return
    _make_folder(folder.parent)
    folder.mkdir(exist_ok=True, mode=0o700)
    _flush(folder.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
