"""Keys and what they have: credits, plan, and the id and secret AKOOL signs its callbacks with."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from typing import Any

PREFIX = "sandbox-"


@dataclass(slots=True, kw_only=True)
class Key:
    """One key at one vendor; balances are whole credits."""

    vendor: str
    key: str
    credits: int
    plan: str = "pro"  # or "free": no 10 s and no premium model at AKOOL
    revoked: bool = False
    banned: bool = False
    client_id: str = ""
    client_secret: str = ""

    @property
    def tail(self) -> str:
        """The last four characters, which is all that records show."""
        return self.key[-4:]

    @property
    def uid(self) -> int:
        """AKOOL's number of the user."""
        return 100_000 + int(_digest(self.key)[:6], 16) % 800_000

    @property
    def team_id(self) -> str:
        """AKOOL's id of the team."""
        return _digest("team " + self.key)[:24]

    def to_json(self) -> dict[str, Any]:
        """The key as it is kept over a restart."""
        return asdict(self)


def new(vendor: str, key: str, credits: int) -> Key:
    """A key as it is on first sight.

    The client id is the first 24 hex digits of sha256("client " + key). The client secret is the key
    itself, as AKOOL says; AES takes 16, 24 or 32 bytes only, so for a key of another length it is the
    first 24 hex digits of sha256("secret " + key).
    """
    fits = len(key.encode()) in (16, 24, 32)
    return Key(
        vendor=vendor,
        key=key,
        credits=credits,
        client_id=_digest("client " + key)[:24],
        client_secret=key if fits else _digest("secret " + key)[:24],
    )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
