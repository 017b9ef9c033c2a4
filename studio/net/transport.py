"""An httpx transport over our wire: one pool, one trust store, one deadline per request.

`httpx.Client` is left out on purpose: it keeps cookies, reads proxies from the environment, follows
redirects when told to, and logs every URL. What we need of httpx are its requests and responses.
"""

from __future__ import annotations

import logging
import ssl
from collections.abc import Iterator
from functools import cache
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
    """A pool of `connections`. Raises httpcore's errors, to be read by `errors.py` alone."""

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
        self._pool = httpcore.ConnectionPool(
            ssl_context=tls or trust(),
            max_connections=connections,
            keepalive_expiry=IDLE,
            retries=0,
            network_backend=backend,
        )

    def send(self, request: httpx.Request, until: float) -> httpx.Response:
        """Send, and answer when the headers are there. `until` also binds reading the body."""
        request.extensions = {_UNTIL: until}
        return self.handle_request(request)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        until: float = request.extensions[_UNTIL]
        wait = max(until - clock.monotonic(), 0.0)  # for a free connection: the one true length
        moments = {"pool": wait, "connect": until, "write": until, "read": until}
        answer = self._pool.handle_request(
            httpcore.Request(
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
        )
        return httpx.Response(answer.status, headers=answer.headers, stream=_Body(answer))

    def close(self) -> None:
        self._pool.close()


class _Body(httpx.SyncByteStream):
    """Hands an httpcore body to httpx, raw."""

    def __init__(self, answer: httpcore.Response) -> None:
        self._answer = answer

    def __iter__(self) -> Iterator[bytes]:
        return self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()
