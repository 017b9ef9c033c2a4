"""Puts a call into bytes. It must not know sockets; what it cannot say safely it refuses to say.

A path can come from a vendor's own answer (a ticket), so it is held to a narrow alphabet: it names
a place below the origin, never another host, never a folder further up.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote, urlencode

import httpx

from studio.net.errors import NotSent

Params = Mapping[str, str] | Sequence[tuple[str, str]]
UNSET: Final = object()  # tells "no JSON body" from the JSON body `null`

_PATH = re.compile(r"/(?:(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})+(?:/|\Z))*\Z")
_DOTS = re.compile(r"/(?:\.|%2e){1,2}(?=/|\Z)", re.IGNORECASE)
_METHOD = re.compile(r"[A-Z]{3,7}\Z")
_NAME = re.compile(r"[A-Za-z0-9-]{1,60}\Z")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?\Z")
_OURS = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "cookie"}
_DEFAULTS = {"User-Agent": "Rushes", "Accept": "application/json", "Accept-Encoding": "identity"}
_PLAIN = re.compile(r"[\x20-\x7e]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A field of a multipart form; with a `filename` it is a file."""

    name: str
    value: str | bytes = field(repr=False)
    filename: str = ""
    content_type: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """At most one of the three. ValueError otherwise: that is a mistake in our own code."""

    json: object = UNSET
    form: Sequence[tuple[str, str]] | None = None
    parts: Sequence[Part] | None = None

    def __post_init__(self) -> None:
        given = (self.json is not UNSET, self.form is not None, self.parts is not None)
        if sum(given) > 1:
            raise ValueError("a request has one body")


def build(
    origin: httpx.URL,
    method: str,
    path: str,
    *,
    headers: Mapping[str, str],
    params: Params | None,
    body: Body,
) -> httpx.Request:
    """The request, ready to send to `origin`. Raises NotSent("request") if it cannot be said."""
    try:
        _check(method, path, headers)
        target = f"{path}?{urlencode(params, quote_via=quote)}" if params else path
        url = origin.copy_with(raw_path=target.encode("ascii"))
        request = _filled(method, url, httpx.Headers(_DEFAULTS | {**headers}), body)
    except (httpx.InvalidURL, ValueError):  # ValueError: NaN, or half of a surrogate pair
        raise NotSent("request") from None
    return request


def _check(method: str, path: str, headers: Mapping[str, str]) -> None:
    """Raise ValueError for anything that could end a line, leave the path or change the host."""
    if not _METHOD.match(method) or not _PATH.match(path) or _DOTS.search(path):
        raise ValueError
    for name, value in headers.items():
        if not _NAME.match(name) or name.lower() in _OURS or not _VALUE.match(value):
            raise ValueError


def _filled(method: str, url: httpx.URL, headers: httpx.Headers, body: Body) -> httpx.Request:
    if body.parts is not None:
        files = [(part.name, _file(part)) for part in body.parts]
        return httpx.Request(method, url, headers=headers, files=files)
    if body.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return httpx.Request(method, url, headers=headers, content=urlencode(body.form))
    if body.json is not UNSET:
        headers["Content-Type"] = "application/json"
        text = json.dumps(body.json, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        return httpx.Request(method, url, headers=headers, content=text)
    return httpx.Request(method, url, headers=headers)


def _file(part: Part) -> tuple[str | None, str | bytes, str | None]:
    """httpx's triple. Without a filename httpx writes a plain field, yet keeps the form multipart.

    The type is never guessed from the name: what a file is, our own probe has decided.
    """
    if not _PLAIN.match(part.content_type):
        raise ValueError
    if not part.filename:
        return None, part.value, part.content_type or None
    return part.filename, part.value, part.content_type or "application/octet-stream"
