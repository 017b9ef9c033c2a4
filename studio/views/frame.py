"""What the frame around every page shows: projects, credits, notices. Nothing for strangers.

Each part is read when a template first asks for it: three small queries at most, besides health.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest

from studio.ledger.reading import balances
from studio.models import Account, Project
from studio.pipeline.health import Banner, health
from studio.vendors import VENDORS

CACHE_SECONDS = 3  # a sign in the window; what counts is asked anew by every order
THEMES = ("dark", "light", "auto")
RAIL = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """What is left at one vendor; `left_milli` None where nobody told us yet."""

    vendor: str
    label: str
    left_milli: int | None
    low: bool
    sandbox: bool


class Frame:
    """Lazy: a fragment that shows no frame costs nothing."""

    def __init__(self, request: HttpRequest) -> None:
        self.request = request

    @property
    def inside(self) -> bool:
        user = getattr(self.request, "user", None)
        return user is not None and user.is_authenticated

    @cached_property
    def projects(self) -> list[Project]:
        """The rail: the projects of this person, the one used last on top."""
        if not self.inside:
            return []
        return list(
            Project.objects.visible_to(self.request.user).with_cards().recent_first()[:RAIL]
        )

    @cached_property
    def balances(self) -> list[Pool]:
        """One pool a vendor: its live accounts together, or its sandbox ones."""
        if not self.inside:
            return []
        known: list[Pool] | None = cache.get("pools")
        if known is None:
            known = self.read_pools()
            cache.set("pools", known, CACHE_SECONDS)
        return known

    def read_pools(self) -> list[Pool]:
        order = list(VENDORS)
        accounts = sorted(Account.objects.offered(), key=lambda row: order.index(row.vendor))
        left = balances(account.pool_key for account in accounts)
        return [
            pool_of(vendor, list(group), {key: row.available for key, row in left.items()})
            for vendor, group in groupby(accounts, key=lambda account: account.vendor)
        ]

    @cached_property
    def sandbox(self) -> bool:
        """Would every order go to the sandbox?"""
        return bool(self.balances) and all(pool.sandbox for pool in self.balances)

    @cached_property
    def banners(self) -> tuple[Banner, ...]:
        return health().banners if self.inside else ()


def pool_of(vendor: str, accounts: list[Account], left: dict[str, int]) -> Pool:
    """Add up what serves this vendor: the sandbox counts only where nothing live does."""
    live = [account for account in accounts if not account.sandbox]
    serving = live or accounts
    known = [(account, left[account.pool_key]) for account in serving if account.pool_key in left]
    return Pool(
        vendor=vendor,
        label=VENDORS[vendor].label,
        left_milli=sum(milli for _account, milli in known) if known else None,
        low=any(
            account.low_balance_milli is not None and milli < account.low_balance_milli
            for account, milli in known
        ),
        sandbox=not live,
    )


def theme_of(request: HttpRequest) -> str:
    """The theme this browser asked for; dark until it did."""
    wanted = request.COOKIES.get("theme", "")
    return wanted if wanted in THEMES else THEMES[0]


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor of every page."""
    return {"frame": Frame(request), "theme": theme_of(request)}
