"""An account's line to its vendor: which account, which key, and the adapter that speaks.

One HTTP client per account and process; the secret is opened here and nowhere else.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import urlsplit

from studio import clock
from studio.models import IN_FLIGHT, Account, Generation, Key
from studio.net import Api
from studio.vendors import VENDORS
from studio.vendors.base import Vendor

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
DEADLINE = 20.0  # seconds for one call: shorter than a worker's time to stop
_apis: dict[tuple[int, str], Api] = {}
_lock = Lock()


def api_of(account: Account) -> Api:
    """The account's HTTP client, made once in this process."""
    name = (account.pk, account.origin)
    with _lock:
        if name not in _apis:
            # an origin of the operator's own may speak plain http inside his network
            own = account.origin != VENDORS[account.vendor].origin
            _apis[name] = Api(account.origin, connections=5, deadline=DEADLINE, insecure_ok=own)
        return _apis[name]


def hang_up() -> None:
    """Close every client of this process; the next call makes new ones."""
    with _lock:
        while _apis:
            _apis.popitem()[1].close()


def speak(account: Account, key: Key) -> Vendor:
    """The vendor's adapter, speaking for this account. Raises vault.VaultError, loudly."""
    secret = key.open()
    return VENDORS[account.vendor](api_of(account), secret.reveal)


def is_local(account: Account) -> bool:
    """Does this vendor run on this very machine (the sandbox, a test server)?"""
    return (urlsplit(account.origin).hostname or "") in LOOPBACK


def choose_account(vendor: str) -> Account | None:
    """The account that a new order of this vendor would go to now; None without a usable key.

    Highest priority first, then by weight among those with a free slot; paused accounts only
    when all are paused.
    """
    now = clock.now()
    accounts = [
        account
        for account in Account.objects.serving(vendor)
        if account.keys.usable(now).exists() or account.keys.readable().exists()
    ]
    if not accounts:
        return None
    awake = [account for account in accounts if not held_back(account, now)] or accounts
    best = [account for account in awake if account.priority == awake[0].priority]
    free = [account for account in best if slots_free(account) > 0] or best
    # not a secret: which of equals takes the next order
    return random.choices(free, weights=[account.weight for account in free])[0]  # noqa: S311


def held_back(account: Account, now: datetime) -> bool:
    """Is the account paused at this moment?"""
    return bool(account.pause) and (account.paused_until is None or account.paused_until > now)


def slots_free(account: Account) -> int:
    """How many more orders the vendor may be given at once."""
    busy = Generation.objects.in_stages(IN_FLIGHT).filter(account=account).count()
    return account.max_in_flight - busy


def rate_free(account: Account, now: datetime) -> bool:
    """May another order leave within the account's rate per minute?"""
    if not account.rate_per_minute:
        return True
    since = now - timedelta(minutes=1)
    sent = Generation.objects.filter(account=account, sent_at__gt=since).count()
    return sent < account.rate_per_minute


def sending_key(account: Account) -> Key | None:
    """A key for a new order, or None: the order waits."""
    return account.keys.usable(clock.now()).order_by("-last_ok_at", "created_at").first()


def asking_key(account: Account) -> Key | None:
    """A key for a question about running work; draining ones will do."""
    keys = list(account.keys.readable())
    awake = [key for key in keys if not key.pause] or keys
    return awake[0] if awake else None
