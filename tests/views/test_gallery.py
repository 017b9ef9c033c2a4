"""The gallery: every stage has its card, pages by key, and costs the same however long it grows."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from html5lib import HTMLParser

from studio import clock
from studio.models import UNFINISHED, Account, Generation, Project, SourceImage, Stage
from studio.views.cards import card, cards
from studio.views.studio import PAGE
from studio.views.usual import in_words, usual
from tests import make
from tests.views.conftest import Enter

HTMX = {"HTTP_HX_REQUEST": "true"}

WORDS = {
    Stage.ORDERED: "Waiting",
    Stage.SENDING: "Sending",
    Stage.IN_DOUBT: "Sent, no answer",
    Stage.WORKING: "Working",
    Stage.SAVING: "Saving a copy",
    Stage.REFUSED: "Vendor trouble",
    Stage.FAILED: "Vendor trouble",
    Stage.LOST: "Lost at the vendor",
    Stage.CANCELLED: "Cancelled",
}


def drawn(row: Generation) -> Generation:
    return Generation.objects.drawn().get(pk=row.pk)


@pytest.fixture
def rows(project: Project, account: Account) -> dict[str, Generation]:
    """An order at every stage."""
    made = {
        stage: make.generation(project=project, account=account, stage=stage) for stage in Stage
    }
    make.video(generation=made[Stage.READY])
    return made


# --- cards ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", WORDS)
def test_every_stage_has_its_words_and_its_money(stage: str, rows: dict[str, Generation]) -> None:
    made = card(drawn(rows[stage]), may_edit=True)
    assert made.status == WORDS[stage]
    assert made.status in made.html
    assert made.figure == "27"
    assert made.money or stage in (Stage.SAVING, Stage.READY)


@pytest.mark.parametrize("stage", Stage)
def test_what_is_unfinished_tells_its_version_and_nothing_else_does(
    stage: str, rows: dict[str, Generation]
) -> None:
    made = card(drawn(rows[stage]), may_edit=True)
    told = f'name="c" value="{rows[stage].uuid}:1"' in made.html
    assert told is (stage in UNFINISHED)


def test_a_ready_card_shows_poster_preview_length_and_ways_on(
    rows: dict[str, Generation],
) -> None:
    made = card(drawn(rows[Stage.READY]), may_edit=True)
    base = f"/videos/{rows[Stage.READY].video.uuid}/"
    assert made.poster == f"{base}poster.webp"
    assert f'data-preview="{base}preview.mp4"' in made.html
    assert f"{base}video.mp4?download" in made.html
    assert made.length == "1 s"


def test_a_card_that_waits_shows_the_picture_it_starts_from(
    project: Project, account: Account, image: SourceImage
) -> None:
    row = make.generation(project=project, account=account, image=image)
    assert card(drawn(row), may_edit=True).source == reverse(
        "image_file", args=[image.uuid, "thumb"]
    )


def test_a_still_picture_can_be_animated(project: Project, account: Account) -> None:
    row = make.generation(project=project, account=account, stage=Stage.READY, makes="image")
    still = make.image(project=project, generation=row)
    made = card(drawn(row), may_edit=True)
    assert made.is_image
    assert made.animate == f"{project.get_absolute_url()}?image={still.uuid}"
    assert made.animate in made.html


def test_an_order_waits_for_a_reason_that_is_said(project: Project, account: Account) -> None:
    row = make.generation(project=project, account=account)
    account.hold_back("credits", None)
    assert "out of credits" in card(drawn(row), may_edit=True).detail


def test_the_sandbox_is_marked_on_every_card(project: Project) -> None:
    played = make.account(vendor="mnml", sandbox=True)
    for stage in Stage:
        row = make.generation(project=project, account=played, stage=stage)
        assert "nothing spent" in card(drawn(row), may_edit=True).html


def test_a_prompt_is_shown_as_words_and_never_as_markup(project: Project, account: Account) -> None:
    evil = '"><script>alert(1)</script>'
    row = make.generation(project=project, account=account, prompt=evil)
    html = card(drawn(row), may_edit=True).html
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_a_viewer_sees_no_button_that_changes_anything(
    rows: dict[str, Generation], enter: Enter, project: Project
) -> None:
    text = enter("viewer").get(project.get_absolute_url()).content.decode()
    assert "favourite/" not in text
    assert "cancel/" not in text
    assert 'id="composer"' not in text
    assert rows[Stage.READY].get_absolute_url() in text


def test_the_same_card_is_drawn_once_for_everybody(rows: dict[str, Generation]) -> None:
    first = card(drawn(rows[Stage.READY]), may_edit=True)
    second = card(drawn(rows[Stage.READY]), may_edit=True)
    assert first.html is second.html
    rows[Stage.READY].star(on=True)
    assert card(drawn(rows[Stage.READY]), may_edit=True).html != first.html


# --- usual times ---------------------------------------------------------------------------------


def finish(project: Project, account: Account, seconds: int) -> None:
    now = clock.now()
    make.generation(
        project=project,
        account=account,
        stage=Stage.READY,
        accepted_at=now - timedelta(seconds=seconds),
        finished_at=now,
    )


def test_nothing_is_said_of_the_time_without_a_history(project: Project, account: Account) -> None:
    finish(project, account, 60)
    finish(project, account, 90)
    assert usual([("remaker", "text-1.0-standard", False)]) == {}
    row = make.generation(project=project, account=account, stage=Stage.WORKING)
    assert cards([drawn(row)], may_edit=True)[0].usual == ""


def test_the_usual_time_is_the_middle_and_nine_in_ten_of_our_own_history(
    project: Project, account: Account
) -> None:
    for seconds in (60, 90, 120, 150, 180):
        finish(project, account, seconds)
    row = make.generation(project=project, account=account, stage=Stage.WORKING)
    made = cards([drawn(row)], may_edit=True)[0]
    assert made.usual == "usually 2:00 to 2:48"
    assert not made.slow


def test_an_order_that_takes_longer_than_nine_in_ten_is_called_slow(
    project: Project, account: Account
) -> None:
    for seconds in (10, 10, 10):
        finish(project, account, seconds)
    row = make.generation(
        project=project,
        account=account,
        stage=Stage.WORKING,
        accepted_at=clock.now() - timedelta(seconds=60),
    )
    made = cards([drawn(row)], may_edit=True)[0]
    assert made.slow
    assert "still asking" in made.html


def test_the_sandbox_says_nothing_of_how_long_a_vendor_takes(
    project: Project, account: Account
) -> None:
    played = make.account(vendor="remaker", name="sandbox", sandbox=True)
    for seconds in (1, 1, 1):
        finish(project, played, seconds)
    assert usual([("remaker", "text-1.0-standard", False)]) == {}
    assert in_words(usual([("remaker", "text-1.0-standard", True)]).popitem()[1]) == "usually 1 s"


# --- the page ------------------------------------------------------------------------------------


def test_a_page_with_every_stage_is_valid_html_without_repeated_ids(
    client: Client, project: Project, rows: dict[str, Generation]
) -> None:
    text = client.get(project.get_absolute_url()).content.decode()
    parser = HTMLParser(strict=False)
    parser.parse(text)
    assert parser.errors == []
    found = re.findall(r'\sid="([^"]+)"', text)
    assert len(found) == len(set(found))


def test_the_title_counts_what_is_in_progress(
    client: Client, project: Project, rows: dict[str, Generation]
) -> None:
    text = client.get(project.get_absolute_url()).content.decode()
    assert f"<title>({len(UNFINISHED)}) Autumn campaign · Rushes</title>" in text


@pytest.mark.parametrize(
    ("tab", "stages"),
    [
        ("all", set(Stage)),
        ("progress", UNFINISHED),
        ("ready", {Stage.READY}),
        ("failed", {Stage.FAILED, Stage.REFUSED, Stage.LOST, Stage.CANCELLED}),
        ("starred", {Stage.FAILED}),
        ("nonsense", set(Stage)),
    ],
)
def test_each_tab_shows_its_part(
    tab: str,
    stages: set[str],
    client: Client,
    project: Project,
    rows: dict[str, Generation],
) -> None:
    rows[Stage.FAILED].star(on=True)
    text = client.get(project.get_absolute_url(), {"tab": tab}).content.decode()
    shown = {stage for stage, row in rows.items() if f'id="card-{row.uuid}"' in text}
    assert shown == stages


def test_what_is_in_the_trash_is_shown_nowhere(
    client: Client, project: Project, rows: dict[str, Generation]
) -> None:
    Generation.objects.update(trashed_at=clock.now())
    for tab in ("all", "progress", "ready", "failed", "starred"):
        page = client.get(project.get_absolute_url(), {"tab": tab})
        assert page.context["cards"] == []


def test_older_cards_come_by_key_and_each_comes_once(
    client: Client, project: Project, account: Account
) -> None:
    made = [str(make.generation(project=project, account=account).uuid) for _n in range(PAGE + 5)]
    first = client.get(project.get_absolute_url())
    seen = [one.uuid for one in first.context["cards"]]
    assert len(seen) == PAGE
    rest = client.get(project.get_absolute_url(), {"before": first.context["older"]}, **HTMX)
    text = rest.content.decode()
    assert text.strip().startswith("<article")
    assert 'id="gallery"' not in text
    assert "Show older" not in text
    seen += [one.uuid for one in rest.context["cards"]]
    assert seen == made[::-1]


def test_without_script_older_cards_are_a_page_with_a_way_back(
    client: Client, project: Project, account: Account
) -> None:
    for _number in range(PAGE + 1):
        make.generation(project=project, account=account)
    older = client.get(project.get_absolute_url()).context["older"]
    text = client.get(project.get_absolute_url(), {"before": older}).content.decode()
    assert "<html" in text
    assert "Back to the newest" in text


@pytest.mark.parametrize("before", ["x", "-1", "1e9", "9" * 40, "٣"])
def test_a_nonsense_key_is_the_first_page(
    before: str, client: Client, project: Project, generation: Generation
) -> None:
    page = client.get(project.get_absolute_url(), {"before": before})
    assert [one.uuid for one in page.context["cards"]] == [str(generation.uuid)]


def test_an_empty_project_says_how_to_begin(client: Client, project: Project) -> None:
    text = client.get(project.get_absolute_url()).content.decode()
    assert "Nothing here yet" in text
    assert 'hx-trigger="every' not in text, "nothing to wait for, nothing asked"


def test_a_tab_is_the_gallery_alone_for_htmx(
    client: Client, project: Project, generation: Generation
) -> None:
    text = client.get(project.get_absolute_url(), {"tab": "ready"}, **HTMX).content.decode()
    assert text.strip().startswith("<section")
    assert 'id="composer"' not in text


# --- queries -------------------------------------------------------------------------------------


def fill(project: Project, account: Account, image: SourceImage, count: int) -> None:
    for number in range(count):
        stage = list(Stage)[number % len(Stage)]
        row = make.generation(project=project, account=account, stage=stage, image=image)
        if stage == Stage.READY:
            make.video(generation=row)


@pytest.mark.parametrize("query", ["", "?tab=ready", "?tab=progress", "?tab=failed"])
def test_the_gallery_stays_within_its_queries(
    query: str,
    client: Client,
    project: Project,
    account: Account,
    image: SourceImage,
    django_assert_max_num_queries: Any,
) -> None:
    fill(project, account, image, 25)
    client.get(project.get_absolute_url())
    with django_assert_max_num_queries(9):
        client.get(project.get_absolute_url() + query, **HTMX)


def test_the_whole_page_costs_the_same_however_much_is_in_it(
    client: Client,
    project: Project,
    account: Account,
    image: SourceImage,
    django_assert_max_num_queries: Any,
) -> None:
    counts = []
    for more in (3, 40):
        fill(project, account, image, more)
        client.get(project.get_absolute_url())
        with django_assert_max_num_queries(22) as found:
            client.get(project.get_absolute_url())
        counts.append(len(found))
    assert counts[0] == counts[1]
