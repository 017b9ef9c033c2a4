"""Total readers of strangers' JSON: each takes anything and gives a value we can rely on.

None of them raises. They know no vendor and no field name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from studio.net import Answer, Garbled

LARGEST_RAW = 20_000  # characters of an answer that are kept as evidence
DEEPEST_RAW = 10
LONGEST_MESSAGE = 2_000
MOST_CREDITS = 10_000_000
LONGEST_VIDEO = 36_000.0  # seconds

_TICKET = re.compile(r"[A-Za-z0-9_\-:.]{1,200}")
_LINK = re.compile(r"https?://[^\s\x00-\x20\x7f]{1,8000}", re.IGNORECASE)
_WHOLE = re.compile(r"-?[0-9]{1,18}")
_DECIMAL = re.compile(r"-?[0-9]{1,18}(?:\.[0-9]{1,18})?")
_CUT = "[cut]"


def fields(value: object) -> Mapping[str, object]:
    """A JSON object, or an empty one."""
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """A JSON array, or an empty one."""
    return value if isinstance(value, list) else []


def text(value: object, most: int = LONGEST_MESSAGE) -> str:
    """A string without blanks around it, cut at `most`; anything else is ''."""
    return value.strip()[:most] if isinstance(value, str) else ""


def word(value: object) -> str:
    """A status word or code: a short string as it is, a whole number as text, else ''."""
    number = None if isinstance(value, str) else whole(value)
    return text(value, 80) if number is None else str(number)


def whole(value: object) -> int | None:
    """A whole number of at most 18 digits, also when it comes as a string or as 3.0."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    if isinstance(value, int):
        return value if abs(value) < 10**18 else None
    said = text(value, 40)
    return int(said) if _WHOLE.fullmatch(said) else None


def seconds(value: object) -> float | None:
    """A plausible length of a video, in seconds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 < value < LONGEST_VIDEO else None


def thousandths(value: object) -> int | None:
    """A plain decimal number in thousandths: 20 and "20" are 20000, 22.5 is 22500."""
    said = str(value).strip() if isinstance(value, int | float | str) else ""
    if not _DECIMAL.fullmatch(said):  # nor are True, NaN and 1e20
        return None
    return int((Decimal(said) * 1000).to_integral_value(rounding=ROUND_HALF_UP))


def milli(value: object) -> int | None:
    """An amount of credits in milli. None for nonsense, less than nothing and absurd sums."""
    amount = thousandths(value)
    return amount if amount is not None and 0 <= amount <= MOST_CREDITS * 1000 else None


def ticket(value: object) -> str:
    """A job id that is safe in a path, a list and a table; '' for anything else."""
    said = value if isinstance(value, str) else word(value)
    return said if _TICKET.fullmatch(said) else ""


def link(value: object) -> str:
    """An http or https URL, not judged further; '' for anything else."""
    said = text(value, 10_000)
    return said if _LINK.fullmatch(said) else ""


def links(values: list[object]) -> tuple[str, ...]:
    """Those of the values that are links, in order, each once."""
    return tuple(dict.fromkeys(url for url in map(link, values) if url))


def moment(value: object) -> datetime | None:
    """A Unix time in seconds or milliseconds, if it lies within this century."""
    stamp = whole(value)
    if stamp is None:
        return None
    since = stamp / 1000 if stamp > 10**11 else float(stamp)
    return datetime.fromtimestamp(since, UTC) if 946_684_800 <= since < 4_102_444_800 else None


def nested(value: object) -> object:
    """JSON that comes inside a string, or as itself; None when it is not JSON."""
    if not isinstance(value, str):
        return value
    try:
        return Answer(status=200, headers={}, body=value.encode()).json()
    except (Garbled, UnicodeEncodeError):
        return None


def kept(value: object) -> object:
    """A copy to keep as evidence: JSON, not too deep, about LARGEST_RAW characters at most."""
    room = LARGEST_RAW

    def copy(part: object, depth: int) -> object:
        nonlocal room
        if room <= 0 or depth > DEEPEST_RAW:
            return _CUT
        room -= 8
        if isinstance(part, dict):
            return {_key(key): copy(part[key], depth + 1) for key in part if spend(len(key))}
        if isinstance(part, list):
            return [copy(entry, depth + 1) for entry in part if spend(2)]
        if isinstance(part, str):
            said = part[:room]
            room -= len(part)
            return said
        return part if isinstance(part, int | float | None) else _CUT

    def spend(size: int) -> bool:
        nonlocal room
        room -= size
        return room > 0

    return copy(value, 0)


def _key(key: object) -> str:
    return str(key)[:200]
