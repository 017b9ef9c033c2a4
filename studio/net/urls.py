"""Which URLs may be fetched at all, judged by their form. It must not touch the network.

One parser, httpx's, both judges and is obeyed: its parsed URL is the one that is sent. Strings that
another parser could read in another way are refused before it sees them.
"""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass

import httpx

from studio.net.addresses import public
from studio.net.errors import Blocked
from studio.net.wire import is_address

LONGEST = 8192  # signed links are long; 2,000 would cut some off

# scheme://authority, then nothing or a path, query or fragment. No userinfo, no backslash and no
# control character anywhere, no blank but inside a path (some vendors forget to escape theirs).
_SHAPE = re.compile(
    r"[a-zA-Z]+://[^/?#@\\\s\x00-\x20\x7f-\x9f]+(?:[/?#](?:[^\\\s\x00-\x20\x7f-\x9f]| (?!\Z))*)?\Z"
)
# At least two labels; the last begins with a letter, so that no numeral (0x7f.1) is a name.
_NAME = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)+"
    r"[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\Z"
)
_PORTS = {"https": 443, "http": 80}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A URL that passed, and whether its host is one of the operator's own."""

    url: httpx.URL
    exempt: bool


def safe_url(url: str, allow_private: Container[str] = frozenset()) -> str:
    """`url` as it would be fetched (normalised, without fragment). Raises Blocked.

    Only https on port 443 at a full name or a public address passes, except at the `host` or
    `host:port` entries of `allow_private` (lower case; an IPv6 address in brackets): those may be
    private, http, and on any port.
    """
    return str(place(url, allow_private).url)


def place(url: str, allow_private: Container[str]) -> Place:
    """Judge `url`. Raises Blocked with the reason as its kind."""
    if len(url) > LONGEST or not _SHAPE.match(url):
        raise Blocked("form")
    try:
        parsed = httpx.URL(url).copy_with(fragment=None)
    except (httpx.InvalidURL, ValueError):
        raise Blocked("form") from None
    if parsed.scheme not in _PORTS:
        raise Blocked("scheme")
    host = parsed.raw_host.decode("ascii")
    port = _PORTS[parsed.scheme] if parsed.port is None else parsed.port
    if not 0 < port <= 65535:
        raise Blocked("port")
    if exempt(host, port, allow_private):
        return Place(url=parsed, exempt=True)
    _stranger(parsed.scheme, host, port)
    return Place(url=parsed, exempt=False)


def exempt(host: str, port: int, allow_private: Container[str]) -> bool:
    """Whether the operator vouches for this host, on this port or on all."""
    written = f"[{host}]" if ":" in host else host
    return written in allow_private or f"{written}:{port}" in allow_private


def hop(base: httpx.URL, location: str) -> str:
    """Where a redirect leads, as text that is yet to be judged. Raises Blocked."""
    try:
        return str(base.join(location))
    except (httpx.InvalidURL, ValueError):
        raise Blocked("redirect") from None


def _stranger(scheme: str, host: str, port: int) -> None:
    """Raise Blocked unless this is https, on its own port, at a public place."""
    if scheme != "https":
        raise Blocked("scheme")
    if port != _PORTS["https"]:
        raise Blocked("port")
    if is_address(host):
        if not public(host):
            raise Blocked("address")
    elif not _NAME.match(host):
        raise Blocked("host")
