"""The composer on the page: models, options, pictures, price, and Generate exactly once."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from html5lib import HTMLParser

from studio.ledger import verbs as ledger
from studio.models import Account, Generation, Input, Listing, PriceRule, Project, SourceImage
from studio.pipeline.quote import quote
from studio.vendors import VENDORS, all_models
from studio.views.desk import desk
from studio.views.picker import groups
from tests import make

HTMX = {"HTTP_HX_REQUEST": "true"}
EVERY = [f"{vendor.slug}/{spec.slug}" for vendor, spec in all_models()]
PHOTO = Path(__file__).parent.parent / "data" / "coffee.jpg"


def url(name: str, project: Project) -> str:
    return reverse(name, args=[project.uuid])


def order_of(**more: Any) -> dict[str, Any]:
    """What the composer sends for the simplest model."""
    return {
        "model_key": "remaker/text-1.0-standard",
        "drawn_for": "remaker/text-1.0-standard",
        "request_id": str(uuid4()),
        "prompt": "A boat turns in the fog",
        "video_ratio": "16:9",
        "duration": "5",
        **more,
    }


@pytest.fixture
def funded(account: Account) -> Account:
    """A pool of a hundred credits that is kept to."""
    ledger.open_account(account.pool_key, unit="milli", enforce=True)
    ledger.top_up(account.pool_key, 100_000, key="test")
    return account


@pytest.fixture
def accounts(db: None) -> dict[str, Account]:
    """A key for every vendor."""
    return {vendor: make.account(vendor=vendor) for vendor in VENDORS}


# --- the page and the fragment -------------------------------------------------------------------


@pytest.mark.parametrize("key", EVERY)
def test_every_model_has_a_composer_that_is_valid_html(
    key: str, client: Client, project: Project, accounts: dict[str, Account], image: SourceImage
) -> None:
    answer = client.get(url("compose", project), {"model_key": key})
    assert answer.status_code == 200
    parser = HTMLParser(strict=False)
    parser.parse(answer.content.decode())
    assert [name for _place, name, _words in parser.errors if name != "unknown"] == []
    found = re.findall(r'\sid="([^"]+)"', answer.content.decode())
    assert len(found) == len(set(found)), "ids are unique"


def test_the_composer_is_a_page_and_for_htmx_a_fragment(client: Client, project: Project) -> None:
    page = client.get(url("compose", project)).content.decode()
    part = client.get(url("compose", project), **HTMX).content.decode()
    assert "<html" in page
    assert "<html" not in part
    assert part.strip().startswith("<form")


def test_a_restored_history_entry_gets_the_whole_page(client: Client, project: Project) -> None:
    answer = client.get(url("compose", project), **HTMX, HTTP_HX_HISTORY_RESTORE_REQUEST="true")
    assert "<html" in answer.content.decode()


def test_an_unknown_model_opens_one_that_exists(client: Client, project: Project) -> None:
    answer = client.get(url("compose", project), {"model_key": "nobody/nothing"})
    assert answer.context["composer"].key in EVERY


def test_the_composer_opens_with_the_model_used_last(
    client: Client, project: Project, account: Account
) -> None:
    make.generation(project=project, account=account, model="image-1.0-pro")
    assert client.get(url("compose", project)).context["composer"].key == "remaker/image-1.0-pro"


def test_the_composer_opens_with_a_model_that_can_be_used(client: Client, project: Project) -> None:
    make.account(vendor="mnml")
    assert client.get(url("compose", project)).context["composer"].key == "mnml/kling-2.1-pro"


def test_changing_the_model_keeps_what_fits_and_says_the_rest(
    client: Client, project: Project, accounts: dict[str, Account]
) -> None:
    sent = order_of(model_key="remaker/text-1.0-turbo")
    answer = client.post(url("compose", project), sent, **HTMX)
    text = answer.content.decode()
    assert "A boat turns in the fog" in text
    assert "Length went back to 4 seconds" in text
    assert sent["request_id"] in text, "the form stays the same order"


def test_a_prompt_that_an_effect_hides_comes_back_without_it(
    client: Client, project: Project
) -> None:
    account = make.account(vendor="akool")
    entry = {"value": "squish-1", "label": "Squish", "preview": "", "logo": "", "facts": {}}
    Listing.objects.create(vendor="akool", name="effects", sandbox=False, entries=[entry])
    sent = {
        "model_key": "akool/image-to-video",
        "drawn_for": "akool/image-to-video",
        "effect_code": "squish-1",
        "prompt": "A boat turns",
    }
    hidden = client.post(url("compose", project), sent, **HTMX)
    assert "prompt" not in hidden.context["composer"].form.fields
    parked = hidden.context["composer"].parked
    assert parked == {"prompt": "A boat turns"}
    shown = client.post(url("compose", project), {**sent, "effect_code": "", **parked}, **HTMX)
    assert shown.context["composer"].form["prompt"].value() == "A boat turns"
    assert account.vendor == "akool"


# --- the picker ----------------------------------------------------------------------------------


def test_the_picker_shows_every_model_with_the_price_that_a_quote_gives(
    alice: Any, project: Project, accounts: dict[str, Account]
) -> None:
    PriceRule.objects.create(vendor="mnml", model="kling-2.1-pro", credits_milli=12_000)
    figures = desk().figures
    assert list(figures) == EVERY
    for vendor, spec in all_models():
        asked = quote(
            user=alice,
            project=project,
            model=f"{vendor.slug}/{spec.slug}",
            values=spec.defaults({}),
        )
        figure = figures[f"{vendor.slug}/{spec.slug}"]
        assert (figure.credits_milli, figure.about) == (asked.credits_milli, asked.about)
    assert figures["mnml/kling-2.1-pro"].credits_milli == 12_000


def test_the_picker_says_where_there_is_no_key_and_where_the_sandbox_plays(db: None) -> None:
    make.account(vendor="mnml", sandbox=True)
    make.account(vendor="akool", enabled=False)
    states = {group.vendor: group.state for group in groups("", desk())}
    assert states == {"remaker": "none", "reelbyte": "none", "mnml": "sandbox", "akool": "none"}


def test_the_picker_says_what_is_left_and_when_it_is_low(funded: Account) -> None:
    Account.objects.filter(pk=funded.pk).update(low_balance_milli=200_000)
    group = next(group for group in groups("", desk()) if group.vendor == funded.vendor)
    assert (group.words, group.level) == ("100 left, low", "bad")


# --- the price -----------------------------------------------------------------------------------


def test_the_price_follows_the_options(client: Client, project: Project, funded: Account) -> None:
    answer = client.post(url("price", project), order_of(duration="10"), **HTMX)
    text = answer.content.decode()
    assert "53 credits" in text
    assert "47 left afterwards" in text
    assert "<form" not in text


def test_the_sandbox_shows_the_price_and_says_that_nothing_is_spent(
    client: Client, project: Project
) -> None:
    make.account(vendor="remaker", sandbox=True)
    text = client.post(url("price", project), order_of(), **HTMX).content.decode()
    assert "27 credits" in text
    assert "nothing is spent" in text


def test_a_price_that_nobody_knows_is_not_invented(client: Client, project: Project) -> None:
    make.account(vendor="reelbyte")
    sent = {"model_key": "reelbyte/seedance-1-lite", "duration": "5", "resolution": "720p"}
    text = client.post(url("price", project), sent, **HTMX).content.decode()
    assert "Price set by the vendor" in text
    assert "Up to 100 credits" in text


def test_what_stands_in_the_way_is_said_with_a_way_out(
    client: Client, project: Project, funded: Account
) -> None:
    PriceRule.objects.create(vendor="remaker", model="text-1.0-standard", credits_milli=112_000)
    text = client.post(url("price", project), order_of(), **HTMX).content.decode()
    assert "12 credits short" in text
    assert "#picker-summary" in text
    assert "data-blocked" in text


def test_no_key_is_said_before_generate(client: Client, project: Project) -> None:
    text = client.get(url("compose", project), {"model_key": "mnml/kling-2.1-pro"}).content.decode()
    assert "There is no key for mnml yet" in text


@override_settings(STUDIO_PUBLIC_URL="")
def test_a_picture_out_of_reach_is_said_at_its_field(
    client: Client, project: Project, account: Account, image: SourceImage
) -> None:
    sent = {"model_key": "remaker/image-1.0-pro", "image": str(image.uuid), "duration": "5"}
    text = client.post(url("price", project), sent, **HTMX).content.decode()
    assert "no address it can reach" in text
    assert 'href="#field-image"' in text


# --- Generate ------------------------------------------------------------------------------------


def test_generate_orders_and_leads_to_the_gallery(
    client: Client, project: Project, account: Account
) -> None:
    answer = client.post(url("generate", project), order_of())
    assert answer.status_code == 302
    assert answer["Location"] == project.get_absolute_url()
    made = Generation.objects.get()
    assert made.values == {
        "prompt": "A boat turns in the fog",
        "video_ratio": "16:9",
        "duration": "5",
    }
    assert made.asked_milli == 27_000


def test_beside_the_gallery_the_new_card_comes_at_once_and_the_form_stays(
    client: Client, project: Project, account: Account
) -> None:
    sent = order_of(project=str(project.uuid), after="0", tab="all")
    answer = client.post(url("generate", project), sent, **HTMX)
    text = answer.content.decode()
    made = Generation.objects.get()
    assert answer.status_code == 200
    assert answer["HX-Reswap"] == "none", "what was typed is not drawn anew"
    assert f'id="card-{made.uuid}"' in text
    assert 'hx-swap-oob="afterbegin:#grid"' in text
    assert 'hx-trigger="every 2s"' in text, "the poller is armed again"
    assert f'name="after" value="{made.pk}"' in text
    assert sent["request_id"] not in text, "the next press is a new order"


def test_away_from_the_gallery_htmx_is_led_to_it(
    client: Client, project: Project, account: Account
) -> None:
    answer = client.post(url("generate", project), order_of(), **HTMX)
    assert answer.status_code == 204
    assert answer["HX-Redirect"] == project.get_absolute_url()


def test_a_second_press_finds_the_first_order(
    client: Client, project: Project, account: Account
) -> None:
    sent = order_of()
    for _press in range(2):
        client.post(url("generate", project), sent)
    assert Generation.objects.count() == 1


def test_a_changed_form_of_an_old_order_is_not_ordered_in_silence(
    client: Client, project: Project, account: Account
) -> None:
    sent = order_of(after="0", tab="all")
    client.post(url("generate", project), sent, **HTMX)
    answer = client.post(url("generate", project), {**sent, "prompt": "Another"}, **HTMX)
    assert Generation.objects.count() == 1
    assert "ordered already" in answer["HX-Trigger"]


def test_a_model_that_was_only_ticked_is_shown_before_it_is_ordered(
    client: Client, project: Project, account: Account
) -> None:
    answer = client.post(
        url("generate", project), order_of(model_key="remaker/text-1.0-pro"), **HTMX
    )
    assert Generation.objects.count() == 0
    assert answer.context["composer"].key == "remaker/text-1.0-pro"


def test_a_mistake_is_422_and_keeps_every_letter(
    client: Client, project: Project, account: Account
) -> None:
    long = "x" * 1501
    answer = client.post(url("generate", project), order_of(prompt=long, duration="7"), **HTMX)
    text = answer.content.decode()
    assert answer.status_code == 422
    assert long in text
    assert 'href="#field-prompt"' in text
    assert 'href="#field-duration"' in text
    assert "data-summary" in text
    assert Generation.objects.count() == 0


def test_after_a_mended_mistake_the_form_is_drawn_without_it(
    client: Client, project: Project, account: Account
) -> None:
    sent = order_of(after="0", tab="all", mended="1")
    answer = client.post(url("generate", project), sent, **HTMX)
    assert "HX-Reswap" not in answer
    assert "A boat turns in the fog" in answer.content.decode()
    assert sent["request_id"] not in answer.content.decode()


def test_too_few_credits_are_402_with_a_toast_and_the_form(
    client: Client, project: Project, funded: Account
) -> None:
    PriceRule.objects.create(vendor="remaker", model="text-1.0-standard", credits_milli=112_000)
    answer = client.post(url("generate", project), order_of(), **HTMX)
    assert answer.status_code == 402
    assert "Nothing was sent" in answer["HX-Trigger"]
    assert "A boat turns in the fog" in answer.content.decode()
    assert Generation.objects.count() == 0


def test_no_account_is_said_in_the_form(client: Client, project: Project) -> None:
    answer = client.post(url("generate", project), order_of(), **HTMX)
    assert answer.status_code == 422
    assert "There is no key" in answer.content.decode()


def test_somebody_elses_form_orders_nothing(
    client: Client, project: Project, account: Account, bob: Any
) -> None:
    sent = order_of()
    client.post(url("generate", project), sent)
    other = Client()
    other.force_login(bob)
    answer = other.post(url("generate", project), sent)
    assert answer.status_code == 422
    assert Generation.objects.count() == 1


@pytest.mark.parametrize("text", ["", "x", "7" * 64])
def test_a_form_without_a_usable_request_id_is_still_one_order(
    text: str, client: Client, project: Project, account: Account
) -> None:
    assert client.post(url("generate", project), order_of(request_id=text)).status_code == 302
    assert Generation.objects.count() == 1


# --- pictures ------------------------------------------------------------------------------------


def with_image(**more: Any) -> dict[str, Any]:
    """What the composer sends for a model that uploads its picture."""
    return {
        "model_key": "mnml/kling-2.1-pro",
        "drawn_for": "mnml/kling-2.1-pro",
        "request_id": str(uuid4()),
        "prompt": "A boat turns",
        "duration": "5",
        "aspect_ratio": "16:9",
        "movement_type": "zoom_in",
        **more,
    }


def photo(name: str = "coffee.jpg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, PHOTO.read_bytes(), "image/jpeg")


def test_a_picture_is_taken_in_and_chosen_in_its_field(client: Client, project: Project) -> None:
    sent = with_image(**{"end_image-file": photo()})
    answer = client.post(url("image_add", project), sent, **HTMX)
    taken = SourceImage.objects.get()
    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'name="end_image" value="{taken.uuid}"' in text
    assert 'id="field-end_image"' in text
    assert 'id="field-image"' not in text
    assert answer["HX-Trigger-After-Settle"] == "reprice"


def test_a_file_that_is_no_picture_is_refused_at_its_field(
    client: Client, project: Project
) -> None:
    text = SimpleUploadedFile("cat.jpg", b"not a picture at all", "image/jpeg")
    answer = client.post(url("image_add", project), with_image(**{"image-file": text}), **HTMX)
    assert answer.status_code == 422
    assert "not a picture" in answer.content.decode()
    assert SourceImage.objects.count() == 0


def test_a_link_into_the_private_network_is_refused_at_its_field(
    client: Client, project: Project
) -> None:
    sent = with_image(**{"image-link": "http://127.0.0.1:9/cat.jpg"})
    answer = client.post(url("image_add", project), sent, **HTMX)
    assert answer.status_code == 422
    assert "public https address" in answer.content.decode()


def test_without_script_a_file_comes_with_generate(client: Client, project: Project) -> None:
    make.account(vendor="mnml")
    answer = client.post(url("generate", project), with_image(**{"image-file": photo()}))
    assert answer.status_code == 302
    made = Generation.objects.get()
    assert made.inputs.get().image == SourceImage.objects.get()


def test_without_script_an_added_picture_leads_back_to_the_composer(
    client: Client, project: Project
) -> None:
    answer = client.post(url("image_add", project), with_image(**{"image-file": photo()}))
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert page.context["composer"].form["image"].chosen == [SourceImage.objects.get()]


def test_a_picture_of_the_project_is_picked_and_let_go(
    client: Client, project: Project, image: SourceImage
) -> None:
    picked = client.post(
        url("compose", project), with_image(**{"image-pick": str(image.uuid)}), **HTMX
    )
    assert picked.context["composer"].form["image"].chosen == [image]
    dropped = client.post(
        url("compose", project),
        with_image(image=str(image.uuid), **{"image-drop": str(image.uuid)}),
        **HTMX,
    )
    assert dropped.context["composer"].form["image"].chosen == []


def test_a_picture_that_is_picked_twice_is_chosen_once(
    client: Client, project: Project, image: SourceImage
) -> None:
    sent = {
        "model_key": "reelbyte/custom-video",
        "image": str(image.uuid),
        "image-pick": str(image.uuid),
    }
    answer = client.post(url("compose", project), sent, **HTMX)
    assert answer.context["composer"].form["image"].chosen == [image]


def test_an_old_picture_that_is_chosen_stays_on_the_shelf(
    client: Client, project: Project, image: SourceImage
) -> None:
    for number in range(13):
        make.image(project=project, name=f"{number}.jpg")
    answer = client.get(
        url("compose", project), {"model_key": "mnml/kling-2.1-pro", "image": str(image.uuid)}
    )
    assert answer.context["composer"].form["image"].chosen == [image]


def test_a_picture_opens_a_model_that_starts_from_one(
    client: Client, project: Project, image: SourceImage, account: Account
) -> None:
    answer = client.get(project.get_absolute_url(), {"image": str(image.uuid)})
    composer = answer.context["composer"]
    assert "image" in composer.form.fields
    assert composer.form["image"].chosen == [image]


def test_a_foreign_picture_in_the_form_is_a_form_error(
    client: Client, project: Project, charlie: Any
) -> None:
    make.account(vendor="mnml")
    foreign = make.image(project=make.project(owner=charlie, name="Elsewhere"))
    answer = client.post(url("generate", project), with_image(image=str(foreign.uuid)), **HTMX)
    assert answer.status_code == 422
    assert "not in this project" in answer.content.decode()
    assert Generation.objects.count() == 0


def test_a_sound_is_taken_in_and_chosen(client: Client, project: Project) -> None:
    tone = SimpleUploadedFile("tone.mp3", (PHOTO.parent / "tone.mp3").read_bytes(), "audio/mpeg")
    sent = {"model_key": "akool/image-to-video", "audio_type": "2", "audio-file": tone}
    answer = client.post(url("sound_add", project), sent, **HTMX)
    assert answer.status_code == 200
    assert f'name="audio" value="{project.sounds.get().uuid}"' in answer.content.decode()


# --- once more -----------------------------------------------------------------------------------


def test_the_settings_of_an_earlier_order_fill_the_composer_with_its_pictures(
    client: Client, project: Project, image: SourceImage
) -> None:
    account = make.account(vendor="mnml")
    earlier = make.generation(
        project=project,
        account=account,
        stage="failed",
        model="kling-2.1-pro",
        prompt="Slow push in",
        values={"prompt": "Slow push in", "duration": "10", "cfg_scale": 0.8},
        image=image,
    )
    composer = client.get(project.get_absolute_url(), {"from": str(earlier.uuid)}).context[
        "composer"
    ]
    assert composer.key == "mnml/kling-2.1-pro"
    assert composer.form["prompt"].value() == "Slow push in"
    assert composer.form["duration"].value() == "10"
    assert composer.form["cfg_scale"].value() == 0.8
    assert composer.form["image"].chosen == [image]
    assert composer.retry_of == earlier.uuid


def test_an_order_made_from_a_failed_one_remembers_it(
    client: Client, project: Project, account: Account
) -> None:
    earlier = make.generation(project=project, account=account, stage="failed")
    client.post(url("generate", project), order_of(retry_of=str(earlier.uuid)))
    assert Generation.objects.exclude(pk=earlier.pk).get().retry_of == earlier


def test_make_again_orders_the_same_once_with_its_pictures(
    client: Client, project: Project, image: SourceImage
) -> None:
    account = make.account(vendor="mnml")
    values = {
        "prompt": "Push in",
        "duration": "10",
        "aspect_ratio": "1:1",
        "movement_type": "zoom_in",
        "cfg_scale": 0.8,
    }
    earlier = make.generation(
        project=project,
        account=account,
        stage="failed",
        model="kling-2.1-pro",
        prompt="Push in",
        values=values,
        image=image,
    )
    sent = {"retry_of": str(earlier.uuid), "request_id": str(uuid4())}
    for _press in range(2):
        assert client.post(url("generate", project), sent).status_code == 302
    again = Generation.objects.exclude(pk=earlier.pk).get()
    assert again.values == values
    assert again.retry_of == earlier
    assert again.inputs.get(kind=Input.Kind.START).image == image


def test_make_again_of_another_project_orders_nothing(
    client: Client, project: Project, account: Account, alice: Any
) -> None:
    elsewhere = make.project(owner=alice, name="Elsewhere")
    earlier = make.generation(project=elsewhere, account=account, stage="failed")
    client.post(url("generate", project), {"retry_of": str(earlier.uuid)})
    assert Generation.objects.count() == 1


# --- queries -------------------------------------------------------------------------------------


def test_generate_stays_within_its_queries(
    client: Client,
    project: Project,
    funded: Account,
    django_assert_max_num_queries: Any,
) -> None:
    client.get(url("compose", project))
    with django_assert_max_num_queries(60):
        client.post(url("generate", project), order_of(after="0", tab="all"), **HTMX)


def test_the_price_stays_within_its_queries(
    client: Client, project: Project, funded: Account, django_assert_max_num_queries: Any
) -> None:
    client.get(url("compose", project))
    with django_assert_max_num_queries(16):
        client.post(url("price", project), order_of(), **HTMX)
