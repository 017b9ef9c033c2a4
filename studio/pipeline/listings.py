"""Keep vendors' own lists (effects, live models) at hand, so that no form ever waits for them."""

from __future__ import annotations

import logging
from dataclasses import asdict
from datetime import timedelta

from studio import clock, queue
from studio.models import Account, Lease, Listing
from studio.pipeline.lines import asking_key, choose_account, speak
from studio.pipeline.worker import me
from studio.vault import VaultError
from studio.vendors import VENDORS
from studio.vendors.base import Lists
from studio.vendors.errors import VendorError

logger = logging.getLogger(__name__)

FRESH = timedelta(hours=24)
AGAIN = timedelta(minutes=2)  # after a failure, or while somebody else is at it


def ring_stale() -> None:
    """Ring for each vendor's lists that are missing or a day old."""
    now = clock.now()
    for slug, vendor in VENDORS.items():
        names = getattr(vendor, "listings", ())
        account = choose_account(slug) if names else None
        if account is None:
            continue
        fresh = Listing.objects.filter(
            vendor=slug, sandbox=account.sandbox, fetched_at__gt=now - FRESH
        ).count()
        if fresh < len(names) and Lease.take(f"listings:{account.pk}", me(), AGAIN):
            queue.ring("refresh_listings", account.pk)


def refresh(account: Account) -> None:
    """Fetch every list of this account's vendor. A list that cannot be read stays as it was."""
    key = asking_key(account)
    if key is None:
        return
    try:
        vendor = speak(account, key)
        if not isinstance(vendor, Lists):
            return
        for name in vendor.listings:
            entries = [asdict(entry) for entry in vendor.list_entries(name)]
            Listing.objects.update_or_create(
                vendor=account.vendor,
                name=name,
                sandbox=account.sandbox,
                defaults={"entries": entries, "fetched_at": clock.now()},
            )
    except (VendorError, VaultError) as error:
        logger.warning("lists of %s not read: %s", account, type(error).__name__)
