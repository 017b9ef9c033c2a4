"""One real row behind every address, and a browser for each person."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from studio.models import Account, Generation, Project, SourceImage, Stage, User, Video
from tests import make

Enter = Callable[[str], Client]


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    """Health, prices in the window and usual times are kept for seconds: not across tests."""
    cache.clear()


@pytest.fixture
def account(db: None) -> Account:
    return make.account()


@pytest.fixture
def image(project: Project) -> SourceImage:
    return make.image(project=project)


@pytest.fixture
def generation(project: Project, account: Account, image: SourceImage) -> Generation:
    """An order that became a video."""
    return make.generation(project=project, account=account, stage=Stage.READY, image=image)


@pytest.fixture
def video(generation: Generation) -> Video:
    return make.video(generation=generation)


@pytest.fixture
def link(generation: Generation, image: SourceImage) -> str:
    """The address by which the vendor fetches the image."""
    return reverse("link_file", args=[make.link(generation=generation, image=image), "coffee.jpg"])


@pytest.fixture
def enter(alice: User, bob: User, viewer: User, charlie: User) -> Enter:
    """A fresh browser of this person; "anonymous" is nobody."""
    people = {"alice": alice, "bob": bob, "viewer": viewer, "charlie": charlie}

    def browser(name: str) -> Client:
        fresh = Client()
        if name in people:
            fresh.force_login(people[name])
        return fresh

    return browser
