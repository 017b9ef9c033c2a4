"""How bytes become a file that survives a power cut. It knows nothing of where they come from.

The order is the promise: write, fsync the file, rename, fsync the folder. Only then may a row
anywhere say that the file exists.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from studio.net.errors import NoSpace

_FULL = {errno.ENOSPC, errno.EDQUOT}
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def landing(target: Path) -> Iterator[Callable[[bytes], None]]:
    """Give a function that writes; when the block ends well, `target` is durably there.

    When it ends in any error, nothing is left. The folder must exist; it is opened once, and all
    names are used within it. Raises NoSpace when the disk is full, other OSErrors as they are.
    """
    try:
        with _opened(target.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC) as folder:
            yield from _landed(folder, target.name)
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace("disk") from None
        raise


def _landed(folder: int, name: str) -> Iterator[Callable[[bytes], None]]:
    # The name is new each time: what a killed process left behind must not block its successor.
    partial = f".{secrets.token_hex(8)}.part"
    present = partial
    try:
        with _opened(partial, _NEW, folder) as file:
            yield lambda chunk: _write(file, chunk)
            os.fsync(file)
        os.rename(partial, name, src_dir_fd=folder, dst_dir_fd=folder)
        present = name
        os.fsync(folder)
    except BaseException:
        with suppress(OSError):
            os.unlink(present, dir_fd=folder)
        raise


@contextmanager
def _opened(path: Path | str, flags: int, folder: int | None = None) -> Iterator[int]:
    descriptor = os.open(path, flags, 0o600, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _write(file: int, chunk: bytes) -> None:
    rest = memoryview(chunk)
    while rest:
        rest = rest[os.write(file, rest) :]
