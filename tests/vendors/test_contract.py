"""What holds for every vendor and every model, whoever they are."""

from __future__ import annotations

import itertools

import pytest

from studio.vendors import VENDORS, UnknownModel, all_models, find_model
from studio.vendors.base import (
    CallsBack,
    Deletes,
    Lists,
    Makes,
    Model,
    Redubs,
    ReportsBalance,
    Request,
    Vendor,
)
from studio.vendors.errors import BadInput, Fault, InDoubt, Refused, VendorError
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
from tests.vendors.hearing import answer, speak

EVERY_VENDOR = pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda v: v.slug)
EVERY_MODEL = pytest.mark.parametrize(
    ("vendor", "model"), list(all_models()), ids=lambda x: x.slug if hasattr(x, "slug") else ""
)

SLUGS = [
    "remaker/text-1.0-standard",
    "remaker/text-1.0-turbo",
    "remaker/text-1.0-pro",
    "remaker/image-1.0-standard",
    "remaker/image-1.0-pro",
    "remaker/image-1.0-turbo",
    "remaker/image-1.0-animation",
    "reelbyte/seedance-1-lite",
    "reelbyte/seedance-1-pro",
    "reelbyte/custom-video",
    "reelbyte/text-to-image",
    "reelbyte/image-to-image",
    "mnml/kling-2.1-pro",
    "akool/image-to-video",
    "akool/model-library",
]


def test_the_catalog_is_the_promised_one():
    assert [f"{vendor.slug}/{model.slug}" for vendor, model in all_models()] == SLUGS
    for slug in SLUGS:
        vendor, model = find_model(slug)
        assert f"{vendor.slug}/{model.slug}" == slug


@pytest.mark.parametrize("name", ["", "/", "remaker", "remaker/", "akool/text-1.0-pro", "x/y"])
def test_a_model_that_nobody_has_is_unknown(name):
    with pytest.raises(UnknownModel):
        find_model(name)


def test_only_those_that_can_are_said_to_be_able():
    abilities = {
        vendor.slug: {
            ability.__name__
            for ability in (Redubs, Deletes, Lists, ReportsBalance, CallsBack)
            if isinstance(speak(vendor, answer({}))[0], ability)
        }
        for vendor in VENDORS.values()
    }
    assert abilities == {
        "remaker": set(),
        "reelbyte": set(),
        "mnml": {"ReportsBalance"},
        "akool": {"Redubs", "Deletes", "Lists", "ReportsBalance", "CallsBack"},
    }
    for ability in (Redubs, Deletes, Lists, ReportsBalance, CallsBack):
        assert issubclass(VENDORS["akool"], ability)
        assert not issubclass(VENDORS["remaker"], ability)


@EVERY_VENDOR
def test_a_vendor_says_what_people_need_to_know(vendor: type[Vendor]):
    assert vendor.origin.startswith("https://")
    assert not vendor.origin.endswith("/")
    assert vendor.batch >= 1
    assert bool(vendor.listings) == issubclass(vendor, Lists)
    assert vendor.key_help.endswith(".")
    slugs = [model.slug for model in vendor.models]
    assert len(slugs) == len(set(slugs))


@EVERY_MODEL
def test_a_model_is_described_in_plain_sentences(vendor: type[Vendor], model: Model):
    assert model.note.endswith(".")
    assert model.note.count(". ") == 0
    assert model.typical > 0
    assert model.makes in Makes
    names = [option.name for option in model.options]
    assert len(names) == len(set(names))
    assert "prompt" in names
    for option in model.options:
        assert option.label
        assert option.label[0].isupper()
        assert not option.help or option.help.endswith(".")
        assert option.name.isidentifier()


@EVERY_MODEL
def test_defaults_are_valid_values(vendor: type[Vendor], model: Model):
    defaults = model.defaults({})
    for option in model.options:
        if option.name not in defaults:
            continue
        value = defaults[option.name]
        match option:
            case Choice():
                assert value in [choice for choice, _label in option.choices]
            case Number():
                assert option.minimum <= value <= option.maximum
                assert not option.whole or float(value).is_integer()
            case Flag():
                assert value in (True, False)
            case Text() | Json() | Listed():
                assert isinstance(value, str)


@EVERY_MODEL
def test_pictures_and_sounds_have_the_names_that_forms_know(vendor: type[Vendor], model: Model):
    for option in model.options:
        if isinstance(option, Picture):
            assert option.name in {"image", "end_image"}
            assert option.most == 1 or option.name == "image"
        if isinstance(option, Sound):
            assert option.name == "audio"


@EVERY_MODEL
def test_a_field_that_others_depend_on_says_so(vendor: type[Vendor], model: Model):
    """Whatever changes which fields are drawn must make the form draw itself again."""
    defaults = model.defaults({})
    usual = {option.name for option in model.fields(defaults, {})}
    for option in model.options:
        for value in _values(option):
            drawn = {entry.name for entry in model.fields({**defaults, option.name: value}, {})}
            assert drawn == usual or option.shapes, option.name


@EVERY_MODEL
def test_every_combination_of_choices_has_its_price_and_key(vendor: type[Vendor], model: Model):
    choices = [option for option in model.options if isinstance(option, Choice | Flag)]
    defaults = model.defaults({})
    named = {option.name for option in model.options}
    assert set(model.priced_by) <= named
    known = {vendor.slug: model.price(defaults, {}) is not None}
    prices: dict[str, set[int | None]] = {}
    for combination in itertools.product(*(_values(option) for option in choices)):
        values = {**defaults, **dict(zip((o.name for o in choices), combination, strict=True))}
        price = model.price(values, {})
        assert price is None or (isinstance(price, int) and price > 0)
        assert (price is not None) == known[vendor.slug]
        prices.setdefault(model.price_key(values), set()).add(price)
    # one key, one price: otherwise a learned price would be mixed
    assert all(len(found) == 1 for found in prices.values())


@EVERY_MODEL
def test_a_picture_that_is_needed_is_asked_for_before_anything_is_sent(
    vendor: type[Vendor], model: Model
):
    adapter, api = speak(vendor, answer({}))
    request = Request(model=model.slug, values={"prompt": "x", "model_name": "m"})
    needed = any(isinstance(option, Picture) and option.required for option in model.options)
    with pytest.raises(BadInput if needed else InDoubt):
        adapter.submit(request)
    assert len(api.calls) == (0 if needed else 1)


def test_every_class_of_the_failure_book_has_an_error():
    def tree(error: type[VendorError]) -> set[type[VendorError]]:
        return {error}.union(*(tree(child) for child in error.__subclasses__()))

    assert {error.fault for error in tree(VendorError)} == set(Fault)
    assert all(issubclass(error, Refused) for error in tree(Refused))


def _values(option: Option) -> list[object]:
    if isinstance(option, Choice):
        return [value for value, _label in option.choices]
    if isinstance(option, Flag):
        return [False, True]
    return ["", "something"] if isinstance(option, Listed) else []
