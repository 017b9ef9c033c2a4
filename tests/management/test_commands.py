"""demo, show, doctor and config: safe to run at any time, plain in what they say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from studio.ledger.models import Event
from studio.management.commands.up import demo_allowed, setup_token
from studio.models import (
    Account,
    Installation,
    Key,
    Project,
    Prompt,
    Role,
    SourceImage,
    Stage,
    User,
)
from tests import make
from tests.management.conftest import Outcome

pytestmark = [pytest.mark.django_db]

Run = Callable[..., Outcome]


def everything() -> list[int]:
    tables = (User, Project, Prompt, SourceImage, Account, Key, Event, Installation)
    return [table.objects.count() for table in tables]


def test_demo_fills_an_empty_studio_once(run: Run) -> None:
    assert run("demo").code == 0
    first = everything()
    assert run("demo").code == 0
    assert everything() == first
    demo = User.objects.get(username="demo")
    assert demo.check_password("demo")
    assert demo.role == Role.OWNER
    assert set(Account.objects.values_list("vendor", "sandbox")) == {
        (vendor, True) for vendor in ("remaker", "reelbyte", "mnml", "akool")
    }


@pytest.mark.parametrize("danger", ["host", "sandbox"])
def test_demo_makes_no_known_password_where_strangers_could_use_it(
    danger: str, run: Run, settings: Any
) -> None:
    if danger == "host":
        settings.STUDIO_HOST = "0.0.0.0"
    else:
        settings.STUDIO_SANDBOX = False
    run("demo")
    assert not User.objects.exists()
    assert not demo_allowed()


def test_demo_gives_a_studio_with_an_owner_pictures_but_no_second_owner(
    run: Run, alice: User
) -> None:
    run("demo")
    assert list(User.objects.values_list("username", flat=True)) == ["alice"]
    assert Project.objects.get(slug="demo").created_by == alice


def test_a_setup_token_is_made_only_where_strangers_could_come_first(
    settings: Any, tmp_path: Any
) -> None:
    settings.STUDIO_DATA_DIR = tmp_path
    assert setup_token() == ""
    settings.STUDIO_HOST = "0.0.0.0"
    token = setup_token()
    assert len(token) >= 20
    assert setup_token() == token
    assert (tmp_path / "setup-token").stat().st_mode & 0o077 == 0
    make.owner()
    assert setup_token() == ""
    assert not (tmp_path / "setup-token").exists()


def test_show_prints_the_object_of_generate(run: Run, project: Project) -> None:
    row = make.generation(project=project, account=make.account(), stage=Stage.READY)
    video = make.video(generation=row)
    found = run("show", str(row.uuid), "--json").json
    assert found["credits"] == {"asked": 27, "charged": 27}
    assert (found["stage"], found["sha256"]) == ("ready", video.sha256)
    assert video.sha256 in run("show", str(row.uuid)).out


def test_show_names_the_class_of_a_failure(run: Run, project: Project) -> None:
    row = make.generation(
        project=project,
        account=make.account(),
        stage=Stage.FAILED,
        fault="content",
        fault_message="No.",
        charged_milli=22_500,
    )
    found = run("show", str(row.uuid), "--json").json
    assert found["error"] == {"class": "content", "message": "No."}
    assert (found["credits"]["charged"], found["file"]) == (22.5, None)


def test_show_of_an_unknown_id_exits_1(run: Run) -> None:
    assert run("show", str(uuid4())).code == 1


def test_doctor_finds_nothing_bad_in_a_new_studio(run: Run) -> None:
    done = run("doctor")
    assert done.code == 0, done.out
    assert "No worker is running" in done.out
    assert "The ledger adds up" in done.out
    assert done.out.count("no account") == 4


def test_doctor_exits_1_for_a_key_that_does_not_open(run: Run) -> None:
    make.account()
    Key.objects.update(sealed="v1.broken")
    done = run("doctor")
    assert done.code == 1
    assert "does not open" in done.out


def test_doctor_warns_that_vendors_cannot_reach_a_live_studio(run: Run, settings: Any) -> None:
    settings.STUDIO_PUBLIC_URL = ""
    make.account()
    assert "STUDIO_PUBLIC_URL is not set" in run("doctor").out


def test_config_shows_every_variable_and_no_secret(run: Run) -> None:
    out = run("config").out
    assert "STUDIO_DATA_DIR" in out
    assert "only for tests" not in out
