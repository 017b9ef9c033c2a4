"""What a card shows, as ready strings: the templates only place them. Reads rows, changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from studio import clock
from studio.models import Generation, Input, SourceImage, Stage
from studio.templatetags.studio import credits, duration
from studio.vendors import VENDORS
from studio.vendors.base import Makes
from studio.vendors.errors import Fault
from studio.views.sentences import Failure, Money, failure, money_line, short_money
from studio.views.usual import Name, Span, in_words, usual

TITLE = 90
BUSY = frozenset({"waiting", "sending", "working", "saving"})
STATES: Mapping[str, str] = {
    Stage.ORDERED: "waiting",
    Stage.SENDING: "sending",
    Stage.IN_DOUBT: "doubt",
    Stage.WORKING: "working",
    Stage.SAVING: "saving",
    Stage.READY: "ready",
    Stage.CANCELLED: "cancelled",
}
SLOW_AFTER = 1.2  # times the usual: longer than nine in ten, and then some


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """`state` colours it: waiting sending doubt working saving ready fell cancelled."""

    uuid: str
    version: int
    state: str
    href: str
    title: str
    vendor: str
    vendor_label: str
    model_label: str
    sandbox: bool
    # the picture: `poster` is the result's, `source` the dimmed start image
    poster: str = ""
    source: str = ""
    preview: str = ""
    length: str = ""
    has_sound: bool = False
    is_image: bool = False
    # the status line
    status: str = ""
    detail: str = ""
    since: datetime | None = None
    usual: str = ""
    slow: bool = False
    # the money line
    figure: str = ""
    money: str = ""
    # what can be done with it
    starred: bool = False
    may_edit: bool = True
    may_cancel: bool = False
    download: str = ""
    reuse: str = ""
    animate: str = ""

    @property
    def busy(self) -> bool:
        """Is the machine at work on it?"""
        return self.state in BUSY

    @property
    def unfinished(self) -> bool:
        """Will it change by itself, or by a decision? Then the pulse asks for it."""
        return self.busy or self.state == "doubt"

    @property
    def html(self) -> str:
        """The card as it stands in the grid."""
        return _html(self, "")

    @property
    def html_out_of_band(self) -> str:
        """The card as it takes the place of its older self."""
        return _html(self, "oob")


def _html(card: Card, place: str) -> str:
    """Drawn once: a card that has not changed is the same text for everybody who may see it."""
    language = get_language() or ""
    # what runs shows its time, which is another at each look
    return _draw(card, place, language) if card.since else _kept(card, place, language)


def _draw(card: Card, place: str, language: str) -> str:
    return render_to_string("gallery/_card.html", {"card": card, "oob": place == "oob"})


_kept = lru_cache(maxsize=1024)(_draw)


def cards(rows: Collection[Generation], *, may_edit: bool) -> list[Card]:
    """The cards of these rows, which come `drawn()`."""
    working = [row for row in rows if row.stage == Stage.WORKING]
    spans = usual(name_of(row) for row in working) if working else {}
    return [card(row, may_edit=may_edit, span=spans.get(name_of(row))) for row in rows]


def card(row: Generation, *, may_edit: bool, span: Span | None = None) -> Card:
    """One card."""
    vendor = vendor_label(row)
    state = STATES.get(row.stage, "fell")
    href = row.get_absolute_url()
    status, detail = _words(row, vendor)
    since = row.accepted_at or row.sent_at
    money = money_of(row)
    return Card(
        uuid=str(row.uuid),
        version=row.version,
        state=state,
        href=href,
        title=title_of(row),
        vendor=row.vendor,
        vendor_label=vendor,
        model_label=model_label(row),
        sandbox=row.sandbox,
        status=status,
        detail=detail,
        since=since if row.stage == Stage.WORKING else None,
        usual=in_words(span) if row.stage == Stage.WORKING else "",
        slow=_is_slow(row, span),
        figure=credits(row.asked_milli if row.charged_milli in (None, 0) else row.charged_milli),
        money=short_money(money),
        starred=row.favourite,
        may_edit=may_edit,
        may_cancel=may_edit and row.stage == Stage.ORDERED,
        reuse=f"{reverse('project', args=[row.project.uuid])}?from={row.uuid}" if may_edit else "",
        **_picture(row),  # type: ignore[arg-type]
    )


def _picture(row: Generation) -> dict[str, object]:
    """The result if there is one, else the picture it starts from."""
    if row.stage == Stage.READY:
        made = list(row.made_images.all())
        if row.makes == Makes.IMAGE and made:
            return _still(row, made[0])
        if video := getattr(row, "video", None):
            base = video.get_absolute_url().removesuffix("video.mp4")
            return {
                "poster": f"{base}poster.webp",
                "preview": f"{base}preview.mp4" if video.preview else "",
                "length": duration(round(video.seconds, 1)),
                "has_sound": bool(video.audio_codec),
                "download": f"{base}video.mp4?download",
            }
    start = next((item.image for item in row.inputs.all() if item.kind == Input.Kind.START), None)
    return {"source": thumb(start) if start else ""}


def _still(row: Generation, image: SourceImage) -> dict[str, object]:
    base = reverse("image_file", args=[image.uuid, "image"])
    studio = reverse("project", args=[row.project.uuid])
    return {
        "poster": thumb(image),
        "is_image": True,
        "download": f"{base}?download",
        "animate": f"{studio}?image={image.uuid}",
    }


def thumb(image: SourceImage) -> str:
    """The address of a small version."""
    return reverse("image_file", args=[image.uuid, "thumb"])


def title_of(row: Generation) -> str:
    """The first words of the prompt, else what it is made from."""
    if row.prompt.strip():
        return Truncator(" ".join(row.prompt.split())).chars(TITLE)
    start = next((item.image for item in row.inputs.all() if item.image), None)
    return start.name if start else model_label(row)


def vendor_label(row: Generation) -> str:
    """The vendor's name, also of one that is no longer offered."""
    vendor = VENDORS.get(row.vendor)
    return vendor.label if vendor else row.vendor


