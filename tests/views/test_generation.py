"""The page of one generation, which is also the dialog: everything asked, paid, said and kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from html5lib import HTMLParser

from studio import clock
from studio.ledger import verbs as ledger
from studio.models import Account, Generation, Link, Project, SourceImage, Stage, Video
from tests import make
from tests.views.conftest import Enter

HTMX = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "dialog"}


def page(client: Client, row: Generation, **headers: Any) -> str:
    answer = client.get(row.get_absolute_url(), **headers)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.parametrize("stage", Stage)
def test_every_stage_is_a_valid_page_and_a_dialog(
    stage: str, client: Client, project: Project, account: Account, image: SourceImage
) -> None:
    row = make.generation(project=project, account=account, stage=stage, image=image)
    if stage == Stage.READY:
        make.video(generation=row)
    parser = HTMLParser(strict=False)
    parser.parse(page(client, row))
    assert parser.errors == []
    part = page(client, row, **HTMX)
    assert "<html" not in part
    assert '<h2 class="take-title"' in part, "the page below has the first heading"
    assert "<h1" in page(client, row)


def test_a_ready_one_plays_downloads_and_tells_its_facts(
    client: Client, video: Video, generation: Generation
) -> None:
    Generation.objects.update(seed=123456, price_micros_per_credit=30_000)
    text = page(client, generation)
    base = f"/videos/{video.uuid}/"
    assert f'src="{base}video.mp4"' in text
    assert f'poster="{base}poster.webp"' in text
    assert f"{base}video.mp4?download" in text
    assert "27 credits · $0.81" in text
    assert "123456" in text
    assert "5 seconds" in text, "a choice is told by its label"
    assert "Ordered by" in text


def test_a_still_picture_is_shown_whole(client: Client, project: Project, account: Account) -> None:
    row = make.generation(project=project, account=account, stage=Stage.READY, makes="image")
    still = make.image(project=project, generation=row)
    text = page(client, row)
    assert reverse("image_file", args=[still.uuid, "image"]) in text
    assert f"?image={still.uuid}" in text


def test_the_story_is_told_in_order_with_what_the_vendor_fetched(
    client: Client, generation: Generation, video: Video
) -> None:
    Generation.objects.update(ordered_at=clock.now() - timedelta(minutes=2))
    generation.note("fetched", "coffee.jpg")
    text = page(client, generation)
    told = ["Ordered</li>", "Sent to Remaker", "Accepted by Remaker", "Remaker fetched coffee.jpg"]
    places = [text.index(words) for words in told]
    assert places == sorted(places)


def test_the_vendors_date_of_deletion_stands_beside_our_own_copy(
    client: Client, generation: Generation, video: Video
) -> None:
    Generation.objects.update(vendor_keeps_until=clock.now())
    assert "Remaker deletes it" in page(client, generation)


def test_the_raw_answer_is_shown_as_text_and_given_as_json(
    client: Client, generation: Generation, video: Video
) -> None:
    said = {"message": "</pre><script>alert(1)</script>"}
    Generation.objects.update(raw_answer=said)
    text = page(client, generation)
    assert "<script>alert" not in text
    answer = client.get(reverse("raw", args=[generation.uuid]))
    assert answer.json() == {"request": None, "answer": said}


def test_an_order_in_doubt_shows_the_evidence_and_offers_no_repeat(
    client: Client, project: Project, account: Account, image: SourceImage
) -> None:
    row = make.generation(project=project, account=account, stage=Stage.IN_DOUBT, image=image)
    token = make.link(generation=row, image=image)
    text = page(client, row)
    assert "may have been charged" in text
    assert "Remaker has not fetched the picture" in text
    assert "never sent again by itself" in text
    assert "Make again" not in text
    client.get(reverse("link_file", args=[token, "coffee.jpg"])).getvalue()
    assert Link.objects.get().first_fetched_at
    assert "it probably has the order" in page(client, row)


def test_a_failed_one_says_what_happened_to_the_money_and_what_again_would_cost(
    client: Client, project: Project, account: Account
) -> None:
    row = make.generation(
        project=project,
        account=account,
        stage=Stage.FAILED,
        fault="content",
        fault_message="Your prompt was flagged <b>",
        charged_milli=27_000,
    )
    text = page(client, row)
    assert "Change the prompt" in text
    assert "flagged &lt;b&gt;" in text
    assert "does not say whether it refunds" in text
    assert "Make again" in text
    assert "27 credits" in text


def test_make_again_is_not_offered_when_it_cannot_be_paid(
    client: Client, project: Project, account: Account
) -> None:
    ledger.open_account(account.pool_key, unit="milli", enforce=True)
    row = make.generation(project=project, account=account, stage=Stage.FAILED, charged_milli=0)
    assert "Make again" not in page(client, row)


def test_neighbours_are_those_of_the_gallery(
    client: Client, project: Project, account: Account
) -> None:
    rows = [
        make.generation(project=project, account=account, stage=Stage.CANCELLED)
        for _number in range(3)
    ]
    answer = client.get(rows[1].get_absolute_url())
    assert answer.context["newer"] == rows[2]
    assert answer.context["older"] == rows[0]


def test_a_viewer_sees_everything_and_changes_nothing(
    enter: Enter, generation: Generation, video: Video
) -> None:
    text = page(enter("viewer"), generation)
    assert "Download" in text
    assert "favourite/" not in text
    assert "Use these settings" not in text


def test_a_model_that_is_no_longer_offered_is_still_told(
    client: Client, project: Project, account: Account
) -> None:
    row = make.generation(
        project=project, account=account, stage=Stage.FAILED, model="forgotten", charged_milli=0
    )
    text = page(client, row)
    assert "forgotten" in text
    assert "Make again" not in text


# --- taking back, starring -----------------------------------------------------------------------


def test_an_order_is_taken_back_before_it_is_sent(
    client: Client, project: Project, account: Account
) -> None:
    ledger.open_account(account.pool_key, unit="milli", enforce=False)
    row = make.generation(project=project, account=account)
    ledger.place_hold(row.hold_key, {account.pool_key: 27_000})
    answer = client.post(reverse("cancel", args=[row.uuid]), HTTP_HX_REQUEST="true")
    row.refresh_from_db()
    assert row.stage == Stage.CANCELLED
    assert f'id="card-{row.uuid}"' in answer.content.decode()
    assert "set free" in answer.content.decode()


def test_too_late_is_said_and_the_card_shows_why(
    client: Client, project: Project, account: Account
) -> None:
    row = make.generation(project=project, account=account, stage=Stage.WORKING)
    answer = client.post(reverse("cancel", args=[row.uuid]), HTTP_HX_REQUEST="true")
    row.refresh_from_db()
    assert row.stage == Stage.WORKING
    assert "cannot be stopped" in answer["HX-Trigger"]
    assert "Working" in answer.content.decode()


def test_a_star_is_set_outright_so_that_two_presses_agree(
    client: Client, generation: Generation, video: Video
) -> None:
    for _press in range(2):
        client.post(reverse("favourite", args=[generation.uuid]), {"on": "1"})
    generation.refresh_from_db()
    assert generation.favourite
    assert generation.version == 1, "no card is drawn anew for a star"
    client.post(reverse("favourite", args=[generation.uuid]), {"on": "0"})
    generation.refresh_from_db()
    assert not generation.favourite


def test_a_star_in_the_dialog_changes_the_one_on_the_card(
    client: Client, generation: Generation, video: Video
) -> None:
    answer = client.post(
        reverse("favourite", args=[generation.uuid]),
        {"on": "1"},
        HTTP_HX_REQUEST="true",
        HTTP_HX_TRIGGER=f"take-star-{generation.uuid}",
    )
    text = answer.content.decode()
    assert f'id="take-star-{generation.uuid}"' in text
    assert f'id="star-{generation.uuid}" hx-swap-oob="true"' in text
    assert text.count('aria-pressed="true"') == 2


def test_the_page_stays_within_its_queries(
    client: Client,
    generation: Generation,
    video: Video,
    django_assert_max_num_queries: Any,
) -> None:
    client.get(generation.get_absolute_url())
    with django_assert_max_num_queries(14):
        client.get(generation.get_absolute_url(), **HTMX)
