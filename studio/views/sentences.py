"""The failure book: what a card and a page say of a fault, and of the money. Pure functions.

Every fault has a sentence, what to do, who can do it and whether trying again can help; every
order has a line that says where its credits are. Nothing here guesses: what a vendor does not say
is called unknown. It knows no table and no template.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.utils.translation import gettext_noop as say

from studio.templatetags.studio import in_credits
from studio.vendors.base import Refund
from studio.vendors.errors import Fault


class Again(StrEnum):
    """Whether ordering the same once more can help."""

    ALWAYS = "always"
    OFTEN = "often"
    CHANGED = "changed"  # only with other settings
    FIXED = "fixed"  # only after somebody has mended something
    NEVER = "never"  # it may have been made and paid already


AGAIN = {
    Again.ALWAYS: gettext_lazy("Making it again is safe; it is a new order and costs again."),
    Again.OFTEN: gettext_lazy("Trying again often helps; it is a new order."),
    Again.CHANGED: gettext_lazy("The same order would be refused again."),
    Again.FIXED: gettext_lazy("Trying again helps only once that is mended."),
    Again.NEVER: gettext_lazy("Do not order it again yet: it may be paid and on its way."),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the book. The texts may use %(vendor)s."""

    title: str
    sentence: str
    todo: str
    who: str
    again: Again


YOU = say("You")
MANAGER = say("A manager of keys")
NOBODY = say("Nobody: it goes on by itself")

BOOK: dict[str, Page] = {
    Fault.KEY: Page(
        title=say("Key refused"),
        sentence=say("%(vendor)s refused the key of this studio."),
        todo=say("Replace the key, then order again."),
        who=MANAGER,
        again=Again.FIXED,
    ),
    Fault.CREDITS: Page(
        title=say("Out of credits"),
        sentence=say("The account at %(vendor)s is out of credits."),
        todo=say("Top up at %(vendor)s, or order from another vendor."),
        who=MANAGER,
        again=Again.FIXED,
    ),
    Fault.INPUT: Page(
        title=say("Not accepted"),
        sentence=say("%(vendor)s did not accept what was asked for."),
        todo=say("Change the settings that %(vendor)s names below, then order again."),
        who=YOU,
        again=Again.CHANGED,
    ),
    Fault.REACH: Page(
        title=say("Picture out of reach"),
        sentence=say("%(vendor)s could not fetch the picture or sound from this studio."),
        todo=say("Check the public address of this studio, or give the picture by a public link."),
        who=MANAGER,
        again=Again.FIXED,
    ),
    Fault.CONTENT: Page(
        title=say("Refused by content rules"),
        sentence=say("%(vendor)s refused it under its content rules."),
        todo=say("Change %(part)s, then order again."),
        who=YOU,
        again=Again.CHANGED,
    ),
    Fault.FAST: Page(
        title=say("Too fast"),
        sentence=say("%(vendor)s asked this studio to slow down."),
        todo=say("Wait: what was not sent is sent later by itself."),
        who=NOBODY,
        again=Again.OFTEN,
    ),
    Fault.TROUBLE: Page(
        title=say("Vendor trouble"),
        sentence=say("%(vendor)s could not make it. What you asked for looks fine."),
        todo=say("Try again, or use another vendor."),
        who=YOU,
        again=Again.OFTEN,
    ),
    Fault.GONE: Page(
        title=say("Gone at the vendor"),
        sentence=say("%(vendor)s has deleted it, or does not know it any more."),
        todo=say("Make it again with the same settings."),
        who=YOU,
        again=Again.ALWAYS,
    ),
    Fault.DOUBT: Page(
        title=say("Sent, no answer"),
        sentence=say(
            "It was sent to %(vendor)s and no usable answer came back. It may have been charged."
        ),
        todo=say(
            "Look at the account at %(vendor)s: if the order is there, keep it; if not, free the"
            " credits."
        ),
        who=MANAGER,
        again=Again.NEVER,
    ),
}

