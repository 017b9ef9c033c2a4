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
    if not isinstance(default_storage._wrapped, FileSystemStorage):  # type: ignore[attr-defined]
        with source.open("rb") as opened:
            if default_storage.exists(name):
                default_storage.delete(name)
            stored = default_storage.save(name, File(opened))
        source.unlink()
        return str(stored)
    target = Path(default_storage.path(name))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    _flush(source)
    source.replace(target)
    _flush(target.parent)
    _flush(target.parent.parent)
    return name


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
