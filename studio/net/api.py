"""One vendor account's line: requests to one origin, each sent at most once.

It must not know vendors, keys or retries. What a failure means is told by its class (errors.py):
NotSent may be tried again, NoAnswer may not when the request costs money.
"""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from ipaddress import ip_address
from types import MappingProxyType, TracebackType
from typing import Self

import httpx

from studio import clock
from studio.net.answer import Answer
from studio.net.errors import NoAnswer, api_errors
from studio.net.request import UNSET, Body, Params, Part, build
from studio.net.transport import Transport
from studio.net.wire import Dialler, is_address

LARGEST = 5 * 1024 * 1024  # bytes of an answer, packed or unpacked


class Api:
    """A line to one origin: no redirects, no retries, no cookies, no proxies. Thread-safe.

    The origin is the operator's, so its address is not judged; but a key must not travel in the
    clear, so plain http is refused unless the host is this machine or `insecure_ok` says that the
    line is private (a sandbox next door).
    """

    def __init__(
        self,
        origin: str,
        *,
        connections: int = 5,
        deadline: float = 30.0,
        insecure_ok: bool = False,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """Nothing is opened yet. A call waits, within its deadline, for one of `connections`.

        `deadline` is in seconds, for all of a call. `tls` is another trust store, for a gateway
        with a private CA. Raises ValueError if `origin` is not an origin, or not a safe one.
        """
        self._origin = _origin(origin, insecure_ok)
        self._deadline = deadline
        self._tls = tls
        self._transport = Transport(Dialler(), connections=connections, tls=tls)

    def send(
        self,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        params: Params | None = None,
        json: object = UNSET,
        form: Sequence[tuple[str, str]] | None = None,
        parts: Sequence[Part] | None = None,
        fresh: bool = False,
        deadline: float | None = None,
    ) -> Answer:
        """Send one request and read the whole answer, whatever its status.

        `path` is absolute and already escaped. At most one of `json`, `form` (keys may repeat) and
        `parts` (always multipart). `fresh` uses a connection of its own and closes it, so that a
        dying idle one cannot put a paid request in doubt. Raises NotSent or NoAnswer.
        """
        until = clock.monotonic() + (self._deadline if deadline is None else deadline)
        body = Body(json=json, form=form, parts=parts)
        request = build(self._origin, method, path, headers=headers, params=params, body=body)
        with api_errors():
            if not fresh:
                return _exchange(self._transport, request, until)
            request.headers["Connection"] = "close"
            with Transport(Dialler(), tls=self._tls) as transport:
                return _exchange(transport, request, until)

    def close(self) -> None:
        """Close the idle connections; calls under way finish, and close theirs behind them."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _origin(text: str, insecure_ok: bool) -> httpx.URL:
    """Parse an origin. The message never repeats it: it may hold a password by mistake."""
    try:
        url = httpx.URL(text)
        origin = httpx.URL(scheme=url.scheme, host=url.host, port=url.port, path="/")
    except (httpx.InvalidURL, ValueError):
        raise ValueError("not an origin") from None
    more = url.userinfo or url.path != "/" or url.query or url.fragment
    fits = url.port is None or 0 < url.port <= 65535
    if url.scheme not in {"https", "http"} or not url.host or more or not fits:
        raise ValueError("an origin is a scheme, a host and perhaps a port, and nothing more")
    if url.scheme == "http" and not insecure_ok and not _loopback(url.host):
        raise ValueError("plain http would send keys in the clear")
    return origin


def _loopback(host: str) -> bool:
    if is_address(host):
        return ip_address(host).is_loopback
    return host == "localhost"


def _exchange(transport: Transport, request: httpx.Request, until: float) -> Answer:
    with closing(transport.send(request, until)) as response:
        body = bytearray()
        for chunk in response.iter_raw():
            body += chunk
            if len(body) > LARGEST:
                raise NoAnswer("oversize")
    headers = dict(response.headers.items())
    return Answer(
        status=response.status_code,
        headers=MappingProxyType(headers),
        body=_unpacked(bytes(body), headers.get("content-encoding", "")),
    )


def _unpacked(body: bytes, encoding: str) -> bytes:
    """Undo gzip and deflate, which some gateways use unasked; a bomb is stopped at the cap.

    What cannot be unpacked stays as it is, and will be Garbled: an answer did come.
    """
    if encoding.strip().lower() not in {"gzip", "x-gzip", "deflate"}:
        return body
    try:
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 32)  # 32: gzip or zlib, by its head
        plain = unpacker.decompress(body, LARGEST + 1)
    except zlib.error:
        return body
    if len(plain) > LARGEST:
        raise NoAnswer("oversize")
    return plain if unpacker.eof else body
