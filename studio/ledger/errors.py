"""What the ledger can refuse.

LedgerError
├── Insufficient    an account has too little for this hold; nothing was booked
├── NotSpent        more would be given back than this hold has spent
├── NoSuchAccount   nobody opened an account of this key
└── NoSuchHold      nobody placed a hold of this key

A charge that has happened is never refused: see `verbs`.
"""

from __future__ import annotations


class LedgerError(Exception):
    """Base of all refusals."""


class Insufficient(LedgerError):
    """Names the account that refused, so that a person can be told which budget is empty."""

    def __init__(self, account_key: str, asked: int, available: int) -> None:
        super().__init__(account_key, asked, available)
        self.account_key, self.asked, self.available = account_key, asked, available

    def __str__(self) -> str:
        return f"{self.account_key}: {self.asked} asked, {self.available} available"


class NotSpent(LedgerError):
    """A refund may not exceed what the hold has spent on that account."""

    def __init__(self, account_key: str, asked: int, spent: int) -> None:
        super().__init__(account_key, asked, spent)
        self.account_key, self.asked, self.spent = account_key, asked, spent

    def __str__(self) -> str:
        return f"{self.account_key}: {self.asked} to give back, {self.spent} spent"


class NoSuchAccount(LedgerError, LookupError):
    """The argument is the key."""


class NoSuchHold(LedgerError, LookupError):
    """The argument is the key."""
