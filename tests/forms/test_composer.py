"""The composer's form: every model of every vendor, every kind of field, every rule between them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.template.loader import render_to_string

from studio.forms.composer import ComposerForm
from studio.forms.settle import settle
from studio.forms.shelf import Shelf
from studio.models import Project, Sound, SourceImage
from studio.vendors import all_models, find_model
from studio.vendors.base import Listings
from studio.vendors.options import Choice, Flag, Json, Listed, Number, Option, Picture, Text
from studio.vendors.options import Sound as SoundOption
from tests import make

EVERY = [f"{vendor.slug}/{spec.slug}" for vendor, spec in all_models()]
# What the page itself sends: an option of this name would be read as something else.
RESERVED = {
    "model_key",
    "drawn_for",
    "request_id",
    "retry_of",
    "mended",
    "project",
    "after",
    "tab",
    "c",
}


def filled(form: ComposerForm, image: SourceImage, sound: Sound) -> dict[str, Any]:
    """What a person sends who leaves every default and gives what is required."""
    sent: dict[str, Any] = {}
    for option in form.options:
        if isinstance(option, Picture):
            sent[option.name] = str(image.uuid) if option.required else ""
        elif isinstance(option, SoundOption):
            sent[option.name] = str(sound.uuid)
        elif isinstance(option, Flag):
            sent[option.name] = ["off", "on"] if option.default else "off"
        elif isinstance(option, Choice | Text | Json):
            sent[option.name] = option.default or ("A boat turns" if option.required else "")
        elif isinstance(option, Listed):
            sent[option.name] = option.default
        elif isinstance(option, Number):
            sent[option.name] = "" if option.default is None else str(option.default)
    return sent


@pytest.mark.parametrize("key", EVERY)
def test_every_model_draws_a_labelled_control_for_every_option(
    key: str, draw: Any, project: Project, listings: Listings
) -> None:
    spec = find_model(key)[1]
    form = draw(key, settled=settle(spec, {}, listings).values)
    assert [field.html_name for field in form] == [option.name for option in form.options]
    for field in form:
        html = render_to_string(field.field.template, {"field": field, "project": project})
        assert f'id="field-{field.html_name}"' in html
        assert field.label in html.replace("&#x27;", "'")
        for control in re.findall(r'<(?:input|select|textarea)[^>]* id="([^"]+)"', html):
            labelled = f'for="{control}"' in html or (
                f'id="{control}"' in html and "aria-label" in html
            )
            assert labelled, control


@pytest.mark.parametrize("key", EVERY)
def test_every_model_accepts_its_own_defaults(
    key: str, draw: Any, image: SourceImage, sound: Sound
) -> None:
    form = draw(key, filled(draw(key), image, sound))
    assert form.is_valid(), form.errors
    asked = form.asked()
    drawn = {option.name for option in form.options}
    assert set(asked.values) <= drawn - {"image", "end_image", "audio"}
    assert form.spec.price(asked.values, {}) is None or asked.values


@pytest.mark.parametrize("key", EVERY)
def test_every_required_field_is_missed_by_name(key: str, draw: Any) -> None:
    form = draw(key, {})
    required = {
        option.name for option in form.options if option.required and not isinstance(option, Flag)
    }
    assert required <= set(form.errors)
    assert {mistake.field for mistake in form.mistakes} == set(form.errors)


@pytest.mark.parametrize("key", EVERY)
def test_no_option_has_a_name_of_the_page_itself(key: str) -> None:
    assert RESERVED.isdisjoint(option.name for option in find_model(key)[1].options)


def conditions() -> list[tuple[str, Option]]:
    return [
        (f"{vendor.slug}/{spec.slug}", option)
        for vendor, spec in all_models()
        for option in spec.options
        if not option.when({}) or not option.when(dict.fromkeys(names(spec.options), "x"))
    ]


def names(options: tuple[Option, ...]) -> list[str]:
    return [option.name for option in options]


@pytest.mark.parametrize(
    ("key", "option"), conditions(), ids=lambda part: getattr(part, "name", part)
)
def test_every_conditional_field_comes_and_goes_with_its_rule(
    key: str, option: Option, draw: Any, listings: Listings
) -> None:
    spec = find_model(key)[1]
    seen = set()
    for other in spec.options:
        entries = [entry.value for entry in listings.get(getattr(other, "listing", ""), ())]
        choices = [value for value, _label in getattr(other, "choices", ())]
        for value in [*entries, *choices, ""]:
            sent = {other.name: value}
            form = draw(key, sent)
            expected = option.when({**spec.defaults(listings), **sent})
            assert (option.name in form.fields) is expected
            seen.add(expected)
    assert seen == {True, False}, "the rule can be met and broken from the form"


def test_an_effect_takes_the_prompt_away_and_sends_none(draw: Any, image: SourceImage) -> None:
    sent = {
        "image": str(image.uuid),
        "effect_code": "squish-89244231",
        "prompt": "ignored",
        "resolution": "720p",
        "video_length": "5",
        "audio_type": "3",
    }
    form = draw("akool/image-to-video", sent)
    assert form.is_valid(), form.errors
    assert "prompt" not in form.asked().values
    assert form.asked().values["effect_code"] == "squish-89244231"


def test_own_sound_must_be_given(draw: Any, image: SourceImage, sound: Sound) -> None:
    sent = {
        "image": str(image.uuid),
        "prompt": "A boat turns",
        "resolution": "720p",
        "video_length": "5",
        "audio_type": "2",
    }
    assert "audio" in draw("akool/image-to-video", sent).errors
    form = draw("akool/image-to-video", {**sent, "audio": str(sound.uuid)})
    assert form.is_valid()
    assert form.asked().audio == sound


def test_an_image_of_another_project_is_a_form_error(draw: Any, charlie: Any) -> None:
    foreign = make.image(project=make.project(owner=charlie, name="Elsewhere"))
    form = draw("mnml/kling-2.1-pro", {"image": str(foreign.uuid), "prompt": "A boat turns"})
    assert "not in this project" in form.errors["image"][0]


@pytest.mark.parametrize("text", ["", "x", "1; DROP TABLE", "../../etc/passwd", "\x00", "0" * 5000])
def test_nonsense_in_place_of_an_image_is_a_form_error(text: str, draw: Any) -> None:
    assert "image" in draw("mnml/kling-2.1-pro", {"image": text, "prompt": "A boat turns"}).errors


def test_a_picture_of_a_kind_that_the_vendor_does_not_take_is_refused(
    project: Project, draw: Any
) -> None:
    gif = make.image(project=project, name="loop.gif")
    gif.mime = "image/gif"
    form = draw(
        "akool/image-to-video", {"image": str(gif.uuid)}, shelf=Shelf(images=(gif,), sounds=())
    )
    assert "JPG, PNG" in form.errors["image"][0]


def test_more_pictures_than_the_model_takes_are_refused(
    project: Project, image: SourceImage, draw: Any
) -> None:
    second = make.image(project=project, name="second.jpg")
    both = [str(image.uuid), str(second.uuid)]
    shelf = Shelf(images=(image, second))
    sent = {"image": both, "prompt": "A boat turns", "provider": "replicate", "model": "a/b"}
    assert "image" in draw("mnml/kling-2.1-pro", sent, shelf=shelf).errors
    several = draw("reelbyte/custom-video", sent, shelf=shelf)
    assert several.is_valid(), several.errors
    assert several.asked().images == (image, second)


@pytest.mark.parametrize(
    ("text", "value"), [("0.5", 0.5), ("0,25", 0.25), ("1", 1.0), (" 0.7 ", 0.7), ("", None)]
)
def test_a_number_is_read_as_people_write_it(
    text: str, value: float | None, draw: Any, image: SourceImage
) -> None:
    form = draw("mnml/kling-2.1-pro", {"cfg_scale": text})
    form.is_valid()
    assert form.cleaned_data["cfg_scale"] == value


@pytest.mark.parametrize("text", ["-1", "1.5", "nan", "inf", "1e9", "half", "0x1"])
def test_a_number_out_of_its_ends_is_refused(text: str, draw: Any) -> None:
    assert "from 0 to 1" in draw("mnml/kling-2.1-pro", {"cfg_scale": text}).errors["cfg_scale"][0]


@pytest.mark.parametrize("text", ["1.5", "12.25"])
def test_a_whole_number_has_no_fraction(text: str, draw: Any) -> None:
    assert "whole" in draw("mnml/kling-2.1-pro", {"seed": text}).errors["seed"][0]


@pytest.mark.parametrize(
    ("text", "said"),
    [("{", "not JSON"), ("[1]", "JSON object"), ("7", "JSON object"), ("[" * 9000, "not JSON")],
)
def test_options_typed_by_hand_must_be_a_json_object(text: str, said: str, draw: Any) -> None:
    errors = draw("reelbyte/custom-video", {"options": text}).errors
    assert said in errors["options"][0]


def test_a_prompt_beyond_the_limit_is_refused_and_kept(draw: Any) -> None:
    long = "x" * 1501
    form = draw("remaker/text-1.0-pro", {"prompt": long, "duration": "5"})
    assert "1500" in form.errors["prompt"][0]
    assert form["prompt"].value() == long


def test_line_ends_are_counted_once(draw: Any) -> None:
    text = "a\r\n" * 749
    form = draw("remaker/text-1.0-pro", {"prompt": text + "bb", "duration": "5"})
    assert "prompt" not in form.errors
    assert "\r" not in form.cleaned_data["prompt"]


def test_a_switch_tells_off_from_not_asked(draw: Any) -> None:
    sent = {"prompt": "x", "duration": "5", "resolution": "480p", "aspect_ratio": "1:1"}
    on = draw("reelbyte/seedance-1-lite", {**sent, "camera_fixed": ["off", "on"]})
    off = draw("reelbyte/seedance-1-lite", {**sent, "camera_fixed": "off"})
    assert on.is_valid()
    assert off.is_valid()
    assert on.asked().values["camera_fixed"] is True
    assert off.asked().values["camera_fixed"] is False


def test_a_plan_that_is_too_low_locks_what_it_does_not_include(draw: Any) -> None:
    free = draw("akool/image-to-video", plan="free")
    assert [value for value, _label in free.fields["video_length"].choices] == ["5"]
    assert free.fields["video_length"].locked == ["10 seconds"]
    assert free.fields["is_premium_model"].disabled
    for plan in ("", "pro", "business", "a plan of tomorrow"):
        form = draw("akool/image-to-video", plan=plan)
        assert [value for value, _label in form.fields["video_length"].choices] == ["5", "10"]


def test_what_is_locked_cannot_be_forced(draw: Any, image: SourceImage) -> None:
    sent = {
        "image": str(image.uuid),
        "prompt": "x",
        "video_length": "10",
        "resolution": "720p",
        "audio_type": "3",
        "is_premium_model": "on",
    }
    form = draw("akool/image-to-video", sent, plan="free")
    assert "video_length" in form.errors
    assert form.cleaned_data["is_premium_model"] is False


def test_folded_fields_that_differ_from_their_default_are_named(draw: Any) -> None:
    form = draw("mnml/kling-2.1-pro", settled={"cfg_scale": 0.9, "negative_prompt": "blur"})
    assert set(form.different) == {"Prompt strength", "Leave out"}
    assert draw("mnml/kling-2.1-pro", settled={"cfg_scale": 0.5}).different == []


def test_the_library_follows_the_chosen_model(draw: Any) -> None:
    quick = draw("akool/model-library", {"model_name": "quick-2", "resolution": "768P"})
    assert [value for value, _label in quick.fields["video_length"].choices] == ["6", "10"]
    assert "end_image" in quick.fields
    plain = draw("akool/model-library", {"model_name": "plain-1"})
    assert [value for value, _label in plain.fields["video_length"].choices] == ["5"]
    assert "end_image" not in plain.fields
