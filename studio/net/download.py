"""Fetches one file from an address that a stranger gave us. It must not know why, or for whom.

No key, cookie or proxy ever goes along; each redirect is judged like the first address; and the
file is either whole and durable, or not there.
"""

from __future__ import annotations

import hashlib
import re
import ssl
from collections.abc import Callable, Container
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from studio import clock
from studio.net.errors import (
    BadStatus,
    Blocked,
    Encoded,
    TooBig,
    TooSlow,
    Truncated,
    Unreachable,
    download_errors,
)
from studio.net.guard import GuardedDialler
from studio.net.landing import landing
from studio.net.transport import Transport
from studio.net.urls import Place, hop, place
from studio.net.wire import Resolver

HOPS = 4  # redirects that are followed
TELL_EVERY = 1.0  # seconds between two words on how much has arrived
PATIENCE = 30.0  # seconds without a single byte
SLOWEST, GRACE = 4096, 30.0  # bytes per second on average, once so many seconds have passed

_REDIRECTS = {301, 302, 303, 307, 308}
_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,60}/[a-z0-9!#$&^_.+-]{1,60}\Z")
_HEADERS = {
    "User-Agent": "Rushes",
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "Connection": "close",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file that is durably on disk. `content_type` is hearsay: never decide anything by it."""

    path: Path
    bytes: int
    sha256: str
    content_type: str = field(repr=False)


def download(
    url: str,
    target: Path,
    *,
    allow_private: Container[str] = frozenset(),
    max_bytes: int,
    deadline: float,
    arrived: Callable[[int], None] | None = None,
    resolver: Resolver | None = None,
    tls: ssl.SSLContext | None = None,
) -> Download:
    """Fetch `url` into `target` within `deadline` seconds, lookups and redirects included.

    `allow_private` as in `safe_url`. `arrived` is told the bytes so far, about once a second. `resolver` and `tls` replace the machine's resolver and our
    trust store. Raises DownloadError (see `may_heal`), or OSError when the disk itself fails.
    """
    until = clock.monotonic() + deadline
    dialler = GuardedDialler(allow_private, resolver, patience=PATIENCE)
    with Transport(dialler, tls=tls) as transport:
        with download_errors(Unreachable):
            response = _follow(transport, url, allow_private, until)
        with closing(response), download_errors(Truncated):
            _promising(response, max_bytes)
            return _keep(response, target, max_bytes, arrived)


def _follow(
    transport: Transport, url: str, allow_private: Container[str], until: float
) -> httpx.Response:
    """The first answer that is no redirect. Every address on the way has passed the guard."""
    here = place(url, allow_private)
    seen = {here.url}
    while True:
        response = transport.send(httpx.Request("GET", here.url, headers=_HEADERS), until)
        location = response.headers.get("location")
        if response.status_code not in _REDIRECTS or location is None:
            return response
        response.close()
        here = _next(here, place(hop(here.url, location), allow_private))
        if here.url in seen:
            raise Blocked("loop")
        if len(seen) > HOPS:
            raise Blocked("hops")
        seen.add(here.url)


def _next(here: Place, there: Place) -> Place:
    """`there`, unless one may not be sent from here to there."""
    if here.url.scheme == "https" and there.url.scheme != "https":
        raise Blocked("downgrade")
    if there.exempt and not here.exempt:
        raise Blocked("redirect")  # a stranger does not send us to the operator's own hosts
    return there


def _promising(response: httpx.Response, max_bytes: int) -> None:
    """Raise what can be known from the headers alone, before a file is opened."""
    if response.status_code != httpx.codes.OK:
        raise BadStatus(response.status_code)
    if response.headers.get("content-encoding", "identity").strip().lower() != "identity":
        raise Encoded("encoding")
    # The parser has let pass only digits, and at most twenty.
    if int(response.headers.get("content-length", "0")) > max_bytes:
        raise TooBig("announced")


def _keep(
    response: httpx.Response,
    target: Path,
    max_bytes: int,
    arrived: Callable[[int], None] | None,
) -> Download:
    size, digest, start = 0, hashlib.sha256(), clock.monotonic()
    told = TELL_EVERY
    with landing(target) as write:
        for chunk in response.iter_raw():
            size += len(chunk)
            if size > max_bytes:
                raise TooBig("received")
            digest.update(chunk)
            write(chunk)
            elapsed = clock.monotonic() - start
            if elapsed > GRACE and size < elapsed * SLOWEST:
                raise TooSlow("rate")
            if arrived is not None and elapsed > told:
                told = elapsed + TELL_EVERY
                arrived(size)
        if not size:
            raise Truncated("empty")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Download(
        path=target,
        bytes=size,
        sha256=digest.hexdigest(),
        content_type=kind if _TYPE.match(kind) else "",
    )
