"""Ordering from a shell: one object on standard output, and an exit code that can be trusted."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from studio import clock
from studio.ledger import verbs as ledger
from studio.models import Account, Generation, Project, Stage, User
from tests import make
from tests.management.conftest import Outcome
from tests.pipeline.conftest import PHOTOS

pytestmark = [pytest.mark.django_db]

Run = Callable[..., Outcome]
TEXT = ("--model", "remaker/text-1.0-standard")
SHAPE = {"id", "stage", "vendor", "model", "ticket", "credits", "file", "sha256", "error"}


@pytest.fixture
def order(run: Run, project: Project) -> Run:
    """`generate` in Alice's project."""
    make.account(sandbox=True)
    make.account(vendor="mnml", sandbox=True)
    return lambda *arguments: run("generate", "--project", project.slug, *arguments)


def test_an_order_is_one_object_and_exit_0(order: Run) -> None:
    done = order(*TEXT, "--prompt", "a butterfly", "--json")
    assert done.code == 0
    found = done.json
    assert set(found) >= SHAPE
    generation = Generation.objects.get()
    assert found["id"] == str(generation.uuid)
    assert (found["stage"], found["vendor"], found["model"]) == (
        "ordered",
        "remaker",
        "text-1.0-standard",
    )
    assert found["credits"] == {"asked": 27, "charged": None}
    assert (found["ticket"], found["file"], found["sha256"], found["error"]) == (None,) * 4


def test_without_json_it_is_lines_for_people(order: Run) -> None:
    done = order(*TEXT, "--prompt", "a butterfly")
    assert "stage" in done.out
    assert not done.out.startswith("{")


@pytest.mark.parametrize(
    ("arguments", "said", "kind"),
    [
        (("--model", "remaker/none", "--prompt", "x"), "no model remaker/none", "input"),
        ((*TEXT, "--prompt", ""), "Prompt", "input"),
        ((*TEXT, "--prompt", "x", "--set", "duration"), "NAME=VALUE", "input"),
        ((*TEXT, "--prompt", "x", "--set", "duration=7"), "", "input"),
        ((*TEXT, "--prompt", "x", "--set", "colour=red"), "no field colour", "input"),
        ((*TEXT, "--prompt", "x", "--user", "nobody"), "no person nobody", "input"),
        ((*TEXT, "--prompt", "x", "--image", "/nowhere.png"), "no file", "input"),
        (
            (
                "--model",
                "akool/image-to-video",
                "--prompt",
                "x",
                "--image",
                str(PHOTOS / "coffee.png"),
            ),
            "no key for AKOOL",
            "key",
        ),
    ],
)
def test_what_is_not_ordered_says_why_in_the_same_shape_and_exits_1(
    arguments: tuple[str, ...], said: str, kind: str, order: Run
) -> None:
    done = order(*arguments, "--json")
    assert done.code == 1
    assert set(done.json) == SHAPE
    assert done.json["error"]["class"] == kind
    assert said in done.json["error"]["message"]
    assert not Generation.objects.exists()
    plain = order(*arguments)
    assert plain.code == 1
    assert "Nothing was ordered, nothing was spent." in plain.error


def test_too_few_credits_are_their_own_class(order: Run) -> None:
    pool = Account.objects.get(vendor="remaker").pool_key
    ledger.open_account(pool, unit="milli", enforce=True)
    done = order(*TEXT, "--prompt", "x", "--json")
    assert (done.code, done.json["error"]["class"]) == (1, "credits")


def test_a_project_of_others_is_not_found(run: Run, project: Project, charlie: User) -> None:
    make.account(sandbox=True)
    done = run("generate", "--project", project.slug, *TEXT, "--prompt", "x", "--user", "charlie")
    assert "has no project" in done.error


@pytest.mark.parametrize("by", ["slug", "name", "uuid"])
def test_a_project_is_found_by_slug_name_and_uuid(by: str, run: Run, project: Project) -> None:
    make.account(sandbox=True)
    done = run("generate", "--project", str(getattr(project, by)), *TEXT, "--prompt", "x", "--json")
    assert done.code == 0
    assert Generation.objects.get().project_id == project.pk


def test_a_second_picture_is_the_last_frame(order: Run) -> None:
    first, second = str(PHOTOS / "coffee.png"), str(PHOTOS / "rocket.jpg")
    model = ("--model", "mnml/kling-2.1-pro", "--prompt", "x")
    assert order(*model, "--image", first, "--image", second).code == 0
    assert order(*model, "--image", first, "--end-image", second).code == 0
    for row in Generation.objects.all():
        names = {item.kind: item.image.name for item in row.inputs.select_related("image")}
        assert names == {"start": "coffee.png", "end": "rocket.jpg"}
    assert order(*model, "--image", first, "--image", second, "--end-image", first).code == 1


def test_settings_are_those_of_the_form(order: Run) -> None:
    order(*TEXT, "--prompt", "x", "--set", "duration=10")
    assert Generation.objects.get().values["duration"] == "10"
    assert Generation.objects.get().asked_milli > 27_000


def test_waiting_ends_with_its_time_and_says_where_it_stands(order: Run) -> None:
    done = order(*TEXT, "--prompt", "x", "--wait", "--timeout", "0.2", "--json")
    assert (done.code, done.json["stage"]) == (1, "ordered")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("end", ["ready", "failed", "in_doubt"])
def test_waiting_exits_0_only_when_it_is_ready(end: str, order: Run) -> None:
    def vendor() -> None:
        until = clock.monotonic() + 10
        while clock.monotonic() < until:
            if row := Generation.objects.filter(stage=Stage.ORDERED).first():
                walk(row, end)
                break
        connection.close()

    thread = threading.Thread(target=vendor)
    thread.start()
    done = order(*TEXT, "--prompt", "x", "--wait", "--timeout", "20", "--json")
    thread.join()
    assert (done.code, done.json["stage"]) == (0 if end == "ready" else 1, end)
    if end == "ready":
        assert done.json["sha256"] == Generation.objects.get().video.sha256
        assert done.json["file"].endswith(".mp4")
        assert done.json["credits"] == {"asked": 27, "charged": 27}
    else:
        assert done.json["error"] == {"class": "vendor trouble", "message": "no luck"}


def walk(row: Generation, end: str) -> None:
    """Through the stages to one of its ends."""
    sad: dict[str, Any] = {"fault": "vendor trouble", "fault_message": "no luck"}
    row.move(Stage.ORDERED, Stage.SENDING, sent_at=clock.now())
    if end == "in_doubt":
        row.move(Stage.SENDING, Stage.IN_DOUBT, **sad)
        return
    row.move(Stage.SENDING, Stage.WORKING, ticket=uuid4().hex)
    if end == "failed":
        row.move(Stage.WORKING, Stage.FAILED, **sad)
        return
    row.move(Stage.WORKING, Stage.SAVING, charged_milli=27_000)
    make.video(generation=row)
    row.move(Stage.SAVING, Stage.READY)
