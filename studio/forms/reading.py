"""Read option values out of what a browser sent, leniently: checking is the form's own task."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.http import QueryDict

from studio.vendors.options import Flag, Number, Option, Picture, Sound, Value

FLAG_ON = "on"


def read(options: Iterable[Option], data: QueryDict) -> dict[str, Value]:
    """What was sent for these options. A field that was not sent is absent, an empty one is ""."""
    return {option.name: _typed(option, data) for option in options if option.name in data}


def _typed(option: Option, data: QueryDict) -> Value:
    if isinstance(option, Flag):
        # a hidden "off" stands before the checkbox: the last one counts
        return data.getlist(option.name)[-1] == FLAG_ON
    if isinstance(option, Picture | Sound):
        return " ".join(chosen(data, option.name))
    text = str(data[option.name])
    if isinstance(option, Number):
        return number(text, whole=option.whole)
    return text.replace("\r\n", "\n")


def chosen(data: QueryDict, name: str) -> list[str]:
    """The files chosen in a field, as they were sent, without the empty "none"."""
    return [value for value in data.getlist(name) if value]


def number(text: str, *, whole: bool) -> Value:
    """A number if it is one, else the text as it is: the form will say what is wrong with it."""
    try:
        value = float(text.strip().replace(",", "."))
    except ValueError:
        return text.strip()
    return int(value) if whole and value.is_integer() else value


def uuid_of(text: object) -> UUID | None:
    """The UUID that was sent, None for anything else."""
    try:
        return UUID(str(text))
    except ValueError:
        return None
