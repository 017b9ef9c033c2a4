"""The parent's side of the wall: run one operation in a child and believe only a proper answer.

A child is `python -I` on `__main__.py` with an empty environment; it limits itself (`limits.py`),
then decodes, then writes one JSON object. Whatever else happens becomes a `MediaError`.
"""

from __future__ import annotations

import errno
import json
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from . import limits
from .errors import SENTENCES, Broken, MediaError, NoSpace, Refused

ENTRY: Final = Path(__file__).with_name("__main__.py")
ANSWER_BYTES: Final = 64 * 1024
_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})

# Decoders are hungry: two at a time in one process, and a third waits this many seconds at most.
_seats = threading.BoundedSemaphore(2)
_PATIENCE: Final = 120.0


def run(
    operation: str, source: Path, stage: Path, *words: str, cpu: int = limits.CPU_SECONDS
) -> dict[str, Any]:
    """Run `operation` of `decoders` on `source`; it may write into `stage`. Return its facts.

    Raises `Refused`, `Broken` or `NoSpace`. `cpu` is in seconds of processor.
    """
    command = [sys.executable, "-I", "-X", "utf8", str(ENTRY)]
    command += [operation, str(source.absolute()), str(stage.absolute()), str(cpu), *words]
    if not _seats.acquire(timeout=_PATIENCE):
        raise Broken("no free seat")
    try:
        # The answer goes to a file: a pipe could be filled without end, the file stops at a limit.
        with (stage / "answer").open("w+b") as answer:
            code = _wait(command, answer.fileno(), cpu * limits.WALL_FACTOR)
            answer.seek(0)
            said = answer.read(ANSWER_BYTES)
    finally:
        _seats.release()
    if code == errno.ENOSPC:
        raise NoSpace
    if code != 0:
        raise Broken(_cause_of_death(code))
    return _facts(said)


@contextmanager
def only_media_errors() -> Iterator[None]:
    """Turn what the operating system refuses to us, the parent, into a `MediaError`."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise NoSpace from error
        raise Broken(errno.errorcode.get(error.errno or 0, "OSError")) from error


def whole(facts: dict[str, Any], name: str, least: int, most: int) -> int:
    """Read one number that the child reported. Raises `Broken` unless it is an int in that range."""
    value = facts.get(name)
    if type(value) is not int or not least <= value <= most:
        raise Broken(f"nonsense for {name}")
    return value


def word(facts: dict[str, Any], name: str) -> str:
    """Read one short identifier that the child reported; may be empty. Raises `Broken`."""
    value = facts.get(name)
    if not isinstance(value, str) or len(value) > 32 or not value.isascii():
        raise Broken(f"nonsense for {name}")
    return value


def _wait(command: list[str], answer: int, seconds: float) -> int:
    process = subprocess.Popen(  # noqa: S603 (our own interpreter and file, no shell)
        command,
        stdin=subprocess.DEVNULL,
        stdout=answer,
        stderr=subprocess.DEVNULL,
        env={},
        cwd="/",
    )
    try:
        return process.wait(timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise Broken("timeout") from error
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _cause_of_death(code: int) -> str:
    if code > 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _facts(said: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(said)
        [(verdict, content)] = answer.items()
    except (ValueError, AttributeError, RecursionError) as error:
        raise Broken("nonsense for an answer") from error
    if verdict == "facts" and isinstance(content, dict):
        return content
    raise _verdict(verdict, content)


def _verdict(verdict: str, content: object) -> MediaError:
    if verdict == "refused" and isinstance(content, str) and content in SENTENCES:
        return Refused(content)
    if verdict == "broken" and isinstance(content, str):
        return Broken(content[:80])
    return Broken("nonsense for an answer")
