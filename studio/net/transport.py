"""An httpx transport over our wire: a few connections, one trust store, one deadline per request.

`httpx.Client` is left out on purpose: it keeps cookies, reads proxies from the environment and logs
every URL. httpcore's pool is left out too: it looks at connections that other threads are using,
now and then takes one for dead and closes it under a request, and grows slow with its width
(https://github.com/encode/httpx/issues/3215). Here a connection has one owner at a time.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Callable, Iterator
from functools import cache, partial
from threading import BoundedSemaphore, Lock
from typing import Final

import httpcore
import httpx

from studio import clock

# At DEBUG httpcore writes hosts, paths and every header, keys included.
logging.getLogger("httpcore").setLevel(logging.WARNING)

IDLE = 20.0  # seconds an unused connection is kept: a little longer than the slowest poll
_UNTIL: Final = "until"


@cache
def trust() -> ssl.SSLContext:
    """The process's one TLS context (15 ms to make): certifi's roots and the machine's own."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_default_certs()
    return context


class Transport(httpx.BaseTransport):
    """At most `connections` at a time. Thread-safe.

    Raises httpcore's errors, which `errors.py` alone reads. A response holds its connection until
    it is closed.
    """

    def __init__(
        self,
        backend: httpcore.NetworkBackend,
        *,
        connections: int = 1,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`tls` is another trust store, such as a private CA's; one that trusts all is refused."""
        if tls is not None and not (tls.check_hostname and tls.verify_mode is ssl.CERT_REQUIRED):
            raise ValueError("a TLS context must check certificates and names")
        self._backend = backend
        self._tls = tls or trust()
        self._free = BoundedSemaphore(connections)
        self._lock = Lock()  # over the two below
        self._idle: list[httpcore.HTTPConnection] = []
        self._closed = False

    def send(self, request: httpx.Request, until: float) -> httpx.Response:
        """Send, and answer when the headers are there. `until` also binds reading the body."""
        request.extensions = {_UNTIL: until}
        return self.handle_request(request)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        until: float = request.extensions[_UNTIL]
        moments = {"connect": until, "write": until, "read": until}
        asked = httpcore.Request(
            method=request.method,
            url=httpcore.URL(
                scheme=request.url.raw_scheme,
                host=request.url.raw_host,
                port=request.url.port,
                target=request.url.raw_path,
            ),
            headers=request.headers.raw,
            content=request.stream,
            extensions={"timeout": moments},
        )
        connection = self._take(asked.url.origin, until)
        try:
            answer = connection.handle_request(asked)
        except BaseException:
            self._give(connection)
            raise
        body = _Body(answer, partial(self._give, connection))
        return httpx.Response(answer.status, headers=answer.headers, stream=body)

    def close(self) -> None:
        """Close what is idle, now; what is in use, when it comes back."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self, origin: httpcore.Origin, until: float) -> httpcore.HTTPConnection:
        """The connection that was used last, if it still lives, or a new one."""
        if not self._free.acquire(timeout=max(until - clock.monotonic(), 0.0)):
            raise httpcore.PoolTimeout
        while connection := self._pop():
            if connection.can_handle_request(origin) and not connection.has_expired():
                return connection
            connection.close()
        return httpcore.HTTPConnection(
            origin,
            ssl_context=self._tls,
            keepalive_expiry=IDLE,
            retries=0,
            network_backend=self._backend,
        )

    def _pop(self) -> httpcore.HTTPConnection | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _give(self, connection: httpcore.HTTPConnection) -> None:
        """Take back a connection: idle, or broken and done with."""
        try:
            with self._lock:
                kept = connection.is_available() and not self._closed
                if kept:
                    self._idle.append(connection)
            if not kept:
                connection.close()
        finally:
            self._free.release()


class _Body(httpx.SyncByteStream):
    """Hands an httpcore body to httpx, raw, and the connection back to its transport, once."""

    def __init__(self, answer: httpcore.Response, give: Callable[[], None]) -> None:
        self._answer = answer
        self._give: Callable[[], None] | None = give

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        if self._give is None:
            return
        give, self._give = self._give, None
        try:
            self._answer.close()
        finally:
            give()
