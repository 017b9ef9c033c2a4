"""What an order will cost and whether it can be placed: one function for the chip and the hold.

A price comes from, in this order: a rule made here, the vendor's published table, what the
vendor took last time for the same settings, or the account's default while nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio import clock
from studio.ledger.reading import balances
from studio.models import (
    Account,
    Allowance,
    Listing,
    Pause,
    PriceObservation,
    PriceRule,
    Project,
    Sound,
    SourceImage,
    User,
)
from studio.pipeline.errors import NoAccount, NotEnough, NotOffered, OrderError, OutOfReach
from studio.pipeline.lines import choose_account
from studio.pipeline.reach import unreachable
from studio.vendors import VENDORS, UnknownModel, find_model
from studio.vendors.base import Listings, Model
from studio.vendors.options import Picture, Values


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One reason why the order cannot be placed. `field`: the form field it belongs to."""

    kind: str
    sentence: str
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Credits in milli; None: the vendor sets the price and nothing was learned.

    `about`: an estimate. `seen`: how often it was observed.
    """

    credits_milli: int | None
    source: str
    about: bool = False
    seen: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """The answer to "what does it cost, and can I?". Money in micros of `currency`."""

    credits_milli: int | None
    about: bool
    source: str
    seen: int
    hold_milli: int
    money_micros: int
    currency: str
    left_milli: int | None
    sandbox: bool
    account: Account | None
    blocks: tuple[Block, ...]

    def raise_first(self) -> None:
        """Raise the first reason as an OrderError."""
        kinds: dict[str, type[OrderError]] = {
            error.kind: error for error in (NotOffered, NoAccount, OutOfReach, NotEnough)
        }
        for block in self.blocks:
            raise kinds[block.kind](block.sentence, block.field)


def price_of(
    spec: Model, vendor: str, values: Values, listings: Listings, account: Account | None
) -> Price:
    """The price of these settings at this vendor."""
    selector = spec.price_key(values)
    rules = PriceRule.objects.filter(
        vendor=vendor,
        model=spec.slug,
        operation="generate",
        superseded_at=None,
        selector__in={selector, ""},
    )
    # a rule for these very settings goes before one for the whole model
    if rule := max(rules, key=lambda rule: len(rule.selector), default=None):
        return Price(credits_milli=rule.credits_milli, source="rule")
    if (documented := spec.price(values, listings)) is not None:
        return Price(credits_milli=documented, source="table")
    seen = PriceObservation.objects.filter(
        vendor=vendor,
        model=spec.slug,
        operation="generate",
        selector=selector,
        account__sandbox=bool(account and account.sandbox),
    ).order_by("-id")
    charges = list(seen.values_list("charged_milli", flat=True)[:20])
    if charges:
        return Price(credits_milli=charges[0], source="learned", about=True, seen=len(charges))
    return Price(credits_milli=None, source="default")


def quote(
    *,
    user: User,
    project: Project,
    model: str,
    values: Values,
    images: Sequence[SourceImage] = (),
    end_image: SourceImage | None = None,
    audio: Sound | None = None,
) -> Quote:
    """Price an order and list every reason why it could not be placed. Changes nothing.

    Raises NotOffered for a model that is not in the catalog.
    """
    try:
        vendor, spec = find_model(model)
    except UnknownModel:
        raise NotOffered(_("There is no model %(model)s.") % {"model": model}) from None
    account = choose_account(vendor.slug)
    sandbox = bool(account and account.sandbox)
    listings = Listing.of(vendor.slug, sandbox=sandbox) if vendor.listings else {}
    price = price_of(spec, vendor.slug, values, listings, account)
    hold = _hold(price, account)
    left = _left(account)
    if left is not None and left < hold and (able := choose_account(vendor.slug, hold)) != account:
        account, hold, left = able, _hold(price, able), _left(able)
    money = account.money(hold) if account else 0
    fetched = _fetched_by_link(spec, values, listings, images, end_image, audio)
    blocks = [
        *_account_blocks(account, VENDORS[vendor.slug].label),
        *_reach_blocks(account, fetched),
        *_pool_blocks(left, hold),
        *_budget_blocks(user, project, money),
    ]
    return Quote(
        credits_milli=price.credits_milli,
        about=price.about,
        source=price.source,
        seen=price.seen,
        hold_milli=hold,
        money_micros=money,
        currency=account.currency if account else "",
        left_milli=left,
        sandbox=sandbox,
        account=account,
        blocks=tuple(blocks),
    )


def _hold(price: Price, account: Account | None) -> int:
    """What is set aside: the price, or the account's default while nobody knows it."""
    if price.credits_milli is not None:
        return price.credits_milli
    return account.default_hold_milli if account else 0


def _left(account: Account | None) -> int | None:
    """Credits not spoken for, None when the pool's balance is not kept."""
    if account is None:
        return None
    balance = balances([account.pool_key]).get(account.pool_key)
    return balance.available if balance is not None and balance.enforce else None


def _fetched_by_link(
    spec: Model,
    values: Values,
    listings: Listings,
    images: Sequence[SourceImage],
    end_image: SourceImage | None,
    audio: Sound | None,
) -> list[tuple[str, SourceImage | Sound]]:
    """What the vendor would have to fetch, with the field it belongs to."""
    as_bytes = {
        option.name
        for option in spec.fields(values, listings)
        if isinstance(option, Picture) and option.as_bytes
    }
    files: list[tuple[str, SourceImage | Sound | None]] = [
        *(("image", image) for image in images),
        ("end_image", end_image),
        ("audio", audio),
    ]
    return [(name, file) for name, file in files if file is not None and name not in as_bytes]


def _account_blocks(account: Account | None, vendor: str) -> list[Block]:
    if account is None:
        sentence = _("There is no key for %(vendor)s yet. A manager of keys can add one.") % {
            "vendor": vendor
        }
        return [Block(kind="no-account", sentence=sentence)]
    if account.pause == Pause.ADMIN:
        sentence = _("%(vendor)s was paused by a manager.") % {"vendor": vendor}
        return [Block(kind="no-account", sentence=sentence)]
    return []


def _reach_blocks(
    account: Account | None, files: Sequence[tuple[str, SourceImage | Sound]]
) -> list[Block]:
    if account is None or not files:
        return []
    why = unreachable(account, [file for _name, file in files])
    return [Block(kind="reach", sentence=why, field=files[0][0])] if why else []


def _pool_blocks(left: int | None, hold: int) -> list[Block]:
    if left is None or left >= hold:
        return []
    short = -(-(hold - left) // 1000)
    sentence = ngettext(
        "Not enough credits: %(short)d credit short. A manager can top up.",
        "Not enough credits: %(short)d credits short. A manager can top up.",
        short,
    ) % {"short": short}
    return [Block(kind="not-enough", sentence=sentence)]


def _budget_blocks(user: User, project: Project, money: int) -> list[Block]:
    if not money:
        return []
    blocks = []
    now = clock.now()
    for allowance in Allowance.objects.covering(user, project):
        key = allowance.ledger_key(now)
        balance = balances([key]).get(key)
        left = balance.available if balance is not None else allowance.limit_micros
        if allowance.hard and left < money:
            sentence = _("This month's budget of the %(scope)s does not suffice.") % {
                "scope": allowance.get_scope_display().lower()
            }
            blocks.append(Block(kind="not-enough", sentence=sentence))
    return blocks
