"""What a vendor's API answered. It must not know vendors: any status and any JSON is an answer."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from studio.net.errors import Garbled

LONGEST_WAIT = 3600.0  # seconds we obey a Retry-After

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Status, headers (names in lower case) and the whole body. Its repr shows the status alone."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)

    def json(self) -> object:
        """The body as JSON. Raises Garbled, and nothing else, when it is not clean.

        Clean is UTF-8 (a byte order mark is forgiven), finite numbers, and text that a database
        can store: no NUL, no half of a surrogate pair.
        """
        try:
            text = self.body.decode("utf-8-sig")
            value: object = json.loads(text, parse_constant=_finite, parse_float=_finite)
            if "\\u" in text:
                _storable(text, value)
        except (ValueError, RecursionError):
            raise Garbled("json") from None
        return value

    def retry_after(self, now: datetime) -> float | None:
        """Seconds the server asks us to wait from `now` (aware), at most an hour.

        Reads both forms of Retry-After; nonsense, and a date in the past, is None.
        https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
        """
        asked = self.headers.get("retry-after", "").strip()
        if asked.isascii() and asked.isdigit():
            return LONGEST_WAIT if len(asked) > 6 else min(float(asked), LONGEST_WAIT)
        try:
            date = parsedate_to_datetime(asked)
            seconds = ((date if date.tzinfo else date.replace(tzinfo=UTC)) - now).total_seconds()
        except (ValueError, TypeError, OverflowError, IndexError):
            return None
        return min(seconds, LONGEST_WAIT) if seconds >= 0 else None


def _finite(literal: str) -> float:
    """Parse a number; NaN, Infinity and 1e999 are none."""
    number = float(literal)
    if not math.isfinite(number):
        raise ValueError
    return number


def _storable(text: str, value: object) -> None:
    """Raise ValueError if an escape in `text` made a character that no database takes."""
    if _NUL.search(text):
        raise ValueError
    json.dumps(value, ensure_ascii=False).encode()
