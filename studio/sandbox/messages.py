"""Requests and answers as values, and the three ways a request's body can be written."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request; header names are in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @cached_property
    def path(self) -> str:
        """The path as it was sent, without the query."""
        return urlsplit(self.target).path

    @cached_property
    def query(self) -> dict[str, list[str]]:
        """The query's values by name."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def header(self, name: str) -> str:
        """A header's value, or nothing."""
        return self.headers.get(name, "").strip()

    @property
    def content_type(self) -> str:
        """The media type alone, in lower case."""
        return self.header("content-type").partition(";")[0].strip().lower()

    @cached_property
    def form(self) -> dict[str, list[str]] | None:
        """The fields of an urlencoded body; None when it is not one."""
        if self.content_type != "application/x-www-form-urlencoded":
            return None
        return parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)

    @cached_property
    def json(self) -> dict[str, Any] | None:
        """The object in a JSON body; None when it is not one."""
        if self.content_type != "application/json":
            return None
        try:
            found = json.loads(self.body)
        except ValueError:
            return None
        return found if isinstance(found, dict) else None

    @cached_property
    def multipart(self) -> Multipart | None:
        """The parts of a multipart body; None when it is not one or names no boundary."""
        boundary = re.search(r'boundary="?([^";,]+)"?', self.header("content-type"))
        if self.content_type != "multipart/form-data" or not boundary:
            return None
        return _parts(self.body, boundary[1].strip().encode())

    @property
    def prompt(self) -> str:
        """The prompt in the body, wherever a vendor's format has it."""
        if self.form is not None:
            return self.form.get("prompt", [""])[0]
        if self.json is not None:
            options = self.json.get("options")
            inner = options.get("prompt") if isinstance(options, dict) else None
            return str(inner or self.json.get("prompt") or "")
        return self.multipart.fields.get("prompt", "") if self.multipart else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Multipart:
    """Text fields and files (name and bytes) of a multipart body."""

    fields: dict[str, str]
    files: dict[str, tuple[str, bytes]]


def _parts(body: bytes, boundary: bytes) -> Multipart:
    fields: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:]:
        head, blank, content = part.partition(b"\r\n\r\n")
        name = re.search(rb'[; ]name="([^"]*)"', head)
        if part.startswith(b"--") or not blank or not name:
            continue
        filename = re.search(rb'filename="([^"]*)"', head)
        if filename:
            files[name[1].decode()] = (filename[1].decode("utf-8", "replace"), content)
        else:
            fields[name[1].decode()] = content.decode("utf-8", "replace")
    return Multipart(fields=fields, files=files)


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer; `manner` says how it is put on the wire (manners.py), plainly when empty."""

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    manner: str = ""
    settings: Mapping[str, str] = field(default_factory=dict)


def answer(payload: object, status: int = 200, *headers: tuple[str, str]) -> Response:
    """A JSON answer."""
    body = json.dumps(payload, ensure_ascii=False).encode()
    return Response(
        status=status, headers=(("Content-Type", "application/json"), *headers), body=body
    )
