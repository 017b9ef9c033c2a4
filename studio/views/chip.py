"""The cost chip in words: what an order costs, what is left then, why it cannot be placed."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio.pipeline.quote import Block, Quote
from studio.templatetags.studio import credits, in_credits, money


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """`level`: "" (a price), "free" (the sandbox), "unknown" or "bad" (cannot be ordered)."""

    figure: str
    worth: str
    notes: tuple[str, ...]
    level: str
    blocks: tuple[Block, ...]


def chip(quote: Quote) -> Chip:
    """The words for this quote."""
    if quote.sandbox:
        return Chip(
            figure=_figure(quote),
            worth="",
            notes=(_("Sandbox: nothing is spent."),),
            level="bad" if quote.blocks else "free",
            blocks=quote.blocks,
        )
    return Chip(
        figure=_figure(quote),
        worth=money(quote.money_micros, quote.currency) if quote.money_micros else "",
        notes=tuple(note for note in (_source(quote), _left(quote)) if note),
        level="bad" if quote.blocks else "unknown" if quote.credits_milli is None else "",
        blocks=quote.blocks,
    )


def _figure(quote: Quote) -> str:
    if quote.credits_milli is None:
        return _("Price set by the vendor")
    figure = in_credits(quote.credits_milli)
    return _("about %(credits)s") % {"credits": figure} if quote.about else figure


def _source(quote: Quote) -> str:
    if quote.credits_milli is None and quote.hold_milli:
        held = in_credits(quote.hold_milli)
        return _("Up to %(credits)s are set aside until it says.") % {"credits": held}
    if quote.source == "learned":
        return ngettext("As charged last time.", "As charged the last %(n)d times.", quote.seen) % {
            "n": quote.seen
        }
    return ""


def _left(quote: Quote) -> str:
    if quote.left_milli is None or quote.blocks:
        return ""
    left = max(0, quote.left_milli - quote.hold_milli)
    return _("%(credits)s left afterwards.") % {"credits": credits(left)}
