"""AKOOL's live model list: what an entry says, and how fields and price follow the chosen one.

https://docs.akool.com/ai-tools-suite/aimodel - no model, resolution or length is known by name
here: they change at the vendor, in value and in spelling.
"""

from __future__ import annotations

from dataclasses import replace

from studio.vendors import reading
from studio.vendors.base import MILLI, Entry, Listings
from studio.vendors.options import Choice, Flag, Listed, Option, Values

LIBRARY = "models"
PRO = "pro"
# Fields that every model of the list has; the others depend on the entry.
ALWAYS = ("model_name", "image", "prompt", "negative_prompt", "resolution", "video_length")


def price_library(values: Values, listings: Listings) -> int | None:
    """unit_credit x seconds, x the entry's factor for sound. None without the entry's figures."""
    entry = _chosen(values, listings)
    length = reading.whole(values.get("video_length"))
    if entry is None or length is None:
        return None
    size = _size(entry, str(values.get("resolution", "")))
    unit = reading.whole(size.get("unit_milli"))
    if unit is None:
        return None
    sound = reading.fields(entry.facts.get("sound"))
    factor = reading.whole(sound.get("factor_milli")) if values.get("generate_audio") else MILLI
    return None if factor is None else unit * length * factor // MILLI


def entry_of_model(item: object) -> Entry | None:
    """One model of the vendor's list, None when it has no name.

    Facts: `sizes` [{value, label, unit_milli, lengths}], `lengths`, `last_frame`, `extend`,
    `sound` (None, or {required, default, factor_milli}), `plan`, `about`.
    """
    said = reading.fields(item)
    value = reading.text(said.get("value"), 200)
    if not value:
        return None
    sound = said.get("generate_audio")
    facts: dict[str, object] = {
        "sizes": [_size_facts(size) for size in reading.items(said.get("resolutionList"))],
        "lengths": _lengths(said.get("durationList")),
        "last_frame": said.get("supportedLastFrame") is True,
        "extend": said.get("supportedExtendPrompt") is not False,
        "sound": _sound_facts(sound) if isinstance(sound, dict) else None,
        "plan": PRO if said.get("isPro") is True else "",
        "about": reading.text(said.get("description"), 500),
    }
    return Entry(value=value, label=reading.text(said.get("label"), 200) or value, facts=facts)


def _size_facts(size: object) -> dict[str, object]:
    said = reading.fields(size)
    value = reading.text(said.get("value"), 40)  # sent as it is: some write 768P, some 1280x720
    return {
        "value": value,
        "label": reading.text(said.get("label"), 80) or value,
        "unit_milli": reading.milli(said.get("unit_credit")),
        "lengths": _lengths(said.get("durationList")),
    }


def _lengths(value: object) -> list[int]:
    found = (reading.whole(length) for length in reading.items(value))
    return [length for length in found if length is not None and 0 < length <= 600]


def _sound_facts(sound: object) -> dict[str, object]:
    said = reading.fields(sound)
    factor = said.get("extra_credit_multiplier")
    return {
        "required": said.get("required") is True,
        "default": said.get("default") is True,
        "factor_milli": MILLI if factor is None else reading.milli(factor),
    }


def _chosen(values: Values, listings: Listings) -> Entry | None:
    """The entry of the chosen model; before a choice, the first one of the list."""
    entries = listings.get(LIBRARY, ())
    name = values.get("model_name") or (entries[0].value if entries else "")
    return next((entry for entry in entries if entry.value == name), None)


def _sizes(entry: Entry) -> list[dict[str, object]]:
    sizes = [dict(reading.fields(size)) for size in reading.items(entry.facts.get("sizes"))]
    return [size for size in sizes if size.get("value")]


def _size(entry: Entry, resolution: str) -> dict[str, object]:
    return next((size for size in _sizes(entry) if size["value"] == resolution), {})


def adapt(options: tuple[Option, ...], values: Values, listings: Listings) -> tuple[Option, ...]:
    """The fields of the chosen library model; without a list, those that every model has."""
    entry = _chosen(values, listings)
    if entry is None:
        return tuple(option for option in options if option.name in ALWAYS)
    fit = (_fitted(option, entry, values) for option in options)
    return tuple(option for option in fit if option is not None)


def _fitted(option: Option, entry: Entry, values: Values) -> Option | None:
    """This field as the entry has it, None when it has no such field."""
    if isinstance(option, Listed):
        return replace(option, default=entry.value)
    if isinstance(option, Choice):
        return _choice(option, entry, values)
    has = {
        "end_image": entry.facts.get("last_frame"),
        "extend_prompt": entry.facts.get("extend"),
        "generate_audio": entry.facts.get("sound") is not None,
    }
    if not has.get(option.name, True):
        return None
    if isinstance(option, Flag) and option.name == "generate_audio":
        sound = reading.fields(entry.facts.get("sound"))
        return replace(option, default=bool(sound.get("default") or sound.get("required")))
    return option


def _choice(option: Choice, entry: Entry, values: Values) -> Choice:
    """`resolution` and `video_length` from the entry; a resolution may have lengths of its own."""
    sizes = _sizes(entry)
    if option.name == "resolution":
        pairs = [(str(size["value"]), str(size["label"])) for size in sizes]
    else:
        size = _size(entry, str(values.get("resolution", ""))) or (sizes[0] if sizes else {})
        lengths = size.get("lengths") or entry.facts.get("lengths")
        pairs = [(str(length), f"{length} seconds") for length in reading.items(lengths)]
    if not pairs:
        return option
    return replace(option, choices=tuple(dict(pairs).items()), default=pairs[0][0], plans=())
