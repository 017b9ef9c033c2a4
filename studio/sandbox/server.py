"""Sockets: accepts connections, reads requests, lets the app answer, writes the answer.

It speaks HTTP by hand because some answers must break HTTP; what the answers are it does not know.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import sys
import threading
import traceback
from collections.abc import Callable
from typing import BinaryIO

from studio.sandbox.manners import Wire, send
from studio.sandbox.messages import Request, Response, answer

HEAD = 64 * 1024  # bytes of request line and headers
BODY = 64 * 1024 * 1024
PATIENCE = 75.0  # seconds an idle connection is kept


class BadRequest(Exception):
    """What arrived is not a request."""


class Server:
    """One listening socket, one thread for it and one per connection."""

    def __init__(self, host: str, port: int, app: Callable[[Request], Response]) -> None:
        self._app = app
        self._listener = socket.create_server((host, port), backlog=256)
        self.host, self.port = self._listener.getsockname()[:2]
        self._bell, self._ear = socket.socketpair()
        self._stop = threading.Event()
        self._closed_for = 0.0
        self._connections: set[socket.socket] = set()
        self._thread = threading.Thread(target=self._accept, daemon=True, name="accept")

    @property
    def url(self) -> str:
        """The address it answers on."""
        return f"http://{self.host}:{self.port}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Close everything and end the threads."""
        self._stop.set()
        self._bell.send(b"!")
        self._thread.join(5)
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._bell.close()
        self._ear.close()

    def close_for(self, seconds: float) -> None:
        """Refuse connections for so many real seconds, as a vendor does that is down."""
        self._closed_for = seconds
        with contextlib.suppress(OSError):
            self._bell.send(b"!")

    def _accept(self) -> None:
        while not self._stop.is_set():
            with selectors.DefaultSelector() as ready:
                ready.register(self._listener, selectors.EVENT_READ)
                ready.register(self._ear, selectors.EVENT_READ)
                while not self._stop.is_set() and not self._closed_for:
                    if any(key.fileobj is self._ear for key, _ in ready.select()):
                        self._ear.recv(16)
                        continue
                    with contextlib.suppress(OSError):
                        self._take(self._listener.accept()[0])
            self._listener.close()
            if self._closed_for and not self._stop.wait(self._closed_for):
                self._closed_for = 0.0
                self._listener = socket.create_server((self.host, self.port), backlog=256)

    def _take(self, connection: socket.socket) -> None:
        self._connections.add(connection)
        threading.Thread(
            target=self._talk, args=(connection,), daemon=True, name="connection"
        ).start()

    def _talk(self, connection: socket.socket) -> None:
        """Answer one request after the other until either side has had enough."""
        try:
            with connection, connection.makefile("rb") as stream:
                connection.settimeout(PATIENCE)
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                while not self._stop.is_set() and self._exchange(connection, stream):
                    continue
        except OSError:
            return
        finally:
            self._connections.discard(connection)

    def _exchange(self, connection: socket.socket, stream: BinaryIO) -> bool:
        """One request and its answer; False when the connection is done with."""
        try:
            request = self._read(connection, stream)
        except BadRequest as error:
            refusal = answer({"error": str(error)}, 400)
            send(
                Wire(connection, Request(method="GET", target="/", headers={}), refusal, self._stop)
            )
            return False
        return request is not None and send(
            Wire(connection, request, self._answer(request), self._stop)
        )

    def _answer(self, request: Request) -> Response:
        try:
            return self._app(request)
        except Exception:
            traceback.print_exc(file=sys.stderr)
            return answer({"error": "the sandbox itself failed; see its output"}, 500)

    def _read(self, connection: socket.socket, stream: BinaryIO) -> Request | None:
        """The next request; None when there is none."""
        line = stream.readline(HEAD)
        if not line.strip():
            return None
        parts = line.decode("latin-1").split()
        if len(parts) != 3 or not parts[2].startswith("HTTP/"):
            raise BadRequest("not a request line")
        headers: dict[str, str] = {}
        size = len(line)
        while (line := stream.readline(HEAD)).strip():
            size += len(line)
            name, colon, value = line.decode("latin-1").partition(":")
            if not colon or size > HEAD:
                raise BadRequest("not a header" if not colon else "headers too large")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        return Request(
            method=parts[0], target=parts[1], headers=headers, body=_body(stream, headers)
        )


def _body(stream: BinaryIO, headers: dict[str, str]) -> bytes:
    if headers.get("transfer-encoding", "").lower() == "chunked":
        parts = []
        while size := _number(stream.readline(HEAD).split(b";")[0], 16):
            parts.append(stream.read(size))
            stream.readline(HEAD)
        while stream.readline(HEAD).strip():
            continue
        return b"".join(parts)
    length = _number(headers.get("content-length", "0").encode(), 10)
    body = stream.read(length)
    if len(body) != length:
        raise BadRequest("the body ended early")
    return body


def _number(text: bytes, base: int) -> int:
    try:
        number = int(text.strip() or b"0", base)
    except ValueError as error:
        raise BadRequest("not a length") from error
    if not 0 <= number <= BODY:
        raise BadRequest("a body that large is not read")
    return number
