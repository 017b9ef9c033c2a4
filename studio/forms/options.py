"""One form field per kind of option. A field knows its template; no vendor is named here.

What checks files of the library stands in files.py.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from studio.forms.files import PictureField, SoundField
from studio.forms.reading import FLAG_ON, number
from studio.forms.settle import allowed, offered, plain
from studio.forms.shelf import Shelf
from studio.vendors.base import Entry, Listings
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
)

# What a form tells the page about an input: it redraws the composer, or only changes the price.
SHAPES = {"data-shapes": True}
PRICES = {"data-prices": True}


def signals(option: Option, priced_by: Collection[str] = ()) -> dict[str, Any]:
    """The mark of an input: words change no price unless the model says so."""
    if option.shapes:
        return dict(SHAPES)
    if isinstance(option, Text | Json) and option.name not in priced_by:
        return {}
    return dict(PRICES)


class Switch(forms.CheckboxInput):
    """A checkbox with a hidden "off" before it, so that "off" and "not asked" differ."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> bool:
        """The last one counts."""
        values = data.getlist(name) if hasattr(data, "getlist") else [data.get(name)]
        return bool(values) and values[-1] in (FLAG_ON, True)


class ChoiceField(forms.ChoiceField):
    template: ClassVar[str] = "options/_choice.html"

    def __init__(self, option: Choice, plan: str, attrs: dict[str, Any]) -> None:
        self.option = option
        self.locked = [
            label for value, label in option.choices if not allowed(option.plan_of(value), plan)
        ]
        super().__init__(
            label=_(option.label),
            help_text=_(option.help),
            choices=[(value, _(label)) for value, label in offered(option, plan)],
            widget=forms.RadioSelect(attrs=attrs),
            error_messages={"invalid_choice": _("Choose one of the offered values.")},
        )

    @property
    def many(self) -> bool:
        """Too many, or too long, for one row."""
        return (
            len(self.option.choices) > 4 or sum(len(word) for _v, word in self.option.choices) > 34
        )


class NumberField(forms.Field):
    template: ClassVar[str] = "options/_number.html"

    def __init__(self, option: Number, attrs: dict[str, Any]) -> None:
        self.option = option
        ends = {
            "min": plain(option.minimum),
            "max": plain(option.maximum),
            "step": plain(option.step),
            "inputmode": "numeric" if option.whole else "decimal",
        }
        super().__init__(
            label=_(option.label),
            help_text=_(option.help),
            required=option.required,
            widget=forms.NumberInput(attrs=attrs | ends),
        )

    @property
    def sliding(self) -> bool:
        """A slider serves where the steps are few; a seed is typed."""
        steps = (self.option.maximum - self.option.minimum) / self.option.step
        return self.option.default is not None and steps <= 200

    def clean(self, value: Any) -> int | float | None:
        """The number, None when left empty."""
        value = super().clean(value)
        if value in (None, ""):
            return None
        found = number(str(value), whole=self.option.whole)
        ends = {"from": plain(self.option.minimum), "to": plain(self.option.maximum)}
        if isinstance(found, str) or not self.option.minimum <= found <= self.option.maximum:
            raise ValidationError(_("Give a number from %(from)s to %(to)s.") % ends)
        if self.option.whole and not float(found).is_integer():
            raise ValidationError(_("Give a whole number from %(from)s to %(to)s.") % ends)
        return found


class FlagField(forms.BooleanField):
    template: ClassVar[str] = "options/_flag.html"

    def __init__(self, option: Flag, plan: str, attrs: dict[str, Any]) -> None:
        self.option = option
        self.locked = not allowed(option.plan, plan)
        super().__init__(
            label=_(option.label),
            help_text=_(option.help),
            required=False,
            disabled=self.locked,
            widget=Switch(attrs=attrs),
        )


class TextField(forms.CharField):
    template: ClassVar[str] = "options/_text.html"

    def __init__(self, option: Text, attrs: dict[str, Any]) -> None:
        self.option = option
        wide = option.rows > 1
        widget = forms.Textarea if wide else forms.TextInput
        more = {"rows": option.rows} if wide else {"autocomplete": "off", "spellcheck": "false"}
        super().__init__(
            label=_(option.label),
            help_text=_(option.help),
            required=option.required,
            max_length=option.max_length or None,
            widget=widget(attrs=attrs | more),
            error_messages={"required": _("Write something here first.")},
        )
        # a counter tells; the browser must not swallow the end of a pasted text
        self.widget.attrs.pop("maxlength", None)

    def to_python(self, value: Any) -> str:
        """Line ends as every vendor counts them."""
        return str(super().to_python(str(value or "").replace("\r\n", "\n")))


class JsonField(forms.CharField):
    template: ClassVar[str] = "options/_json.html"

    def __init__(self, option: Json, attrs: dict[str, Any]) -> None:
        self.option = option
        more = {"rows": 3, "spellcheck": "false", "autocapitalize": "off"}
        super().__init__(
            label=_(option.label),
            help_text=_(option.help),
            required=option.required,
            widget=forms.Textarea(attrs=attrs | more),
        )

    def clean(self, value: Any) -> str:
        """The text of a JSON object; sent as it is."""
        text = str(super().clean(value)).strip()
        if not text:
            return ""
        try:
            found = json.loads(text)
        except (ValueError, RecursionError) as error:
            where = getattr(error, "lineno", 1)
            raise ValidationError(
                _("This is not JSON yet (line %(line)s).") % {"line": where}
            ) from None
        if not isinstance(found, dict):
            raise ValidationError(_('Give a JSON object, such as {"seed": 7}.'))
        return text


class ListedBoundField(forms.BoundField):
    @property
    def preview(self) -> str:
        """Where the vendor shows what the chosen entry does, '' if nowhere."""
        assert isinstance(self.field, ListedField)  # noqa: S101 made by it
        value = self.value()
        return next((entry.preview for entry in self.field.entries if entry.value == value), "")


class ListedField(forms.ChoiceField):
    template: ClassVar[str] = "options/_listed.html"

    def __init__(self, option: Listed, entries: Iterable[Entry], attrs: dict[str, Any]) -> None:
        self.option = option
        self.entries = tuple(entries)
        pairs = [(entry.value, entry.label) for entry in self.entries]
        if not option.required:
            pairs.insert(0, ("", _("None")))
        super().__init__(
            label=_(option.label),
            help_text=_(option.help),
            required=option.required,
            choices=pairs,
            widget=forms.Select(attrs=attrs),
            error_messages={"invalid_choice": _("The vendor does not offer this any more.")},
        )

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        """The bound field that knows the chosen entry's preview."""
        return ListedBoundField(form, self, field_name)


def field_of(
    option: Option,
    *,
    shelf: Shelf,
    listings: Listings,
    plan: str,
    priced_by: Collection[str] = (),
) -> forms.Field:
    """The form field of an option. Raises TypeError for a kind that has none."""
    attrs = signals(option, priced_by)
    if isinstance(option, Choice):
        return ChoiceField(option, plan, attrs)
    if isinstance(option, Number):
        return NumberField(option, attrs)
    if isinstance(option, Flag):
        return FlagField(option, plan, attrs)
    if isinstance(option, Text):
        return TextField(option, attrs)
    if isinstance(option, Json):
        return JsonField(option, attrs)
    if isinstance(option, Listed):
        return ListedField(option, listings.get(option.listing, ()), attrs)
    if isinstance(option, Picture):
        return PictureField(option, shelf)
    if isinstance(option, Sound):
        return SoundField(option, shelf)
    raise TypeError(f"no form field for {type(option).__name__}")
