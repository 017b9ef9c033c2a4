"""The page of one generation in ready strings: what was asked, what it cost, what happened when."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop as say

from studio.models import Generation, Input, Link, Stage
from studio.templatetags.studio import in_credits, money
from studio.vendors.options import Choice, Flag
from studio.views.cards import Card, card, failure_of, money_sentence, thumb, vendor_label
from studio.views.sentences import Failure

HIDDEN = {"prompt"}  # stands on its own
RAW_SHOWN = 20_000  # characters; the rest is behind its own address


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One moment of the story."""

    at: datetime
    words: str
    level: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A picture or sound that went in."""

    kind: str
    name: str
    thumb: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Everything the page shows beside the card's own strings."""

    card: Card
    video: str
    poster: str
    still: str
    prompt: str
    facts: tuple[tuple[str, str], ...]
    options: tuple[tuple[str, str], ...]
    sources: tuple[Source, ...]
    lines: tuple[Line, ...]
    evidence: tuple[str, ...]
    failure: Failure | None
    money: str
    finished: bool
    keeps_until: datetime | None
    kept: bool
    raw: str
    raw_is_cut: bool


MOMENTS: Mapping[str, str] = {
    "fetched": say("%(vendor)s fetched %(detail)s"),
    "hook": say("%(vendor)s called back: %(detail)s"),
    "in_doubt": say("No usable answer: %(detail)s"),
    "not_sent": say("Not sent, will be tried again: %(detail)s"),
    "gone_seen": say("%(vendor)s did not find it: %(detail)s"),
    "not_saved": say("Not saved yet: %(detail)s"),
    "waived": say("The budget was given back: %(detail)s"),
    "decided": say("Decided by %(detail)s"),
    "overdue": say("Takes longer than it should, %(vendor)s is still asked: %(detail)s"),
    "turned_away": say("Not sent, and the credits are free again: %(detail)s"),
    "hook_named": say("%(vendor)s called back and named a job: %(detail)s"),
}


def story(row: Generation, *, may_edit: bool, currency: str) -> Story:
    """The page of a row that comes `drawn()`; `currency` of the account."""
    drawn = card(row, may_edit=may_edit)
    video = getattr(row, "video", None) if row.stage == Stage.READY else None
    made = list(row.made_images.all()) if row.stage == Stage.READY else []
    raw, cut = _raw(row)
    fell = row.fell and row.stage != Stage.CANCELLED
    base = video.get_absolute_url().removesuffix("video.mp4") if video else ""
    return Story(
        card=drawn,
        video=f"{base}video.mp4" if video else "",
        poster=f"{base}poster.webp" if video else "",
        still=made[0].get_absolute_url() if made else "",
        prompt=row.prompt,
        facts=tuple(_facts(row, drawn, currency)),
        options=tuple(_options(row)),
        sources=tuple(_sources(row)),
        lines=tuple(_lines(row)),
        evidence=tuple(_evidence(row)) if row.stage == Stage.IN_DOUBT else (),
        failure=failure_of(row) if fell or row.stage == Stage.IN_DOUBT else None,
        money=money_sentence(row),
        finished=row.stage in (Stage.SAVING, Stage.READY, Stage.LOST),
        keeps_until=row.vendor_keeps_until,
        kept=row.stage == Stage.READY,
        raw=raw,
        raw_is_cut=cut,
    )


def _facts(row: Generation, drawn: Card, currency: str) -> list[tuple[str, str]]:
    found = [(_("Asked"), _worth(row, row.asked_milli, currency))]
    if row.quoted_milli is not None and row.quoted_milli != row.asked_milli:
        found.append((_("Quoted by the vendor"), _worth(row, row.quoted_milli, currency)))
    if row.charged_milli is not None:
        found.append((_("Charged"), _worth(row, row.charged_milli, currency)))
    if video := getattr(row, "video", None):
        size = _("%(size)s MB") % {"size": f"{video.bytes / 1_000_000:.1f}"}
        found.append((_("File"), f"{video.width} × {video.height} · {drawn.length} · {size}"))
    if row.seed is not None:
        found.append((_("Seed"), str(row.seed)))
    if row.ticket:
        found.append((_("Vendor's id"), row.ticket))
    found.append((_("Ordered by"), str(row.user)))
    return found


