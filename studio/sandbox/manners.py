"""Ways of putting an answer on the wire: one good one, and those that break the protocol.

Each writes to the socket and says whether the connection may be used again.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
from collections.abc import Callable
from http import HTTPStatus

from studio.sandbox.messages import Request, Response


class Wire:
    """A connection with one answer to put on it; waits end early when the server stops."""

    def __init__(
        self, sock: socket.socket, request: Request, response: Response, stop: threading.Event
    ) -> None:
        self.sock, self.request, self.response, self.stop = sock, request, response, stop

    @property
    def stays(self) -> bool:
        """Whether the other side wants to use the connection again."""
        return self.request.header("connection").lower() != "close"

    def number(self, name: str, default: float) -> float:
        """A number among the fault's settings."""
        try:
            return float(self.response.settings.get(name, default))
        except ValueError:
            return default

    def head(self, version: str = "HTTP/1.1", *, length: int | None = -1) -> bytes:
        """Status line and headers; `length` -1 is the true one, None leaves it out."""
        response = self.response
        try:
            phrase = HTTPStatus(response.status).phrase
        except ValueError:
            phrase = "Unknown"
        lines = [f"{version} {response.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in response.headers]
        if length is not None and not _has(response, "content-length"):
            lines.append(f"Content-Length: {len(response.body) if length == -1 else length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")

    def write(self, data: bytes) -> None:
        """Send bytes."""
        self.sock.sendall(data)

    def reset(self) -> None:
        """Cut the connection hard: the other side sees a reset, not an end."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    def wait(self, seconds: float) -> bool:
        """Wait; False when the server stops or the other side has gone."""
        step = 0.1
        while seconds > 0:
            if self.stop.wait(min(step, seconds)):
                return False
            seconds -= step
            if self._gone():
                return False
        return True

    def _gone(self) -> bool:
        """Whether the other side has closed. A plain recv would wait for the socket's timeout."""
        with selectors.DefaultSelector() as ready:
            ready.register(self.sock, selectors.EVENT_READ)
            return bool(ready.select(0)) and not self.sock.recv(1, socket.MSG_PEEK)


def _has(response: Response, name: str) -> bool:
    return any(key.lower() == name for key, _ in response.headers)


def plain(wire: Wire) -> bool:
    """As it should be."""
    body = b"" if wire.request.method == "HEAD" else wire.response.body
    wire.write(wire.head() + body)
    return wire.stays


def drop(wire: Wire) -> bool:
    """Close without a byte."""
    wire.reset()
    return False


def hang(wire: Wire) -> bool:
    """Say nothing for `s` seconds (60), then close."""
    wire.wait(wire.number("s", 60))
    return False


def reset_in_body(wire: Wire) -> bool:
    """Headers and half of the body, then a reset."""
    wire.write(wire.head() + wire.response.body[: len(wire.response.body) // 2])
    wire.wait(0.05)  # let the half arrive before the reset overtakes it
    wire.reset()
    return False


def truncated(wire: Wire) -> bool:
    """Half of the body under the full length (`length=none`: under no length), then a clean end."""
    bare = wire.response.settings.get("length") == "none"
    half = wire.response.body[: len(wire.response.body) // 2]
    wire.write(wire.head(length=None if bare else -1) + half)
    return False


def wrong_length(wire: Wire) -> bool:
    """The whole body under a length that is too small by 100 bytes."""
    wire.write(wire.head(length=max(0, len(wire.response.body) - 100)) + wire.response.body)
    return False


def huge_length(wire: Wire) -> bool:
    """A promise of ten terabytes, kept up for the bytes there are."""
    wire.write(wire.head(length=10**13) + wire.response.body)
    wire.wait(wire.number("s", 60))
    return False


def drip(wire: Wire) -> bool:
    """The body one byte at a time, every `ms` milliseconds (50)."""
    wire.write(wire.head())
    return _slowly(wire, wire.response.body)


def drip_header(wire: Wire) -> bool:
    """The headers one byte at a time, every `ms` milliseconds (50)."""
    return _slowly(wire, wire.head() + wire.response.body)


def _slowly(wire: Wire, data: bytes) -> bool:
    pause = wire.number("ms", 50) / 1000
    for at in range(len(data)):
        wire.write(data[at : at + 1])
        if not wire.wait(pause):
            break
    return False


def endless(wire: Wire) -> bool:
    """A body without a length that does not end (after `mb` megabytes, 4096, it does)."""
    wire.write(wire.head(length=None) + wire.response.body)
    for _ in range(int(wire.number("mb", 4096)) * 16):
        wire.write(bytes(65536))
    return False


def http10(wire: Wire) -> bool:
    """HTTP/1.0, the end of the connection is the end of the body."""
    wire.write(wire.head("HTTP/1.0", length=None) + wire.response.body)
    return False


def trailer(wire: Wire) -> bool:
    """Chunked, with a chunk extension and a trailer."""
    body = wire.response.body
    head = wire.head(length=None)[:-2] + b"Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
    chunk = b"%x;kind=odd\r\n%s\r\n" % (len(body), body) if body else b""
    wire.write(head + chunk + b"0\r\nX-Sum: 1\r\n\r\n")
    return wire.stays


def big_header(wire: Wire) -> bool:
    """A header of five megabytes."""
    wire.write(wire.head()[:-2] + b"X-Padding: " + b"a" * 5_000_000 + b"\r\n\r\n")
    wire.write(wire.response.body)
    return False


def nul_header(wire: Wire) -> bool:
    """A zero byte in a header's value."""
    wire.write(wire.head()[:-2] + b"X-Odd: a\0b\r\n\r\n" + wire.response.body)
    return False


def pipelined(wire: Wire) -> bool:
    """The answer, and behind it a second one that nobody asked for."""
    second = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    wire.write(wire.head() + wire.response.body + second)
    return False


def garbage(wire: Wire) -> bool:
    """Bytes that are no HTTP at all."""
    wire.write(b"\x16\x03\x01\x02\x00 this is not the protocol you are looking for\r\n\r\n")
    return False


Manner = Callable[[Wire], bool]

MANNERS: dict[str, Manner] = {
    manner.__name__: manner
    for manner in (
        *(drop, hang, reset_in_body, truncated, wrong_length, huge_length, drip, drip_header),
        *(endless, http10, trailer, big_header, nul_header, pipelined, garbage),
    )
}


def send(wire: Wire) -> bool:
    """Put the answer on the wire in its manner; True when the connection may be used again."""
    return MANNERS.get(wire.response.manner, plain)(wire)
