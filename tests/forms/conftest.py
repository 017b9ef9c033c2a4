"""Forms of every model, with a shelf of real pictures and the vendors' lists as they may look."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import QueryDict

from studio.forms.composer import ComposerForm
from studio.forms.shelf import Shelf
from studio.models import Project, Sound, SourceImage
from studio.vendors import find_model
from studio.vendors.base import Entry, Listings
from tests import make

Draw = Callable[..., ComposerForm]

LISTINGS: Listings = {
    "effects": [
        Entry(
            value="squish-89244231", label="Squish", preview="https://vendor.example/squish.webp"
        ),
        Entry(value="melt-1", label="Melt"),
    ],
    "models": [
        Entry(
            value="quick-2",
            label="Quick 2",
            facts={
                "sizes": [
                    {"value": "768P", "label": "768p", "unit_milli": 3000, "lengths": [6, 10]},
                    {"value": "1080P", "label": "1080p", "unit_milli": 6000, "lengths": [6]},
                ],
                "lengths": [6, 10],
                "last_frame": True,
                "extend": True,
                "sound": {"required": False, "default": False, "factor_milli": 2000},
                "plan": "",
            },
        ),
        Entry(
            value="plain-1",
            label="Plain 1",
            facts={
                "sizes": [{"value": "720p", "label": "720p", "unit_milli": 2000}],
                "lengths": [5],
            },
        ),
    ],
}


@pytest.fixture
def image(project: Project) -> SourceImage:
    return make.image(project=project)


@pytest.fixture
def sound(project: Project) -> Sound:
    return make.sound(project=project)


@pytest.fixture
def shelf(image: SourceImage, sound: Sound) -> Shelf:
    return Shelf(images=(image,), sounds=(sound,))


@pytest.fixture
def listings() -> Listings:
    return LISTINGS


@pytest.fixture
def draw(shelf: Shelf) -> Draw:
    """`draw("vendor/slug", {...})` binds a form as a browser would; without data it is only drawn."""

    def form(key: str, sent: dict[str, Any] | None = None, **more: Any) -> ComposerForm:
        data = None
        if sent is not None:
            data = QueryDict(mutable=True)
            for name, value in sent.items():
                data.setlist(name, value if isinstance(value, list) else [value])
        more.setdefault("shelf", shelf)
        more.setdefault("listings", LISTINGS)
        return ComposerForm(find_model(key)[1], data, **more)

    return form