def model_label(row: Generation) -> str:
    """The model's plain name, its slug when it is no longer offered."""
    return _(row.spec.label) if row.spec else row.model


def money_of(row: Generation) -> Money:
    """What the money lines need."""
    return Money(
        stage=row.stage,
        asked_milli=row.asked_milli,
        taken_milli=row.charged_milli,
        vendor=vendor_label(row),
        refund=row.account.refund_policy,
        sandbox=row.sandbox,
    )


def failure_of(row: Generation) -> Failure:
    """The page of the failure book for a row that fell or is in doubt."""
    fault = Fault.DOUBT if row.stage == Stage.IN_DOUBT else row.fault
    if row.stage == Stage.LOST:
        fault = Fault.GONE
    return failure(fault, vendor_label(row), message=row.fault_message)


def money_sentence(row: Generation) -> str:
    """The money line in full."""
    return money_line(money_of(row))


def name_of(row: Generation) -> Name:
    return row.vendor, row.model, row.sandbox


def _words(row: Generation, vendor: str) -> tuple[str, str]:
    """The status line and what stands under it."""
    if row.stage == Stage.ORDERED:
        return _("Waiting"), _why_waiting(row, vendor)
    if row.stage == Stage.SENDING:
        return _("Sending"), _("to %(vendor)s") % {"vendor": vendor}
    if row.stage == Stage.WORKING:
        return _("Working"), ""
    if row.stage == Stage.SAVING:
        return _("Saving a copy"), _fetched(row)
    if row.stage == Stage.CANCELLED:
        return _("Cancelled"), _("Taken back before it was sent.")
    if row.stage == Stage.READY:
        return _("Ready"), ""
    said = failure_of(row)
    title = _("Lost at the vendor") if row.stage == Stage.LOST else said.title
    return title, said.sentence


def _why_waiting(row: Generation, vendor: str) -> str:
    if row.account.pause:
        reason = row.account.get_pause_display()
        return _("%(vendor)s: %(reason)s") % {"vendor": vendor, "reason": reason}
    if row.due_at and row.due_at - clock.now() > timedelta(seconds=10):
        time = date_format(timezone.localtime(row.due_at), "H:i:s")
        return _("next try at %(time)s") % {"time": time}
    return _("for %(vendor)s") % {"vendor": vendor}


def _fetched(row: Generation) -> str:
    if not row.progress:
        return ""
    return _("%(size)s MB fetched") % {"size": f"{row.progress / 1_000_000:.1f}"}


def _is_slow(row: Generation, span: Span | None) -> bool:
    if row.stage != Stage.WORKING or span is None or row.accepted_at is None:
        return False
    return (clock.now() - row.accepted_at).total_seconds() > span[1] * SLOW_AFTER