def _worth(row: Generation, milli: int, currency: str) -> str:
    words = in_credits(milli)
    if row.sandbox or not row.price_micros_per_credit:
        return words
    micros = (milli * row.price_micros_per_credit + 500) // 1000
    return f"{words} · {money(micros, currency)}"


def _options(row: Generation) -> list[tuple[str, str]]:
    """Every value with the label that the catalog has for it today."""
    known = {option.name: option for option in (row.spec.options if row.spec else ())}
    found = []
    for name, value in row.values.items():
        if name in HIDDEN or value in ("", "{}"):
            continue
        option = known.get(name)
        shown = str(value)
        if isinstance(option, Choice):
            shown = _(dict(option.choices).get(shown, shown))
        elif isinstance(option, Flag) or isinstance(value, bool):
            shown = _("yes") if value else _("no")
        found.append((_(option.label) if option else name, shown))
    return found


def _sources(row: Generation) -> list[Source]:
    found = []
    for item in row.inputs.all():
        kind = str(Input.Kind(item.kind).label)
        if item.image:
            found.append(Source(kind=kind, name=item.image.name, thumb=thumb(item.image)))
        elif item.sound:
            found.append(Source(kind=kind, name=item.sound.name, thumb=""))
    return found


def _lines(row: Generation) -> list[Line]:
    """What happened when, oldest first."""
    vendor = vendor_label(row)
    words = {"vendor": vendor}
    ends = {
        Stage.READY: _("Kept here"),
        Stage.REFUSED: _("Refused by %(vendor)s") % words,
        Stage.FAILED: _("Given up by %(vendor)s") % words,
        Stage.LOST: _("Lost at %(vendor)s") % words,
        Stage.CANCELLED: _("Cancelled"),
    }
    known = [
        (row.ordered_at, _("Ordered"), ""),
        (row.sent_at, _("Sent to %(vendor)s") % words, ""),
        (row.accepted_at, _("Accepted by %(vendor)s") % words, ""),
        (row.finished_at, _("Finished at %(vendor)s") % words, ""),
        (row.ended_at, ends.get(Stage(row.stage), ""), "bad" if row.fell else "ok"),
    ]
    found = [Line(at=at, words=said, level=level) for at, said, level in known if at and said]
    for moment in row.moments.all():
        text = _(MOMENTS.get(moment.what, "%(detail)s")) % {**words, "detail": moment.detail}
        found.append(Line(at=moment.at, words=text))
    return sorted(found, key=lambda line: line.at)


def _evidence(row: Generation) -> list[str]:
    """What is known of an order that got no answer."""
    words = {"vendor": vendor_label(row)}
    links: list[Link] = list(row.links.all())
    found = []
    if any(link.first_fetched_at for link in links):
        found.append(_("%(vendor)s has fetched the picture: it probably has the order.") % words)
    elif links:
        found.append(_("%(vendor)s has not fetched the picture.") % words)
    if any(moment.what == "hook" for moment in row.moments.all()):
        found.append(_("%(vendor)s has called back about it.") % words)
    else:
        found.append(_("%(vendor)s has not called back.") % words)
    found.append(_("It is never sent again by itself."))
    return found


def _raw(row: Generation) -> tuple[str, bool]:
    """Request and answer as kept, without secrets, and whether they had to be cut."""
    if row.raw_request is None and row.raw_answer is None:
        return "", False
    kept = {"request": row.raw_request, "answer": row.raw_answer}
    text = json.dumps(kept, indent=2, ensure_ascii=False)
    return text[:RAW_SHOWN], len(text) > RAW_SHOWN
