"""Sockets with a deadline, spoken to by httpcore. It must not know requests, keys or files.

httpcore hands every `timeout` to the socket unread, so we hand it a moment on
`clock.monotonic()` instead of a length of time. Each read, write, lookup and handshake gets only
what is left until then: the deadline lies *under* the parser, and no dripping server can stretch it.
"""

from __future__ import annotations

import ipaddress
import select
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Any

import httpcore

from studio import clock
from studio.net.errors import NoName, NoTrust

# (host, port) -> the host's addresses, best first. Raises OSError when there are none.
Resolver = Callable[[str, int], Sequence[str]]

CONNECT = 10.0  # seconds a connection, and then a handshake, may take within the deadline


def lookup(host: str, port: int) -> list[str]:
    """The machine's own resolver: addresses in its order of preference, without repeats."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Wire(httpcore.NetworkStream):
    """One socket. Every `timeout` here is a moment; no single wait is longer than `patience`."""

    def __init__(self, sock: socket.socket, *, patience: float = float("inf")) -> None:
        self._sock = sock
        self._patience = patience

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        try:
            self._sock.settimeout(_left(timeout, self._patience))
            return self._sock.recv(max_bytes)
        except TimeoutError:
            raise httpcore.ReadTimeout from None
        except OSError:
            raise httpcore.ReadError from None

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        rest = memoryview(buffer)
        try:
            while rest:
                self._sock.settimeout(_left(timeout, self._patience))
                rest = rest[self._sock.send(rest) :]
        except TimeoutError:
            raise httpcore.WriteTimeout from None
        except OSError:
            raise httpcore.WriteError from None

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> Wire:
        try:
            self._sock.settimeout(_left(timeout, CONNECT))
            secured = ssl_context.wrap_socket(self._sock, server_hostname=server_hostname)
        except TimeoutError:
            self.close()
            raise httpcore.ConnectTimeout from None
        except (OSError, ValueError):  # ValueError: a name that no certificate could carry
            self.close()
            raise NoTrust from None
        return Wire(secured, patience=self._patience)

    def close(self) -> None:
        self._sock.close()

    def get_extra_info(self, info: str) -> Any:
        """The two facts that httpcore asks for: what TLS agreed on, and whether bytes wait."""
        if info == "ssl_object":
            return self._sock if isinstance(self._sock, ssl.SSLSocket) else None
        if info == "is_readable":
            return _readable(self._sock)
        return None


class Dialler(httpcore.NetworkBackend):
    """Opens connections: one lookup, then its addresses in turn, all before one moment."""

    def __init__(self, resolver: Resolver = lookup, *, patience: float = float("inf")) -> None:
        self._resolver = resolver
        self._patience = patience

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> Wire:
        """Both last arguments are the interface's; our transport never sets them."""
        try:
            until = clock.monotonic() + _left(timeout, CONNECT)
            addresses = self.addresses(host, port, until)
            return Wire(_dial(addresses, port, until), patience=self._patience)
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        except OSError:
            raise httpcore.ConnectError from None

    def addresses(self, host: str, port: int, until: float) -> Sequence[str]:
        """Where `host` may be dialled. Raises NoName if nowhere, TimeoutError at `until`."""
        return ask(self._resolver, host, port, until)


def ask(resolver: Resolver, host: str, port: int, until: float) -> Sequence[str]:
    """Ask `resolver` once, but wait for it only until `until`.

    A lookup cannot be interrupted, so it runs in a thread of its own, which the C library's own
    limits end. An address is its own answer.
    """
    if is_address(host):
        return [host]
    answer: Future[Sequence[str]] = Future()

    def look() -> None:
        try:
            answer.set_result(resolver(host, port))
        except BaseException as error:
            answer.set_exception(error)

    Thread(target=look, name="lookup", daemon=True).start()
    try:
        found = answer.result(_left(until))
    except TimeoutError:
        raise
    except (OSError, UnicodeError):
        raise NoName from None
    if not found:
        raise NoName
    return found


def is_address(host: str) -> bool:
    """Whether `host` is written as an IPv4 or IPv6 address (without brackets)."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _dial(addresses: Sequence[str], port: int, until: float) -> socket.socket:
    """Try each address for its share of the time that is left; the last failure is the verdict."""
    for tried, address in enumerate(addresses, start=1):
        share = _left(until) / (len(addresses) - tried + 1)
        try:
            sock = socket.create_connection((address, port), share)
        except OSError:
            if tried == len(addresses):
                raise
        else:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return sock
    raise NoName


def _left(until: float | None, at_most: float = float("inf")) -> float:
    """Seconds until `until`, but no more than `at_most`. Raises TimeoutError when none are left."""
    seconds = -1.0 if until is None else until - clock.monotonic()  # no moment: fail closed
    if seconds <= 0:
        raise TimeoutError
    return min(seconds, at_most)


def _readable(sock: socket.socket) -> bool:
    """Whether a read would return at once. An idle connection that is readable has been closed."""
    if sock.fileno() < 0:
        return True
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
