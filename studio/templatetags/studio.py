"""How things look in words and marks: icons, credits, money, times. It decides nothing.

A built-in of every template. Figures come in the units of the tables (milli-credits, micros).
"""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache

import lucide
from django import template
from django.utils import timezone
from django.utils.formats import date_format, get_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from studio import clock

register = template.Library()
NARROW_SPACE = "\u202f"
SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£"}
STROKES = {14: "2", 16: "2", 18: "1.75", 20: "1.75", 24: "1.5", 32: "1.5", 48: "1.25"}


@cache
def drawn(name: str, size: int) -> SafeString:
    """The icon of this name as SVG; drawn once, for the wheel keeps its icons in a zip."""
    svg = lucide._render_icon(name, size, stroke_width=STROKES.get(size, "1.75"))
    svg = re.sub(r">\s+<", "><", svg).replace("<svg", '<svg class="icon" aria-hidden="true"', 1)
    return SafeString(svg)  # a file of the wheel, nothing of a user's


@register.simple_tag
def icon(name: str, size: int = 18) -> SafeString:
    """`{% icon "film" 20 %}`: decoration beside a word, hidden from screen readers."""
    return drawn(str(name), int(size))


@register.simple_tag
def mark(vendor: str) -> SafeString:
    """The vendor's shape and hue; the word stands beside it."""
    return format_html('<span class="mark" data-vendor="{}" aria-hidden="true"></span>', vendor)


def grouped(number: str) -> str:
    """Thousands set apart by narrow spaces, the decimal mark of the language: 1 240.5."""
    whole, _dot, rest = number.partition(".")
    spaced = re.sub(r"(?<=\d)(?=(\d{3})+$)", NARROW_SPACE, whole)
    return f"{spaced}{get_format('DECIMAL_SEPARATOR')}{rest}" if rest else spaced


@register.filter
def credits(milli: int | None) -> str:
    """27000 -> "27", 27500 -> "27.5", 1240000 -> "1 240"; nothing known -> "?"."""
    if milli is None:
        return "?"
    sign, milli = ("−" if milli < 0 else ""), abs(int(milli))
    return sign + grouped(f"{milli // 1000}.{milli % 1000:03}".rstrip("0").rstrip("."))


@register.filter
def in_credits(milli: int | None) -> str:
    """As `credits`, with the word: "27 credits"."""
    number = credits(milli)
    return ngettext("%(n)s credit", "%(n)s credits", 1 if milli == 1000 else 2) % {"n": number}


@register.filter
def money(micros: int | None, currency: str = "USD") -> str:
    """810000 -> "$0.81"; four decimals below a cent, for a credit may cost a fraction of one."""
    if micros is None:
        return "?"
    sign, micros = ("−" if micros < 0 else ""), abs(int(micros))
    places = 4 if 0 < micros < 10_000 else 2
    unit = 10 ** (6 - places)
    rounded = (micros + unit // 2) // unit
    number = grouped(f"{rounded // 10**places}.{rounded % 10**places:0{places}}")
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{number}" if symbol else f"{sign}{number} {currency}"


@register.filter
def duration(seconds: float | None) -> str:
    """5.04 -> "5 s", 4.5 -> "4.5 s", 72 -> "1:12", 4000 -> "1:06:40"."""
    if seconds is None:
        return ""
    if seconds < 60:
        return _("%(n)s s") % {"n": grouped(f"{round(float(seconds), 1):g}")}
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def ago(moment: datetime | None) -> SafeString | str:
    """How long it is since, in one unit: "2 min ago"; the exact time is in the title."""
    if moment is None:
        return _("never")
    seconds = max(0, (clock.now() - moment).total_seconds())
    return _time(moment, _since(int(seconds)))


@register.filter
def when(moment: datetime | None) -> SafeString | str:
    """The time of day, with the day when it is another: "14:03", "12 Nov, 14:03"."""
    if moment is None:
        return ""
    local, today = timezone.localtime(moment), timezone.localtime(clock.now())
    if local.date() == today.date():
        text = date_format(local, "H:i")
    elif local.year == today.year:
        text = date_format(local, "j N, H:i")
    else:
        text = date_format(local, "j N Y, H:i")
    return _time(moment, text)


def _since(seconds: int) -> str:
    if seconds < 45:
        return _("just now")
    if seconds < 3600:
        return _("%(n)s min ago") % {"n": max(1, round(seconds / 60))}
    if seconds < 86400:
        return _("%(n)s h ago") % {"n": round(seconds / 3600)}
    days = seconds // 86400
    return ngettext("%(n)s day ago", "%(n)s days ago", days) % {"n": days}


def _time(moment: datetime, text: str) -> SafeString:
    exact = date_format(timezone.localtime(moment), "j N Y, H:i:s T")
    return format_html(
        '<time datetime="{}" title="{}">{}</time>',
        moment.isoformat(timespec="seconds"),
        exact,
        text,
    )
