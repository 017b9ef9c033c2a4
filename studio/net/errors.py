"""What can go wrong on the wire, and the one place where httpcore's words become ours.

    NetError
    |-- NotSent         not one byte of the request left: sending it again is safe
    |-- NoAnswer        it may have left, no usable answer came: sending it again may pay twice
    |-- Garbled         an answer came and cannot be read
    `-- DownloadError   the file was not fetched, and nothing of it was left on disk
        |-- Blocked     our own policy on addresses and URLs forbids it
        |-- TooBig      more bytes than the caller allows
        |-- Encoded     compressed, although plain bytes were asked for
        |-- BadStatus   the server answered, but not with 200
        |-- Truncated   the body broke off, or was empty
        |-- TooSlow     the deadline passed, or the bytes came too slowly
        |-- Unreachable no answer: no such name, refused, no trust, not HTTP
        `-- NoSpace     our own disk is full

No message holds a URL, a query, a header or a byte of an answer, so each may be logged and stored.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import httpcore


class NetError(Exception):
    """Parent of all. `kind` is one word for counters, logs and tests, listed at each class."""

    sentence = "the network failed"

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind

    def __str__(self) -> str:
        return f"{self.sentence} ({self.kind})"


class NotSent(NetError):
    """`name`, `refused`, `trust`, `timeout`, `busy` (no free connection), `request` (unsayable)."""

    sentence = "nothing was sent"


class NoAnswer(NetError):
    """`timeout`, `broken` (reset or closed), `protocol` (not HTTP), `oversize`."""

    sentence = "no usable answer came"


class Garbled(NetError):
    """`json`."""

    sentence = "the answer cannot be read"


class DownloadError(NetError):
    """`may_heal`: the same address may work later, so a caller may try again."""

    sentence = "the file was not fetched"
    may_heal = False


class Blocked(DownloadError):
    """`form`, `scheme`, `port`, `host`, `address`, `redirect`, `loop`, `downgrade`, `hops`."""

    sentence = "the address is not allowed"


class TooBig(DownloadError):
    """`announced` (by Content-Length) or `received`."""

    sentence = "the file is too big"


class Encoded(DownloadError):
    """`encoding`."""

    sentence = "the file came compressed"


class BadStatus(DownloadError):
    """The answer was not 200. `kind` is the status as text; it heals if the server says so."""

    sentence = "the server answered otherwise"

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.args = (status,)
        self.status = status
        self.may_heal = status >= 500 or status in {408, 425, 429}


class Truncated(DownloadError):
    """`broken`, `protocol` (the framing broke), `empty`."""

    sentence = "the file is not whole"
    may_heal = True


class TooSlow(DownloadError):
    """`timeout` (deadline or a stall) or `rate`."""

    sentence = "the file came too slowly"
    may_heal = True


class Unreachable(DownloadError):
    """The kinds of NotSent, and `broken` and `protocol` before the first byte of the body."""

    sentence = "the server could not be reached"
    may_heal = True


class NoSpace(DownloadError):
    """`disk`."""

    sentence = "there is no space left for the file"
    may_heal = True


class NoName(httpcore.ConnectError):
    """Said by our dialler, below httpcore: the host name has no address."""


class NoTrust(httpcore.ConnectError):
    """Said by our wire, below httpcore: the TLS handshake failed."""


# httpcore's error: (may the request have left?, kind). The first line that fits wins.
_WIRE: tuple[tuple[type[Exception], bool, str], ...] = (
    (httpcore.PoolTimeout, False, "busy"),
    (httpcore.ConnectTimeout, False, "timeout"),
    (NoName, False, "name"),
    (NoTrust, False, "trust"),
    (httpcore.ConnectError, False, "refused"),
    (httpcore.TimeoutException, True, "timeout"),
    (httpcore.NetworkError, True, "broken"),
    (httpcore.ProtocolError, True, "protocol"),
)
_WIRE_ERRORS = tuple(line[0] for line in _WIRE)


def _read(error: Exception) -> tuple[bool, str]:
    return next((sent, kind) for known, sent, kind in _WIRE if isinstance(error, known))


@contextmanager
def api_errors() -> Iterator[None]:
    """Turn the wire's errors into NotSent and NoAnswer."""
    try:
        yield
    except _WIRE_ERRORS as error:
        sent, kind = _read(error)
        # `from None`: h11 quotes the line it choked on, and that line is not ours to log.
        raise (NoAnswer(kind) if sent else NotSent(kind)) from None


@contextmanager
def download_errors(broken: type[Unreachable | Truncated]) -> Iterator[None]:
    """Turn the wire's errors into a download's; `broken` says how far the download had come."""
    try:
        yield
    except _WIRE_ERRORS as error:
        sent, kind = _read(error)
        if not sent:
            raise Unreachable(kind) from None
        raise (TooSlow(kind) if kind == "timeout" else broken(kind)) from None
