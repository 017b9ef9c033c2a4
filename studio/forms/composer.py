"""The form of an order, made from the model's options. It saves nothing and orders nothing.

A new vendor needs no code here: fields, checks and drawing follow the kinds of its options.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from studio.forms.options import field_of
from studio.forms.reading import read
from studio.forms.settle import default_of, plain
from studio.forms.shelf import Shelf
from studio.models import Sound, SourceImage
from studio.vendors.base import Listings, Model
from studio.vendors.options import Option, Picture, Value, Values
from studio.vendors.options import Sound as SoundOption


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a form asks for, as `order` and `quote` take it; values have the vendor's names."""

    values: dict[str, Value] = field(default_factory=dict)
    images: tuple[SourceImage, ...] = ()
    end_image: SourceImage | None = None
    audio: Sound | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """One error and the place on the page where it can be mended ('' when there is none)."""

    field: str
    label: str
    sentence: str


class ComposerForm(forms.Form):
    """Bound with `data` for an order; with `settled` values for a page that is only drawn."""

    def __init__(
        self,
        spec: Model,
        data: QueryDict | None = None,
        *,
        shelf: Shelf,
        listings: Listings,
        plan: str = "",
        settled: Values | None = None,
    ) -> None:
        super().__init__(data, initial=dict(settled or {}))
        self.spec = spec
        self.shelf = shelf
        values = dict(settled or {})
        if data is not None:
            values = {**spec.defaults(listings), **read(spec.options, data)}
        self.options = spec.fields(values, listings)
        for option in self.options:
            self.fields[option.name] = field_of(
                option, shelf=shelf, listings=listings, plan=plan, priced_by=spec.priced_by
            )
        self.use_required_attribute = True

    def asked(self) -> Asked:
        """The order of a valid form: idle and empty fields are left out."""
        return self._sorted(self.cleaned_data)

    def sketch(self) -> Asked:
        """The order as far as an unbound form knows it: for the price, before any check."""
        found: dict[str, object] = {}
        for option in self.options:
            value = self.initial.get(option.name, "")
            texts = str(value).split()
            if isinstance(option, Picture):
                found[option.name] = tuple(
                    image for text in texts if (image := self.shelf.image(text))
                )
            elif isinstance(option, SoundOption):
                found[option.name] = self.shelf.sound(texts[0]) if texts else None
            else:
                found[option.name] = value
        return self._sorted(found)

    def _sorted(self, found: dict[str, object]) -> Asked:
        values: dict[str, Value] = {}
        files: dict[str, object] = {}
        for option in self.options:
            value = found.get(option.name)
            if isinstance(option, Picture | SoundOption):
                files[option.name] = value
            elif isinstance(value, str | int | float) and value != "":
                values[option.name] = value
        images, ends = files.get("image"), files.get("end_image")
        audio = files.get("audio")
        return Asked(
            values=values,
            images=images if isinstance(images, tuple) else (),
            end_image=ends[0] if isinstance(ends, tuple) and ends else None,
            audio=audio if isinstance(audio, Sound) else None,
        )

    def refuse(self, name: str, sentence: str) -> None:
        """Say at this field (at the whole form if it is not drawn) why it cannot be."""
        if not self.is_bound and not hasattr(self, "cleaned_data"):
            self.cleaned_data = {}  # what Django keeps errors beside, made by checking only
        self.add_error(name if name in self.fields else None, sentence)

    @property
    def main(self) -> Iterator[forms.BoundField]:
        """The fields that stand open, in the catalog's order."""
        return (self[option.name] for option in self.options if not option.advanced)

    @property
    def advanced(self) -> list[forms.BoundField]:
        """The fields that are folded away."""
        return [self[option.name] for option in self.options if option.advanced]

    @property
    def different(self) -> list[str]:
        """Labels of folded fields that are not at their default: a dot and these words say so."""
        return [
            str(self[option.name].label)
            for option in self.options
            if option.advanced and self._differs(option)
        ]

    @property
    def advanced_open(self) -> bool:
        """Is there a mistake among the folded fields?"""
        return any(option.advanced and self.errors.get(option.name) for option in self.options)

    def _differs(self, option: Option) -> bool:
        now = self[option.name].value()
        default = default_of(option)
        empty = ("", None, "{}")
        return now not in (default, *empty) and plain(now or "") != plain(default or "")

    @property
    def mistakes(self) -> list[Mistake]:
        """Every error with its place, in the order of the fields."""
        found = [
            Mistake(field="", label="", sentence=str(error)) for error in self.non_field_errors()
        ]
        for option in self.options:
            for error in self.errors.get(option.name, ()):
                label = _(option.label)
                found.append(Mistake(field=option.name, label=label, sentence=str(error)))
        return found
