"""Keeps secrets out of logs and of kept evidence. Pure Python; the lowest floor of the house.

It is the second line: the first is that secrets are never handed to a log. Known secrets are found
in every spelling in which they travel (plain, base64, hex, URL-encoded, JSON); unknown ones by
what stands around them (headers, signed URLs, our own links).
"""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite

MASK = "***"
SHORTEST = 6  # a shorter "secret" would mask half of every text
LONGEST_LINE = 65_536
LONGEST_TEXT = 4_096
LARGEST = 65_536
DEEPEST = 24

SENSITIVE_NAME = re.compile(
    r"(?i)(authorization|cookie|token|secret|password|signature|sessionid)$"
    r"|(api|access|private)[-_]?key|client[-_]?secret"
)

# Counted repeats: a hostile text must not make these slow.
# name: value, "name": "value", name=value, ('name', 'value')
HEADER = re.compile(
    r"""(?ix) \b ( [\w-]{0,40} (?: authorization | api[-_]?key | cookie | sessionid
                                 | secret | password | token ) )
        ( (?: \\{0,3}["'] )? \s{0,9} [:=] \s{0,9} (?: b?\\{0,3}["'] )?
        | ["'] \s{0,9} , \s{0,9} b?["'] )
        (?: (?<=["']) [^"']+ | (?: (?:bearer|basic|token) \s+ )? [^\s"',;&)}\]]+ )"""
)
SCHEME = re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/-]{8,}=*")
JWT = re.compile(r"\beyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]+")
CREDENTIALS = re.compile(r"(?i)\b([a-z][a-z0-9+.-]{0,20}://)[^\s/@\"'<>]+@")
QUERY = re.compile(r"(?i)\b(https?://[^\s?\"'<>]{1,2000}\?)[^\s\"'<>]+")
OUR_LINK = re.compile(r"/(f|hooks)/[^/\s\"'<>?]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Spellings:
    """What a secret looks like: plain, quoted, JSON and URL as one pattern; hex and base64."""

    written: re.Pattern[str]
    encoded: tuple[str, ...]


_known: dict[str, Spellings] = {}


def remember(secret: str) -> None:
    """Mask this secret in every log line that the process writes from now on."""
    if len(secret) >= SHORTEST and secret not in _known:
        _known[secret] = spellings(secret)


def spellings(secret: str) -> Spellings:
    """The forms in which the secret may turn up."""
    raw = secret.encode(errors="replace")
    return Spellings(
        written=re.compile("".join(_written(character) for character in secret)),
        encoded=(
            *(raw.hex(), raw.hex().upper()),
            *(inner for before in range(3) for inner in _inside_base64(raw, before)),
        ),
    )


def _written(character: str) -> str:
    """Pattern of one character: as it is, escaped any number of times, or URL-encoded."""
    if character.isascii() and character.isalnum():
        return character
    in_json = json.dumps(character)[1:-1].removeprefix("\\")
    in_url = "".join(f"%{byte:02x}" for byte in character.encode(errors="replace"))
    plain = rf"\\{{0,7}}(?:{re.escape(character)}|{re.escape(in_json)})"
    return rf"(?:{plain}|(?i:{in_url}){'|[+]' if character == ' ' else ''})"


def _inside_base64(raw: bytes, before: int) -> Iterable[str]:
    """How it reads inside the base64 of a longer text, so many bytes (mod 3) from its start."""
    text = base64.b64encode(bytes(before) + raw).decode()
    # digits that share bits with what stands before and behind are left out
    first = (before * 8 + 5) // 6
    last = (before + len(raw)) * 8 // 6
    inner = text[first:last]
    if len(inner) >= SHORTEST:
        yield inner
        yield inner.replace("+", "-").replace("/", "_")


def masked(text: str, secrets: Iterable[str] = (), longest: int = LONGEST_LINE) -> str:
    """The text without secrets (the known and these), credentials, and tokens of our own links.

    Cut to `longest` characters, after the secrets are out: half a secret is not recognised.
    """
    for forms in list(_known.values()):
        text = _without(text, forms)
    for secret in secrets:
        if secret:
            text = _without(text, spellings(secret))
    if len(text) > longest:
        text = f"{text[:longest]}… (+{len(text) - longest} characters)"
    text = HEADER.sub(rf"\1\2{MASK}", text)
    text = SCHEME.sub(rf"\1 {MASK}", text)
    text = JWT.sub(MASK, text)
    text = CREDENTIALS.sub(rf"\1{MASK}@", text)
    return OUR_LINK.sub(rf"/\1/{MASK}", text)


def _without(text: str, forms: Spellings) -> str:
    for form in forms.encoded:
        if form in text:
            text = text.replace(form, MASK)
    return forms.written.sub(MASK, text)


class RedactSecrets(logging.Filter):
    """Rewrites a record before a handler sees it: message, arguments, exception, stack."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always lets the record pass, masked; the query of every full URL goes as well."""
        try:
            message = record.getMessage()
        except Exception:  # or logging itself would print the raw arguments
            message = f"a record that cannot be formatted, from {record.pathname}:{record.lineno}"
        record.msg, record.args = _for_log(message), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = _for_log(record.exc_text)
        if record.stack_info:
            record.stack_info = _for_log(record.stack_info)
        return True


def _for_log(text: str) -> str:
    # signatures have too many names to list: no query of a full URL is worth a log line
    return QUERY.sub(rf"\1{MASK}", masked(text))


# C0, DEL, C1, line and paragraph separators, marks that turn the direction of text, surrogates
UNPRINTABLE = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


class OneLine(logging.Formatter):
    """One event is one line, its traceback included: nobody can forge a line or colour a terminal.

    To read a traceback: sed 's/\\\\n/\\n/g'.
    """

    def format(self, record: logging.LogRecord) -> str:
        """The formatted record with everything unprintable escaped."""
        return UNPRINTABLE.sub(
            lambda found: found[0].encode("unicode_escape").decode(), super().format(record)
        )


def redacted(value: object, secrets: Iterable[str] = ()) -> object:
    """A copy of JSON-like data that may be kept and shown to people.

    Secrets and sensitive fields are masked, texts cut to 4 kB, the whole to 64 kB of JSON and to
    24 levels; what JSON or PostgreSQL cannot hold becomes text. The value itself stays as it is.
    """
    return _copy(value, _Room(secrets=tuple(secrets), left=LARGEST - 2_048), DEEPEST)


CUT = "…"
DATA_URL = re.compile(r"(data:[\w.+-]+/[\w.+-]+(?:;[\w=.+-]+)*,)(.{200,})", re.DOTALL)


@dataclass(slots=True, kw_only=True)
class _Room:
    """How much more JSON fits into the copy."""

    secrets: tuple[str, ...]
    left: int

    def take(self, value: object) -> object:
        """The value if it still fits, else a mark that something was left out."""
        self.left -= len(json.dumps(value)) + len(", ")
        return value if self.left > 0 else CUT


def _copy(value: object, room: _Room, levels: int) -> object:
    if levels == 0:
        return room.take(CUT)
    if isinstance(value, Mapping):
        return _copy_mapping(value, room, levels)
    if isinstance(value, (list, tuple, set, frozenset)):
        return _copy_items(value, room, levels)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return room.take(f"<{len(value)} bytes>")
    if value is None or isinstance(value, bool) or _is_plain_number(value):
        return room.take(value)
    return room.take(_copy_text(str(value), room.secrets))


def _is_plain_number(value: object) -> bool:
    if isinstance(value, float):
        return isfinite(value)
    return isinstance(value, int) and abs(value) < 2**63


def _copy_mapping(value: Mapping[object, object], room: _Room, levels: int) -> dict[str, object]:
    copy: dict[str, object] = {}
    room.take("")
    for key, item in value.items():
        name = _copy_text(str(key)[:200], room.secrets)
        if room.take(name) is CUT:
            copy[CUT] = CUT
            break
        hidden = SENSITIVE_NAME.search(name) and item not in (None, "", False)
        copy[name] = room.take(MASK) if hidden else _copy(item, room, levels - 1)
    return copy


def _copy_items(value: Iterable[object], room: _Room, levels: int) -> list[object]:
    copy: list[object] = []
    room.take("")
    for item in value:
        if room.left <= 0:
            copy.append(CUT)
            break
        copy.append(_copy(item, room, levels - 1))
    return copy


def _copy_text(text: str, secrets: tuple[str, ...]) -> str:
    if data := DATA_URL.fullmatch(text):
        return f"{data[1]}… ({len(data[2])} characters)"
    # PostgreSQL's JSON takes neither NUL nor half a surrogate pair
    text = text.replace("\x00", "\ufffd").encode(errors="replace").decode()
    return masked(text, secrets, LONGEST_TEXT)
