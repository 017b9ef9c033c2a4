"""A person, a photograph, four vendors: from the form to a video that plays, seeks and is owned."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import av
import pytest
from playwright.sync_api import Locator, Page, expect

from tests.sandboxed import ROOT
from tests.walk.conftest import PHOTOS, SignIn, Studio, faults

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

SECONDS = 40_000  # patience of an expectation, in milliseconds


def choose(page: Page, model: str) -> None:
    """Pick a model in the open list and wait until the form is its own."""
    form = page.locator("form#composer")
    if page.locator("#picker").get_attribute("open") is None:
        page.locator("#picker-summary").click()
    page.locator(f"input[name=model_key][value='{model}']").check(force=True)
    expect(form.locator("input[name=drawn_for]")).to_have_value(model)
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)
    page.wait_for_timeout(200)


def attach(page: Page, photo: str, field: str = "image") -> None:
    """Choose a file and wait until it was taken in."""
    page.locator(f"#id_{field}-file").set_input_files(PHOTOS / photo)
    expect(page.locator(f"#field-{field} .drop-chosen")).to_be_visible(timeout=SECONDS)


def generate(page: Page, prompt: str) -> Locator:
    """Write the prompt, press Generate; the card that appears."""
    box = page.locator("#composer [name=prompt]")
    box.fill(prompt)
    box.blur()
    page.locator("#generate").click()
    card = page.locator("article.card", has_text=prompt[:30]).first
    expect(card).to_be_visible()
    return card


@pytest.mark.parametrize(
    ("model", "photo"),
    [
        ("remaker/image-1.0-standard", "astronaut.png"),
        ("reelbyte/seedance-1-pro", "chelsea.png"),
        ("mnml/kling-2.1-pro", "coffee.png"),
        ("akool/image-to-video", "rocket.jpg"),
    ],
)
def test_a_photograph_becomes_a_video_that_plays_and_seeks(
    model: str, photo: str, studio: Studio, sign_in: SignIn
) -> None:
    page = sign_in()
    choose(page, model)
    attach(page, photo)
    assert faults(page) == []
    prompt = f"Walk with {model.partition('/')[0]}: the light moves slowly"
    card = generate(page, prompt)
    expect(card).to_have_attribute("data-state", "ready", timeout=SECONDS)
    expect(card.locator("img.card-poster")).to_be_visible()
    card.locator("h2 a").click()
    video = page.locator("video[controls]")
    expect(video).to_be_visible()
    assert faults(page) == []
    played = video.evaluate(
        """async (video) => {
             video.muted = true;
             await video.play();
             await new Promise((done) => setTimeout(done, 400));
             video.pause();
             const first = video.currentTime;
             video.currentTime = video.duration - 1;
             await new Promise((done) => video.addEventListener('seeked', done, {once: true}));
             return {first, at: video.currentTime, length: video.duration,
                     wide: video.videoWidth, seekable: video.seekable.end(0)};
           }"""
    )
    assert played["first"] > 0
    assert abs(played["at"] - (played["length"] - 1)) < 0.3
    assert played["seekable"] >= played["length"] - 0.1
    assert played["wide"] > 300
    details = page.locator("dialog[open]")
    expect(details).to_contain_text(prompt)
    with page.expect_download() as waiting:
        details.get_by_role("link", name="Download").first.click()
    body = Path(waiting.value.path()).read_bytes()
    with av.open(io.BytesIO(body)) as film:
        assert film.streams.video[0].codec_context.name == "h264"
    taken = [entry for entry in studio.sandbox.accepted() if prompt in entry["prompt"]]
    assert len(taken) == 1


def test_the_price_follows_every_option_before_anything_is_pressed(sign_in: SignIn) -> None:
    page = sign_in()
    choose(page, "remaker/text-1.0-standard")
    expect(page.locator("#price")).to_contain_text("27")
    page.locator("#composer input[name=duration][value='10']").check(force=True)
    expect(page.locator("#price")).to_contain_text("53")


def test_a_failure_says_what_to_do_and_what_became_of_the_money(sign_in: SignIn) -> None:
    page = sign_in()
    choose(page, "remaker/text-1.0-standard")
    card = generate(page, "This one will not work [[fault:fail]]")
    expect(card).to_have_attribute("data-state", "fell", timeout=SECONDS)
    expect(card).to_contain_text("Remaker")
    card.locator("h2 a").click()
    details = page.locator("dialog[open]")
    expect(details).to_contain_text("nothing was spent")
    expect(details).to_contain_text("could not make it")
    assert faults(page) == []


def test_a_lost_answer_is_shown_as_doubt_and_sent_once(studio: Studio, sign_in: SignIn) -> None:
    page = sign_in()
    choose(page, "remaker/text-1.0-standard")
    card = generate(page, "Nobody knows [[fault:drop_after]]")
    expect(card).to_have_attribute("data-state", "doubt", timeout=SECONDS)
    page.wait_for_timeout(3000)
    sent = [entry for entry in studio.sandbox.record() if "Nobody knows" in entry["prompt"]]
    assert len(sent) == 1


def test_a_refused_form_keeps_what_was_typed(sign_in: SignIn) -> None:
    page = sign_in()
    choose(page, "mnml/kling-2.1-pro")
    page.locator("#composer [name=prompt]").fill("a mountain at dawn")
    page.locator("#generate").click()
    summary = page.locator("[data-summary]")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("picture")
    expect(page.locator("#composer [name=prompt]")).to_have_value("a mountain at dawn")
    assert faults(page) == []


def test_a_file_that_is_no_picture_is_refused_with_its_rule(
    sign_in: SignIn, tmp_path: Path
) -> None:
    page = sign_in()
    choose(page, "mnml/kling-2.1-pro")
    trick = tmp_path / "trick.png"
    trick.write_text("<svg onload=alert(1)>")
    page.locator("#id_image-file").set_input_files(trick)
    expect(page.locator("#field-image")).to_contain_text("not a picture")


def test_settings_of_a_video_can_be_used_again(sign_in: SignIn) -> None:
    page = sign_in()
    choose(page, "remaker/text-1.0-turbo")
    card = generate(page, "Again and again over the hills")
    expect(card).to_have_attribute("data-state", "ready", timeout=SECONDS)
    card.locator("h2 a").click()
    dialog = page.locator("dialog[open]")
    dialog.get_by_role("link", name="Use these settings").first.click()
    expect(page.locator("input[name=drawn_for]")).to_have_value("remaker/text-1.0-turbo")
    expect(page.locator("#composer [name=prompt]")).to_have_value("Again and again over the hills")


def test_without_script_a_video_is_made_all_the_same(sign_in: SignIn) -> None:
    page = sign_in(script=False)
    page.locator("#picker-summary").click()
    page.locator("input[name=model_key][value='remaker/text-1.0-standard']").check(force=True)
    page.get_by_role("button", name="Update the options").last.click()
    page.locator("[name=prompt]").fill("No script, still a film")
    page.locator("#generate").click()
    page.get_by_role("heading", name="demo", exact=True).wait_for()
    for _ in range(60):
        card = page.locator("article.card", has_text="No script, still a film").first
        if card.get_attribute("data-state") == "ready":
            break
        page.wait_for_timeout(500)
        page.reload()
    card.locator("h2 a").click()
    expect(page.locator("video[controls]")).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_phone_shows_everything_without_scrolling_sideways(theme: str, sign_in: SignIn) -> None:
    page = sign_in(width=390, theme=theme)
    page.locator("article.card").first.wait_for()
    wide = page.evaluate("() => document.scrollingElement.scrollWidth")
    assert wide <= 390
    assert faults(page) == []


def test_the_shell_orders_like_the_page(studio: Studio) -> None:
    command = [
        sys.executable, "manage.py", "generate", "--project", "demo",
        "--model", "remaker/image-1.0-standard", "--prompt", "From a shell",
        "--image", str(PHOTOS / "coffee.png"), "--set", "duration=5",
        "--wait", "--timeout", "40", "--json",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, env=studio.env, capture_output=True, text=True, timeout=90
    )
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["stage"]) == (0, "ready"), done.stdout + done.stderr
    assert facts["credits"] == {"asked": 27, "charged": 27}
    assert Path(facts["file"]).stat().st_size > 10_000


def test_the_shell_says_why_nothing_was_ordered(studio: Studio) -> None:
    command = [
        sys.executable, "manage.py", "generate", "--project", "demo",
        "--model", "remaker/text-1.0-pro", "--prompt", "x", "--set", "duration=10", "--json",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=ROOT, env=studio.env, capture_output=True, text=True, timeout=90
    )
    facts = json.loads(done.stdout)
    assert (done.returncode, facts["id"]) == (1, None)
    assert facts["error"]["class"] == "input"
