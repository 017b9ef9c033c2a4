"""The pulse: silence while nothing changes, only what changed when it does, and an end."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from studio import clock
from studio.models import Account, Generation, Project, Stage
from tests import make
from tests.views.conftest import Enter

HTMX = {"HTTP_HX_REQUEST": "true"}


def ask(client: Client, project: Project, *seen: Generation, **more: Any) -> HttpResponse:
    """What a page sends that shows these cards, each as it was when it was read."""
    after = max((row.pk for row in seen), default=0)
    sent = {
        "project": str(project.uuid),
        "after": str(after),
        "tab": "all",
        "c": [f"{row.uuid}:{row.version}" for row in seen],
        **more,
    }
    return client.get("/pulse", sent, **HTMX)


def shown(answer: HttpResponse) -> set[str]:
    return set(re.findall(r'<article[^>]* id="card-([0-9a-f-]+)"', answer.content.decode()))


@pytest.fixture
def working(project: Project, account: Account) -> Generation:
    return make.generation(project=project, account=account, stage=Stage.WORKING)


@pytest.fixture
def waiting(project: Project, account: Account) -> Generation:
    return make.generation(project=project, account=account, prompt="A second one")


def test_nothing_new_is_204_without_a_body(
    client: Client, project: Project, working: Generation, waiting: Generation
) -> None:
    answer = ask(client, project, working, waiting)
    assert answer.status_code == 204
    assert answer.content == b""


def test_only_the_card_that_changed_travels_out_of_band(
    client: Client, project: Project, working: Generation, waiting: Generation
) -> None:
    known = Generation.objects.get(pk=working.pk)
    working.move(Stage.WORKING, Stage.SAVING, charged_milli=27_000)
    answer = ask(client, project, known, waiting)
    assert answer.status_code == 200
    assert shown(answer) == {str(working.uuid)}
    text = answer.content.decode()
    assert re.search(rf'id="card-{working.uuid}"[^>]*hx-swap-oob="true"', text)
    assert "Saving a copy" in text
    assert "<html" not in text


def test_a_card_that_became_ready_is_announced_once(
    client: Client, project: Project, account: Account
) -> None:
    saving = make.generation(project=project, account=account, stage=Stage.SAVING)
    known = Generation.objects.get(pk=saving.pk)
    saving.move(Stage.SAVING, Stage.READY)
    make.video(generation=saving)
    text = ask(client, project, known).content.decode()
    assert "“Ink spreading in milk, very slow” is ready." in text
    assert 'hx-swap-oob="innerHTML:#live"' in text
    assert 'name="c"' not in text, "a finished card asks for nothing more"


def test_a_failure_is_announced_too(client: Client, project: Project, working: Generation) -> None:
    known = Generation.objects.get(pk=working.pk)
    working.move(Stage.WORKING, Stage.FAILED, fault="content", charged_milli=0)
    assert "failed." in ask(client, project, known).content.decode()


def test_a_new_card_comes_at_the_head_of_the_grid(
    client: Client, project: Project, working: Generation, account: Account
) -> None:
    fresh = make.generation(project=project, account=account, prompt="From another tab")
    answer = ask(client, project, working)
    text = answer.content.decode()
    assert shown(answer) == {str(fresh.uuid)}
    assert 'hx-swap-oob="afterbegin:#grid"' in text
    assert f'name="after" value="{fresh.pk}"' in text
    assert ask(client, project, working, fresh).status_code == 204


def test_a_tab_of_finished_videos_takes_no_new_orders(
    client: Client, project: Project, working: Generation, account: Account
) -> None:
    make.generation(project=project, account=account)
    assert shown(ask(client, project, working, tab="ready")) == set()


def test_a_card_that_was_put_away_is_taken_off_the_page(
    client: Client, project: Project, working: Generation
) -> None:
    Generation.objects.update(trashed_at=clock.now())
    text = ask(client, project, working).content.decode()
    assert f'<div id="card-{working.uuid}" hx-swap-oob="delete">' in text


def test_the_poll_ends_when_nothing_is_left_to_wait_for(
    client: Client, project: Project, generation: Generation
) -> None:
    answer = ask(client, project, after=str(generation.pk))
    assert answer.status_code == 286
    assert "hx-trigger" not in answer.content.decode()


def test_the_poll_goes_on_until_the_last_change_is_on_the_page(
    client: Client, project: Project, working: Generation
) -> None:
    """A card in use is not replaced: it asks again with its old version, and must be answered."""
    known = Generation.objects.get(pk=working.pk)
    working.move(Stage.WORKING, Stage.FAILED, charged_milli=0)
    for _time in range(2):
        assert ask(client, project, known).status_code == 200
    assert ask(client, project, after=str(working.pk)).status_code == 286


def test_a_changed_answer_carries_the_poller_and_the_title(
    client: Client, project: Project, working: Generation, waiting: Generation
) -> None:
    known = Generation.objects.get(pk=working.pk)
    working.move(Stage.WORKING, Stage.FAILED, charged_milli=0)
    text = ask(client, project, known, waiting).content.decode()
    assert 'id="pulse"' in text
    assert "<title>(1) Autumn campaign · Rushes</title>" in text
    assert 'hx-trigger="every 2s"' in text


@pytest.mark.parametrize(
    "sent",
    [
        {"c": "x"},
        {"c": ":"},
        {"c": "0" * 400},
        {"after": "x"},
        {"after": "9" * 60},
        {"tab": "<b>"},
        {"c": [f"00000000-0000-4000-8000-{n:012}:1" for n in range(300)]},
    ],
)
def test_nonsense_in_the_question_harms_nobody(
    sent: dict[str, Any], client: Client, project: Project, working: Generation
) -> None:
    question = {"project": str(project.uuid), **sent}
    assert client.get("/pulse", question, **HTMX).status_code in (200, 204, 286)


@pytest.mark.parametrize("project_id", ["", "x", "00000000-0000-4000-8000-000000000000"])
def test_a_project_that_is_not_there_is_404(project_id: str, client: Client) -> None:
    assert client.get("/pulse", {"project": project_id}, **HTMX).status_code == 404


def test_a_stranger_hears_nothing(enter: Enter, project: Project, working: Generation) -> None:
    assert ask(enter("charlie"), project, working).status_code == 404


def test_cards_of_another_project_are_not_told(
    client: Client, project: Project, account: Account, charlie: Any
) -> None:
    foreign = make.generation(
        project=make.project(owner=charlie, name="Elsewhere"), account=account
    )
    assert str(foreign.uuid) not in shown(ask(client, project, foreign, after="0"))


def test_a_viewer_gets_cards_without_buttons(
    enter: Enter, project: Project, working: Generation, account: Account
) -> None:
    make.generation(project=project, account=account)
    assert "cancel/" not in ask(enter("viewer"), project, working).content.decode()


def test_silence_costs_four_queries_however_many_cards_are_shown(
    client: Client,
    project: Project,
    account: Account,
    django_assert_max_num_queries: Any,
) -> None:
    rows = [make.generation(project=project, account=account) for _number in range(30)]
    for seen in (rows[-1:], rows):
        with django_assert_max_num_queries(4):
            assert ask(client, project, *seen).status_code == 204


def test_a_change_costs_the_same_for_one_card_and_for_many(
    client: Client,
    project: Project,
    account: Account,
    django_assert_max_num_queries: Any,
) -> None:
    rows = [make.generation(project=project, account=account) for _number in range(20)]
    known = list(Generation.objects.order_by("pk"))
    for count in (1, 20):
        for row in rows[:count]:
            row.change(then={"attempts": 1})
        with django_assert_max_num_queries(8):
            assert len(shown(ask(client, project, *known))) == count
