"""The fields a model has, as data: forms, checks, prices, the API and the command line read them.

Pure Python. Knows no vendor, no form library and no template.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Value = str | int | float | bool
Values = Mapping[str, Value]


def always(values: Values) -> bool:
    """Draw the field whatever else was chosen."""
    return True


def when(name: str, *accepted: Value) -> Callable[[Values], bool]:
    """Draw the field only while field `name` has one of these values, compared as text."""
    texts = {str(value) for value in accepted}
    return lambda values: str(values.get(name, "")) in texts


def unless(name: str, *refused: Value) -> Callable[[Values], bool]:
    """Draw the field unless field `name` has one of these values, compared as text."""
    texts = {str(value) for value in refused}
    return lambda values: str(values.get(name, "")) not in texts


def without(name: str) -> Callable[[Values], bool]:
    """Draw the field only while field `name` is empty."""
    return lambda values: not values.get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """What every field has. `name` is the vendor's own word, `label` a plain one.

    `shapes`: other fields depend on its value. `advanced`: folded away at first.
    `when` decides from the other values whether the field is drawn, checked and sent.
    `plan`: the vendor offers the field only to accounts of this plan or a higher one, '' for all.
    A form may hide it from an account whose plan is known to be lower; the adapter does not judge.
    """

    name: str
    label: str
    help: str = ""
    required: bool = False
    advanced: bool = False
    shapes: bool = False
    plan: str = ""
    when: Callable[[Values], bool] = field(default=always, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice(Option):
    """One of a few values. `choices`: (value as the vendor spells it, plain label).

    `plans`: (value, plan) for the values that the vendor sells with a plan only, as Option.plan.
    """

    choices: tuple[tuple[str, str], ...]
    default: str
    plans: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        if self.default not in {value for value, _ in self.choices}:
            raise ValueError(f"{self.name}: default {self.default!r} is not among the choices")

    def plan_of(self, value: str) -> str:
        """The plan that an account needs for this value, '' when every account may choose it."""
        return dict(self.plans).get(value, self.plan)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number(Option):
    """A number between two ends. `default` None: nothing is sent, the vendor decides."""

    minimum: float
    maximum: float
    step: float = 1
    default: float | None = None

    @property
    def whole(self) -> bool:
        """True when only whole numbers are meant."""
        return float(self.step).is_integer()


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag(Option):
    """Yes or no."""

    default: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Text(Option):
    """Words. `max_length` 0: no limit is documented."""

    max_length: int = 0
    rows: int = 1
    default: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Json(Option):
    """A JSON object typed by hand, sent as it is."""

    default: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture(Option):
    """One or more source images. Names are `image` (start) and `end_image`, at every vendor.

    `as_bytes`: the vendor takes the file itself; otherwise it must fetch a link.
    """

    most: int = 1
    max_bytes: int = 10_000_000
    formats: tuple[str, ...] = ("JPEG", "PNG", "GIF", "WEBP")
    as_bytes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sound(Option):
    """A sound of the person's own, fetched by the vendor from a link. Its name is `audio`."""

    formats: tuple[str, ...] = ("MP3", "WAV")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed(Option):
    """One entry of a list that the vendor keeps and that we cache (effects, live models).

    `listing` names the list (see base.Listing). An empty value means none, unless required.
    """

    listing: str
    default: str = ""
