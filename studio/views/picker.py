"""The model picker: every model of every vendor in one open list, with its price and its state."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from studio.templatetags.studio import credits, in_credits
from studio.vendors import VENDORS
from studio.vendors.base import Makes, Model
from studio.vendors.options import Listed, Picture, Sound
from studio.views.desk import Desk, Figure, Till


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One model. `key` is `vendor/slug`."""

    key: str
    label: str
    note: str
    badges: tuple[str, ...]
    price: str
    chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One vendor. `state`: live, sandbox, paused, none; `level` colours it beside its words."""

    vendor: str
    label: str
    state: str
    words: str
    level: str
    rows: tuple[Row, ...]


def groups(chosen: str, desk: Desk) -> list[Group]:
    """The whole list; the model `chosen` is ticked."""
    found = []
    for slug, vendor in VENDORS.items():
        state, words, level = standing(desk.tills.get(slug))
        rows = tuple(
            _row(f"{slug}/{spec.slug}", spec, desk.figures.get(f"{slug}/{spec.slug}"), chosen)
            for spec in vendor.models
        )
        found.append(
            Group(
                vendor=slug,
                label=vendor.label,
                state=state,
                words=words,
                level=level,
                rows=rows,
            )
        )
    return found


def standing(till: Till | None) -> tuple[str, str, str]:
    """State, words and level of a vendor's account."""
    if till is None:
        return "none", _("no key yet"), "warn"
    if till.sandbox:
        return "sandbox", _("sandbox, nothing spent"), "info"
    if till.paused:
        return "paused", _("paused by a manager"), "warn"
    if till.left_milli is None:
        return "live", "", ""
    words = _("%(credits)s left") % {"credits": credits(till.left_milli)}
    if till.low:
        return "live", _("%(left)s, low") % {"left": words}, "bad"
    return "live", words, ""


def _row(key: str, spec: Model, figure: Figure | None, chosen: str) -> Row:
    return Row(
        key=key,
        label=_(spec.label),
        note=_(spec.note),
        badges=badges(spec),
        price=_price(figure),
        chosen=key == chosen,
    )


def _price(figure: Figure | None) -> str:
    if figure is None or figure.credits_milli is None:
        return _("price by vendor")
    words = in_credits(figure.credits_milli)
    return _("about %(credits)s") % {"credits": words} if figure.about else words


def badges(spec: Model) -> tuple[str, ...]:
    """What it takes and can do, in a word each, read from its options."""
    options = {option.name: option for option in spec.options}
    start = options.get("image")
    found = [_("from a picture") if start and start.required else _("from words")]
    if isinstance(start, Picture) and not start.required:
        found.append(_("or a picture"))
    if "end_image" in options:
        found.append(_("last picture"))
    if any(isinstance(option, Sound) or option.name == "generate_audio" for option in spec.options):
        found.append(_("sound"))
    if any(isinstance(option, Listed) and not option.required for option in spec.options):
        found.append(_("effects"))
    if spec.makes == Makes.IMAGE:
        found.append(_("still picture"))
    return tuple(found)
