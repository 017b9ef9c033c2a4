"""Changing the model or an option keeps what fits, and says what does not."""

from __future__ import annotations

import pytest

from studio.forms.settle import settle
from studio.vendors import all_models, find_model
from studio.vendors.base import Listings, Model
from studio.vendors.options import Values


def spec(key: str) -> Model:
    return find_model(key)[1]


def test_an_empty_form_opens_with_the_defaults() -> None:
    settled = settle(spec("remaker/text-1.0-turbo"), {}, {})
    assert settled.values["duration"] == "4"
    assert settled.notes == ()


def test_a_value_that_fits_stays_without_a_word() -> None:
    settled = settle(
        spec("remaker/text-1.0-standard"),
        {"prompt": "A boat", "duration": "10", "video_ratio": "9:16"},
        {},
        before=spec("remaker/text-1.0-turbo"),
    )
    assert settled.values == {"prompt": "A boat", "duration": "10", "video_ratio": "9:16"}
    assert settled.notes == ()


def test_a_value_that_does_not_fit_goes_back_to_the_default_and_says_so() -> None:
    settled = settle(
        spec("remaker/text-1.0-turbo"),
        {"duration": "5"},
        {},
        before=spec("remaker/text-1.0-standard"),
    )
    assert settled.values["duration"] == "4"
    assert settled.notes == ("Length went back to 4 seconds: Text turbo does not offer 5 seconds.",)


def test_the_same_thing_under_another_name_is_carried_by_its_label() -> None:
    settled = settle(
        spec("mnml/kling-2.1-pro"),
        {"video_ratio": "1:1", "duration": "5", "prompt": "A boat"},
        {},
        before=spec("remaker/text-1.0-standard"),
    )
    assert settled.values["aspect_ratio"] == "1:1"
    assert settled.notes == ()


def test_a_number_becomes_a_choice_where_it_can() -> None:
    settled = settle(
        spec("remaker/text-1.0-standard"),
        {"duration": 10},
        {},
        before=spec("reelbyte/seedance-1-lite"),
    )
    assert settled.values["duration"] == 10
    assert settled.notes == ()


def test_what_the_new_model_does_not_have_is_left_out_and_says_so() -> None:
    settled = settle(
        spec("remaker/text-1.0-pro"),
        {"prompt": "A boat", "negative_prompt": "blur", "movement_type": "zoom_in"},
        {},
        before=spec("mnml/kling-2.1-pro"),
    )
    assert set(settled.values) == {"prompt", "video_ratio", "duration"}
    assert "Leave out was left out: Text pro does not have it." in settled.notes
    assert "Camera movement was left out: Text pro does not have it." in settled.notes


def test_defaults_that_vanish_are_not_worth_a_word() -> None:
    wanted: Values = {"prompt": "A boat", "cfg_scale": 0.5, "negative_prompt": ""}
    settled = settle(spec("remaker/text-1.0-pro"), wanted, {}, before=spec("mnml/kling-2.1-pro"))
    assert settled.notes == ()


def test_a_choice_opens_and_closes_the_fields_behind_it() -> None:
    kling = spec("mnml/kling-2.1-pro")
    open_ = settle(kling, {"movement_type": "pan", "direction": "up"}, {})
    assert open_.values["direction"] == "up"
    closed = settle(kling, {"movement_type": "zoom_in", "direction": "up"}, {})
    assert "direction" not in closed.values


def test_an_effect_that_is_gone_brings_the_prompt_back(listings: Listings) -> None:
    model = spec("akool/image-to-video")
    settled = settle(model, {"effect_code": "forgotten", "prompt": "A boat"}, listings)
    assert settled.values["effect_code"] == ""
    assert settled.values["prompt"] == "A boat"
    assert "forgotten" in settled.notes[0]


def test_a_length_that_the_chosen_library_model_lacks_goes_back(listings: Listings) -> None:
    model = spec("akool/model-library")
    settled = settle(model, {"model_name": "quick-2", "video_length": "10"}, listings)
    assert settled.values["video_length"] == "10"
    smaller = settle(
        model,
        {"model_name": "quick-2", "video_length": "10", "resolution": "1080P"},
        listings,
    )
    assert smaller.values["video_length"] == "6"
    assert "Length went back to 6 seconds" in smaller.notes[0]


def test_a_plan_that_is_too_low_says_which_one_it_takes() -> None:
    model = spec("akool/image-to-video")
    settled = settle(model, {"video_length": "10"}, {}, plan="free")
    assert settled.values["video_length"] == "5"
    assert settled.notes == ("Length: 10 seconds needs the vendor's pro plan; now 5 seconds.",)


@pytest.mark.parametrize("text", ["", "x", "999", "-3"])
def test_nonsense_never_stays_where_it_does_not_fit(text: str) -> None:
    settled = settle(spec("reelbyte/seedance-1-lite"), {"duration": text, "resolution": text}, {})
    assert settled.values["duration"] == 5
    assert settled.values["resolution"] == "720p"


def test_settling_twice_changes_nothing_more(listings: Listings) -> None:
    for _vendor, before in all_models():
        for _other, after in all_models():
            once = settle(after, before.defaults(listings), listings, before=before)
            twice = settle(after, once.values, listings, before=after)
            assert twice.values == once.values
            assert twice.notes == ()
