"""The vendors' own pages, a line that answers what it is told, and a server that writes down bytes."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import parse_qsl

from studio.net import Answer, Api
from studio.vendors.base import Vendor

DOCS = Path(__file__).parent.parent / "data" / "vendor-docs"
KEY = "key-of-the-tests"


def page(vendor: str) -> str:
    """The vendor's own page, as text."""
    return (DOCS / f"{vendor}.txt").read_text(encoding="utf-8")


def json_examples(text: str) -> list[dict[str, object]]:
    """Every JSON object that stands in a text, in order."""
    found, at = [], text.find("{")
    while at >= 0:
        try:
            value, end = json.JSONDecoder().raw_decode(text, at)
            found.append(value)
        except ValueError:
            end = at + 1
        at = text.find("{", end)
    return found


def table_rows(text: str, width: int) -> list[list[str]]:
    """The rows of all tables in a page, cells stripped, that have `width` cells."""
    rows = (
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in text.splitlines()
        if "|" in line
    )
    return [row for row in rows if len(row) == width]


class Canned(Api):
    """A line that answers every call with the next answer, the last one for ever."""

    def __init__(self, *answers: Answer | Exception) -> None:
        super().__init__("https://vendor.example")
        self.answers = list(answers)
        self.calls: list[SimpleNamespace] = []

    def send(self, method: str, path: str, **what: object) -> Answer:  # type: ignore[override]
        self.calls.append(SimpleNamespace(method=method, path=path, **what))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def answer(body: object, status: int = 200, **headers: str) -> Answer:
    """An answer with this JSON, or these bytes, as its body."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(
        status=status, headers={k.replace("_", "-"): v for k, v in headers.items()}, body=raw
    )


def speak(vendor: type[Vendor], *answers: Answer | Exception) -> tuple[Vendor, Canned]:
    """An adapter and its line."""
    api = Canned(*answers)
    return vendor(api, lambda: KEY), api


@dataclass
class Seen:
    """One request as it came over the wire; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> object:
        return json.loads(self.body)

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True, strict_parsing=True)

    @property
    def parts(self) -> list[tuple[str, str, str, bytes]]:
        """Name, file name, type and content of each part."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        whole = BytesParser(policy=HTTP).parsebytes(head + self.body)
        return [_part(part) for part in whole.iter_parts()]  # type: ignore[attr-defined]


def _part(part: Message) -> tuple[str, str, str, bytes]:
    name = part.get_param("name", header="content-disposition")
    declared = part.get_content_type() if part["content-type"] else ""
    return str(name), part.get_filename() or "", declared, part.get_payload(decode=True)  # type: ignore[return-value]


@dataclass
class Wire:
    """A vendor that writes down what it hears and says what it is told."""

    origin: str
    seen: list[Seen] = field(default_factory=list)
    says: object = field(default_factory=dict)
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
