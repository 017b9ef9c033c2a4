"""AKOOL's live model list: fields and prices follow the chosen entry, whatever it says."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from studio.vendors import find_model
from studio.vendors.akool import Akool
from studio.vendors.base import Entry
from studio.vendors.errors import Misread
from studio.vendors.options import Choice, Flag, Listed
from tests.vendors.hearing import answer, speak

MODEL = find_model("akool/model-library")[1]

BASIC = {
    "sort": 100,
    "provider": "akool",
    "type": 1501,
    "value": "AkoolImage2VideoFastV1",
    "label": "Akool Basic",
    "description": "Quick",
    "isPro": False,
    "supportedLastFrame": False,
    "supportedExtendPrompt": True,
    "durationList": [5, 10],
    "resolutionList": [
        {"label": "720p", "value": "720p", "unit_credit": 4},
        {"label": "1080P", "value": "1080P", "unit_credit": 5.5, "durationList": [6]},
    ],
    "generate_audio": None,
}
LOUD = {
    **BASIC,
    "value": "loud",
    "label": "Loud",
    "isPro": True,
    "supportedLastFrame": True,
    "supportedExtendPrompt": False,
    "generate_audio": {"required": False, "default": True, "extra_credit_multiplier": 1.5},
}


def entries(*models: object) -> list[Entry]:
    akool, _api = speak(Akool, answer({"code": 1000, "msg": "OK", "data": list(models)}))
    # the studio keeps lists as JSON: what comes back must be the same
    return [
        Entry(**json.loads(json.dumps(asdict(entry)))) for entry in akool.list_entries("models")
    ]


LISTINGS = {"models": entries(BASIC, LOUD)}


def fields(listings: dict[str, list[Entry]] = LISTINGS, **values: object) -> dict[str, object]:
    return {option.name: option for option in MODEL.fields(values, listings)}


def choices(option: object) -> list[str]:
    assert isinstance(option, Choice)
    return [value for value, _label in option.choices]


def test_the_list_is_asked_for_by_type(wire, on_wire):
    wire.says = {"code": 1000, "data": [BASIC]}
    (entry,) = on_wire(Akool).list_entries("models")
    assert wire.seen[0].path == "/api/open/v4/aigModel/list?types%5B%5D=1501"
    assert (entry.value, entry.label) == ("AkoolImage2VideoFastV1", "Akool Basic")
    assert entry.facts["plan"] == ""
    with pytest.raises(Misread):
        speak(Akool, answer({"code": 1000, "data": {"list": []}}))[0].list_entries("models")


def test_the_form_opens_with_the_first_model_of_the_list():
    assert MODEL.defaults(LISTINGS)["model_name"] == "AkoolImage2VideoFastV1"
    assert MODEL.defaults(LISTINGS)["resolution"] == "720p"
    chosen = fields()["model_name"]
    assert isinstance(chosen, Listed)
    assert chosen.required


def test_resolutions_and_lengths_are_the_chosen_models_own():
    assert choices(fields()["resolution"]) == ["720p", "1080P"]
    assert choices(fields(resolution="720p")["video_length"]) == ["5", "10"]
    assert choices(fields(resolution="1080P")["video_length"]) == ["6"]


def test_abilities_are_the_chosen_models_own():
    basic, loud = fields(), fields(model_name="loud")
    assert {"extend_prompt"} == {"extend_prompt", "end_image", "generate_audio"} & basic.keys()
    assert {"end_image", "generate_audio"} == (
        {"extend_prompt", "end_image", "generate_audio"} & loud.keys()
    )
    assert isinstance(loud["generate_audio"], Flag)
    assert loud["generate_audio"].default is True
    assert LISTINGS["models"][1].facts["plan"] == "pro"


def test_without_a_list_only_the_common_fields_are_there():
    for listings in ({}, {"models": []}):
        names = fields(listings).keys()
        assert {"model_name", "image", "prompt", "resolution", "video_length"} <= names
        assert not {"end_image", "generate_audio", "extend_prompt"} & names
    assert "end_image" not in fields(model_name="no longer listed")


def test_the_price_is_unit_times_seconds_times_sound():
    def price(**values: object) -> int | None:
        return MODEL.price(values, LISTINGS)

    basic = {"model_name": BASIC["value"], "resolution": "720p"}
    assert price(**basic, video_length="5") == 20_000
    assert price(**basic, video_length=10) == 40_000
    assert price(**{**basic, "resolution": "1080P"}, video_length="6") == 33_000
    loud = {"model_name": "loud", "resolution": "720p", "video_length": "5"}
    assert price(**loud, generate_audio=False) == 20_000
    assert price(**loud, generate_audio=True) == 30_000


def test_no_figures_no_price():
    values = {"model_name": BASIC["value"], "resolution": "720p", "video_length": "5"}
    assert MODEL.price(values, {}) is None
    assert MODEL.price({**values, "resolution": "8k"}, LISTINGS) is None
    assert MODEL.price({**values, "video_length": ""}, LISTINGS) is None
    for unit in (None, "much", -4, 10**12):
        odd = {**BASIC, "resolutionList": [{"value": "720p", "unit_credit": unit}]}
        assert MODEL.price(values, {"models": entries(odd)}) is None
    odd = {**LOUD, "generate_audio": {"extra_credit_multiplier": "twice"}}
    listings = {"models": entries(odd)}
    assert MODEL.price({**values, "model_name": "loud", "generate_audio": True}, listings) is None


def test_a_careless_list_is_no_harm():
    odd = [None, 7, {}, {"value": ""}, {"value": "bare"}, {"value": "bare", "label": "again"}]
    odd += [{"value": "odd", "resolutionList": "720p", "durationList": {"5": 1}, "label": 3}]
    listings = {"models": entries(*odd)}
    assert [entry.value for entry in listings["models"]] == ["bare", "odd"]
    for name in ("bare", "odd"):
        assert choices(fields(listings, model_name=name)["resolution"]) == ["720p", "1080p", "4k"]
        assert choices(fields(listings, model_name=name)["video_length"]) == ["5", "10"]