# Which part was refused, as far as the vendor's own sentence says so. The result comes first:
# "the generated image was flagged" speaks of no picture of ours.
PARTS = (
    (re.compile(r"(?i)\b(output|result|generated|produced)\b"), say("the prompt or the picture")),
    (re.compile(r"(?i)\b(prompt|text|words?)\b"), say("the prompt")),
    (re.compile(r"(?i)\b(images?|pictures?|photos?|faces?|frames?)\b"), say("the picture")),
    (re.compile(r"(?i)\b(audio|sound|voice)\b"), say("the sound")),
)
NOT_SAID = say("the prompt or the picture (the vendor does not say which)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What to show of a failure, in the reader's language. `said`: the vendor's own sentence."""

    title: str
    sentence: str
    todo: str
    who: str
    again: str
    may_repeat: bool
    said: str


def failure(fault: str, vendor: str, *, message: str = "") -> Failure:
    """The page of the book for this fault; an unknown one is vendor trouble.

    `vendor` is its label, `message` the vendor's own sentence.
    """
    page = BOOK.get(fault, BOOK[Fault.TROUBLE])
    words = {"vendor": vendor, "part": _(part_of(message))}
    return Failure(
        title=_(page.title),
        sentence=_(page.sentence) % words,
        todo=_(page.todo) % words,
        who=_(page.who),
        again=str(AGAIN[page.again]),
        may_repeat=page.again is not Again.NEVER,
        said=message,
    )


def part_of(message: str) -> str:
    """What a refusal by content rules speaks of (untranslated)."""
    return next((part for pattern, part in PARTS if pattern.search(message)), NOT_SAID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Money:
    """Where the credits of an order stand. `taken_milli` None: nobody knows yet.

    `refund`: what happens to the vendor's credits when a job fails there.
    """

    stage: str
    asked_milli: int
    taken_milli: int | None
    vendor: str
    refund: str = Refund.KEPT
    sandbox: bool = False


def money_line(money: Money) -> str:
    """One sentence about the credits of an order."""
    if money.sandbox:
        return _("Sandbox: nothing was spent.")
    if money.stage == "failed":
        return _failed(money)
    held, taken = in_credits(money.asked_milli), in_credits(money.taken_milli or 0)
    lines = {
        "ordered": _("%(held)s set aside, not spent yet."),
        "sending": _("%(held)s set aside, not spent yet."),
        "in_doubt": _("%(held)s stay set aside until this is settled: they may have been charged."),
        "working": _("%(held)s set aside until %(vendor)s has finished."),
        "saving": _("%(taken)s charged."),
        "ready": _("%(taken)s charged."),
        "lost": _("%(taken)s charged; %(vendor)s deleted the result before a copy was saved."),
        "refused": _("Nothing was charged: %(held)s set free."),
        "cancelled": _("Nothing was charged: %(held)s set free."),
    }
    return lines.get(money.stage, "") % {"held": held, "taken": taken, "vendor": money.vendor}


def _failed(money: Money) -> str:
    """A job that the vendor took and gave up: what it took depends on the vendor."""
    words = {
        "taken": in_credits(money.taken_milli or 0),
        "held": in_credits(money.asked_milli),
        "vendor": money.vendor,
    }
    if not money.taken_milli:
        if money.refund == Refund.REPORTED:
            return _("Nothing was charged, says %(vendor)s: %(held)s set free.") % words
        if money.refund == Refund.RETURNED:
            return _("%(vendor)s gives credits back when a job fails: %(held)s set free.") % words
        return _("Counted as not charged by %(vendor)s: %(held)s set free.") % words
    if money.refund == Refund.REPORTED:
        return _("%(taken)s charged, says %(vendor)s. Your budget got them back.") % words
    return (
        _(
            "%(taken)s counted as charged: %(vendor)s does not say whether it refunds. Your budget"
            " got them back."
        )
        % words
    )


def short_money(money: Money) -> str:
    """The same for a card: a word or two beside the figure."""
    if money.sandbox:
        return _("nothing spent")
    if money.stage in ("refused", "cancelled") or (
        money.stage == "failed" and not money.taken_milli
    ):
        return _("set free")
    return {
        "ordered": _("set aside"),
        "sending": _("set aside"),
        "working": _("set aside"),
        "in_doubt": _("may be charged"),
        "failed": _("refund unknown") if money.refund != Refund.REPORTED else _("charged"),
        "lost": _("charged"),
    }.get(money.stage, "")
