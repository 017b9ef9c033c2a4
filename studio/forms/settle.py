"""Bring what somebody chose to another model or other options: keep what fits, say what does not.

Pure functions over the catalog's data. No vendor is named here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from studio.vendors.base import Listings, Model
from studio.vendors.options import (
    Choice,
    Flag,
    Json,
    Listed,
    Number,
    Option,
    Picture,
    Sound,
    Text,
    Value,
    Values,
)

# Plans as vendors call them, the lowest first. A plan of another name counts as high enough.
PLANS = ("free", "trial", "basic", "starter", "standard", "pro", "max", "business", "enterprise")
ROUNDS = 4  # a choice opens fields whose defaults open others: deeper than any catalog goes


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Values that fit, the fields to draw for them, and a sentence for each change."""

    values: dict[str, Value]
    options: tuple[Option, ...]
    notes: tuple[str, ...] = ()


def settle(
    spec: Model,
    wanted: Values,
    listings: Listings,
    *,
    plan: str = "",
    before: Model | None = None,
) -> Settled:
    """Make `wanted` fit this model. `before` is the model for which it was typed.

    Values follow by the field's name, else by its label ("Length" is one thing everywhere).
    """
    renamed = _renamed(spec, wanted, before)
    values, options = _fixed_point(spec, renamed, listings, plan)
    changed = [
        note
        for option in options
        if option.name in renamed
        and (note := _went_back(spec, option, renamed[option.name], values, plan, before))
    ]
    return Settled(
        values=values,
        options=options,
        notes=(*changed, *_left_out(spec, wanted, options, before)),
    )


def offered(option: Choice, plan: str) -> tuple[tuple[str, str], ...]:
    """The choices that an account of this plan may make."""
    return tuple(pair for pair in option.choices if allowed(option.plan_of(pair[0]), plan))


def allowed(needed: str, plan: str) -> bool:
    """Is the account's plan enough, as far as it is known?"""
    if not needed or needed not in PLANS or plan not in PLANS:
        return True
    return PLANS.index(plan) >= PLANS.index(needed)


def plain(value: Value) -> str:
    """A value as forms and choices spell it: 5.0 is "5"."""
    return f"{value:g}" if isinstance(value, float) else str(value)


def default_of(option: Option, plan: str = "") -> Value | None:
    """What a field starts with; None: empty."""
    if isinstance(option, Choice):
        values = [value for value, _label in offered(option, plan)]
        return option.default if option.default in values or not values else values[0]
    if isinstance(option, Flag | Text | Json | Listed | Number):
        return option.default
    return None


def fits(option: Option, value: Value, listings: Listings, plan: str) -> bool:
    """May this value stand in this field?"""
    if isinstance(option, Choice):
        return plain(value) in {offer for offer, _label in offered(option, plan)}
    if isinstance(option, Number):
        return _is_number(option, value)
    if isinstance(option, Listed):
        entries = {entry.value for entry in listings.get(option.listing, ())}
        return (not value and not option.required) or value in entries
    if isinstance(option, Flag):
        return isinstance(value, bool) and (not value or allowed(option.plan, plan))
    return True


def _is_number(option: Number, value: Value) -> bool:
    if value == "":
        return not option.required
    try:
        number = float(value)
    except (TypeError, ValueError):
        return False
    return option.minimum <= number <= option.maximum


def _fixed_point(
    spec: Model, wanted: Values, listings: Listings, plan: str
) -> tuple[dict[str, Value], tuple[Option, ...]]:
    """Draw, fit, and draw again until nothing changes: later fields depend on earlier ones."""
    values: dict[str, Value] = {**spec.defaults(listings), **wanted}
    options: tuple[Option, ...] = ()
    for _round in range(ROUNDS):
        options = spec.fields(values, listings)
        fitted = dict(values)
        for option in options:
            now = values.get(option.name, "")
            if option.name not in wanted or not fits(option, now, listings, plan):
                _set(fitted, option.name, default_of(option, plan))
        if fitted == values:
            break
        values = fitted
    drawn = {option.name for option in options}
    return {name: value for name, value in values.items() if name in drawn}, options


def _set(values: dict[str, Value], name: str, value: Value | None) -> None:
    if value is None:
        values.pop(name, None)
    else:
        values[name] = value


def _renamed(spec: Model, wanted: Values, before: Model | None) -> dict[str, Value]:
    """The values under this model's own names."""
    renamed = dict(wanted)
    if before is None or before is spec:
        return renamed
    labels = {option.label: option.name for option in before.options}
    for option in spec.options:
        old = labels.get(option.label, "")
        if option.name not in renamed and old in wanted and not _is_file(option):
            renamed[option.name] = wanted[old]
    return renamed


def _is_file(option: Option) -> bool:
    return isinstance(option, Picture | Sound)


def _went_back(
    spec: Model,
    option: Option,
    wanted: Value,
    values: Mapping[str, Value],
    plan: str,
    before: Model | None,
) -> str:
    """The sentence for a value that had to give way, '' when it stayed."""
    now = values.get(option.name, "")
    if plain(wanted) == plain(now):
        return ""
    words = {
        "field": option.label,
        "now": _shown(option, now),
        "wanted": _shown(option, wanted, before),
        "model": spec.label,
    }
    needed = option.plan_of(plain(wanted)) if isinstance(option, Choice) else option.plan
    if not allowed(needed, plan):
        return _("%(field)s: %(wanted)s needs the vendor's %(plan)s plan; now %(now)s.") % {
            **words,
            "plan": needed,
        }
    return _("%(field)s went back to %(now)s: %(model)s does not offer %(wanted)s.") % words


def _shown(option: Option, value: Value, before: Model | None = None) -> str:
    """A value in plain words."""
    for known in (option, *(before.options if before else ())):
        if isinstance(known, Choice) and (known is option or known.label == option.label):
            for offer, label in known.choices:
                if offer == plain(value):
                    return label
    if isinstance(value, bool):
        return _("on") if value else _("off")
    return plain(value) or _("none")


def _left_out(
    spec: Model, wanted: Values, options: Sequence[Option], before: Model | None
) -> list[str]:
    """A sentence for each thing that was chosen before and has no place in this model."""
    if before is None or before is spec:
        return []
    places = {option.name for option in options} | {option.label for option in options}
    lost = [
        option
        for option in before.options
        if option.name not in places
        and option.label not in places
        and wanted.get(option.name, "") not in ("", "{}", False, default_of(option))
        and option.name not in {known.name for known in spec.options}
    ]
    return [
        _("%(field)s was left out: %(model)s does not have it.")
        % {"field": option.label, "model": spec.label}
        for option in lost
    ]
