"""An account's line to its vendor: which account, which key, and the adapter that speaks.

One HTTP client per account and process; the secret is opened here and nowhere else.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from threading import Lock
from urllib.parse import urlsplit

from django.db.models import F

from studio import clock
from studio.ledger.reading import balances
from studio.models import IN_FLIGHT, Account, Generation, Key, Stage
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


def choose_account(vendor: str, hold_milli: int = 0) -> Account | None:
    """The account that a new order of this vendor would go to now; None without a key for it.

    Among those that can send now (else among all), those that can pay `hold_milli` go first, then
    the highest priority, then by weight those with a free slot.
    """
    accounts = list(Account.objects.serving(vendor).with_readiness())
    if not accounts:
        return None
    now = clock.now()
    found = [
        row for row in accounts if not held_back(row, now) and getattr(row, "can_send", False)
    ] or accounts
    if hold_milli and len(found) > 1:
        found = _able_to_pay(found, hold_milli) or found
    found = [row for row in found if row.priority == found[0].priority]
    if len(found) > 1:
        found = [row for row in found if slots_free(row) > 0] or found
    # not a secret: which of equals takes the next order
    return random.choices(found, weights=[row.weight for row in found])[0]  # noqa: S311


def _able_to_pay(accounts: list[Account], hold_milli: int) -> list[Account]:
    kept = balances([account.pool_key for account in accounts])
    return [
        account
        for account in accounts
        if (pool := kept.get(account.pool_key)) is None
        or not pool.enforce
        or pool.available >= hold_milli
    ]


def held_back(account: Account, now: datetime) -> bool:
    """Is the account paused at this moment?"""
    return bool(account.pause) and (account.paused_until is None or account.paused_until > now)


def slots_free(account: Account) -> int:
    """How many more orders the vendor may be given at once.

    What should have ended long ago does not count: a job that the vendor forgot must not block
    the account for ever.
    """
    busy = Generation.objects.in_stages(IN_FLIGHT).filter(account=account)
    late = busy.filter(stage=Stage.WORKING, deadline_at__lt=clock.now())
    return account.max_in_flight - busy.count() + late.count()


def rate_free(account: Account, now: datetime) -> bool:
    """May another order leave within the account's rate per minute?"""
    if not account.rate_per_minute:
        return True
    since = now - timedelta(minutes=1)
    sent = Generation.objects.filter(account=account, sent_at__gt=since).count()
    return sent < account.rate_per_minute


def sending_key(account: Account) -> Key | None:
    """A key for a new order, the one that worked last; None: the order waits."""
    proven = F("last_ok_at").desc(nulls_last=True)
    return account.keys.usable().order_by(proven, "created_at").first()


def asking_key(account: Account) -> Key | None:
    """A key for a question about running work; draining ones will do. None: nobody can ask."""
    return account.keys.readable().first()
