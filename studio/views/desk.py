"""What every composer shows alike: who could take an order, what is left there, what models cost.

One look serves everybody for a few seconds. It is a sign in the window: what an order really costs,
and whether it can be placed, is asked of pipeline.quote each time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import groupby

from django.core.cache import cache

from studio.ledger.reading import balances
from studio.models import Account, KeyState, Listing, Pause, PriceObservation, PriceRule
from studio.vendors import VENDORS
from studio.vendors.base import Listings, Model
from studio.vendors.options import Listed

CACHE_SECONDS = 5
OBSERVED = 500  # the latest ones; learned prices of the picker come from these


@dataclass(frozen=True, slots=True, kw_only=True)
class Till:
    """The account of a vendor that new orders go to. `left_milli` None: not kept here."""

    vendor: str
    sandbox: bool
    plan: str
    paused: str
    left_milli: int | None
    low: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A price in milli-credits; None: the vendor sets it. `about`: as charged last time."""

    credits_milli: int | None
    about: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Tills by vendor; figures by `vendor/slug`, for the settings that a model opens with."""

    tills: Mapping[str, Till] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)


def desk() -> Desk:
    """Look now, or up to five seconds ago."""
    known = cache.get("desk")
    if isinstance(known, Desk):
        return known
    found = _look()
    cache.set("desk", found, CACHE_SECONDS)
    return found


def _look() -> Desk:
    tills = _tills()
    rules = PriceRule.objects.book()
    learned = {
        sandbox: PriceObservation.objects.lately(OBSERVED, sandbox=sandbox)
        for sandbox in {till.sandbox for till in tills.values()}
    }
    figures: dict[str, Figure] = {}
    for slug, vendor in VENDORS.items():
        sandbox = slug in tills and tills[slug].sandbox
        listings = Listing.of(slug, sandbox=sandbox) if lists(vendor.models) else {}
        for spec in vendor.models:
            seen = learned.get(sandbox, {})
            figures[f"{slug}/{spec.slug}"] = _figure(slug, spec, listings, rules, seen)
    return Desk(tills=tills, figures=figures)


def lists(specs: Iterable[Model]) -> bool:
    """Does any of these models draw from a list that the vendor keeps?"""
    return any(isinstance(option, Listed) for spec in specs for option in spec.options)


def _figure(
    vendor: str,
    spec: Model,
    listings: Listings,
    rules: Mapping[tuple[str, str, str], int],
    learned: Mapping[tuple[str, str, str], int],
) -> Figure:
    """As pipeline.quote.price_of, for the settings that the model opens with."""
    values = spec.defaults(listings)
    own, every = (vendor, spec.slug, spec.price_key(values)), (vendor, spec.slug, "")
    for name in (own, every):
        if name in rules:
            return Figure(credits_milli=rules[name])
    if (documented := spec.price(values, listings)) is not None:
        return Figure(credits_milli=documented)
    if own in learned:
        return Figure(credits_milli=learned[own], about=True)
    return Figure(credits_milli=None)


def _tills() -> dict[str, Till]:
    """The serving accounts that have a key; a live one goes before the sandbox."""
    accounts = list(Account.objects.offered().with_keys())
    left = balances(account.pool_key for account in accounts)
    tills: dict[str, Till] = {}
    for vendor, group in groupby(accounts, key=lambda account: account.vendor):
        serving = _serving(group)
        if vendor not in VENDORS or not serving:
            continue
        first = serving[0]
        known = [left[row.pool_key] for row in serving if row.pool_key in left]
        kept = [balance.available for balance in known if balance.enforce]
        tills[vendor] = Till(
            vendor=vendor,
            sandbox=first.sandbox,
            plan=first.plan,
            paused=first.pause if first.pause == Pause.ADMIN else "",
            left_milli=sum(kept) if kept else None,
            low=first.low_balance_milli is not None and sum(kept) < first.low_balance_milli,
        )
    return tills


def _serving(accounts: Iterable[Account]) -> list[Account]:
    group = list(accounts)
    live = [account for account in group if not account.sandbox]
    return [
        account
        for account in live or group
        if any(key.state in (KeyState.ACTIVE, KeyState.DRAINING) for key in account.keys.all())
    ]
