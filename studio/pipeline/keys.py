"""Refused keys and silent vendors: taken out of use, and tried again by questions that cost nothing.

Never by an order: what a vendor does with an order while it is unwell may have to be paid.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from studio import clock, queue
from studio.models import Account, Alert, Key, Lease, Pause
from studio.pipeline import pace
from studio.pipeline.lines import asking_key, speak
from studio.pipeline.worker import me
from studio.vault import VaultError
from studio.vendors.errors import BadKey, VendorError

logger = logging.getLogger(__name__)

ONE_AT_A_TIME = timedelta(minutes=1)


def take_out(account: Account, key: Key, error: BadKey) -> None:
    """The vendor refused this key; `banned` means that it closed the whole account."""
    key.note_refused(error.message or "the key was refused")
    if error.banned:
        account.hold_back(Pause.ADMIN, None)
    Alert.raise_("key", f"key:{key.pk}", f"{key}: the vendor refused the key")


def ring_probes() -> None:
    """Ring for accounts with a refused key, or a silence, that is due to be tried again."""
    now = clock.now()
    refused = Key.objects.to_probe(now).values_list("account_id", flat=True)
    silent = Account.objects.silent(now).values_list("pk", flat=True)
    for account in Account.objects.filter(pk__in={*refused, *silent}):
        if account.serves and Lease.take(f"probe:{account.pk}", me(), ONE_AT_A_TIME):
            queue.ring("probe_account", account.pk)


def probe(account: Account) -> None:
    """Try what is due: each refused key, and the account itself if it has gone silent."""
    for key in account.keys.to_probe(clock.now()):
        _try(account, key)
    working = asking_key(account)
    if working is not None and account.pause == Pause.ERRORS and pace.may_ask(account):
        _try(account, working)
    Lease.release(f"probe:{account.pk}", me())


def _try(account: Account, key: Key) -> None:
    try:
        speak(account, key).probe()
    except BadKey as error:
        take_out(account, key, error)
    except (VendorError, VaultError) as error:
        logger.info("no answer for %s: %s", account, type(error).__name__)
        if key.pause:
            key.probe_later()
        elif isinstance(error, VendorError):
            pace.note_trouble(account)
    else:
        key.note_success()
        account.note_answer()
        Alert.settle(f"key:{key.pk}")
