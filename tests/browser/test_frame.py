"""The frame as people meet it: readable, by keyboard, on a phone, without script, when it fails."""

from __future__ import annotations

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from studio.models import Project, User
from tests import make
from tests.browser.conftest import Open

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
INSIDE = ("/projects/new/", "/accounts/password/", "/nowhere/", "EDIT")
OUTSIDE = ("/accounts/login/",)


def faults(page: Page) -> list[str]:
    found = Axe().run(page, options={"runOnly": STANDARDS}).response["violations"]
    return [f"{fault['id']}: {[node['html'][:120] for node in fault['nodes']]}" for fault in found]


@pytest.mark.parametrize("theme", ["dark", "light"])
@pytest.mark.parametrize("width", [1440, 390])
def test_every_page_of_the_frame_can_be_used_by_all(
    open_page: Open, project: Project, alice: User, theme: str, width: int
) -> None:
    make.account(sandbox=True)
    for address in INSIDE:
        place = f"/projects/{project.uuid}/edit/" if address == "EDIT" else address
        page = open_page(place, user=alice, theme=theme, width=width)
        assert faults(page) == [], place
    page = open_page("/projects/new/", user=alice, theme=theme, width=width)
    page.locator("summary:has(.avatar)").click()
    assert faults(page) == [], "with the menu open"
    page = open_page("/accounts/login/", theme=theme, width=width)
    assert faults(page) == []


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_set_up_and_the_first_project_can_be_used_by_all(
    open_page: Open, db: None, theme: str
) -> None:
    page = open_page("/", theme=theme)
    assert page.url.endswith("/setup/")
    assert faults(page) == []
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("Password again").fill("short")
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert faults(page) == []
    page.get_by_label("Password", exact=True).fill("long enough for all")
    page.get_by_label("Password again").fill("long enough for all")
    page.get_by_role("button", name="Create the account").click()
    expect(page.get_by_role("heading", name="Create your first project")).to_be_visible()
    assert faults(page) == []
    page.get_by_label("Name").fill("Autumn campaign")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Autumn campaign · Rushes")


@pytest.mark.parametrize("width", [320, 390, 768])
def test_no_page_scrolls_sideways(
    open_page: Open, project: Project, alice: User, width: int
) -> None:
    make.account(sandbox=True)
    for address, user in [*[(place, alice) for place in INSIDE[:3]], (OUTSIDE[0], None)]:
        page = open_page(address, user=user, width=width)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= width, address


def test_touch_targets_are_large_enough(open_page: Open, project: Project, alice: User) -> None:
    page = open_page("/projects/new/", user=alice, width=390)
    for one in page.locator("a:visible, button:visible, summary:visible, input:visible").all():
        if "skip" in (one.get_attribute("class") or ""):
            continue
        box = one.bounding_box()
        assert (
            box is None
            or min(box["width"], box["height"]) >= 44 - 0.5
            or one.evaluate("e => getComputedStyle(e).display === 'inline'")
        ), one.evaluate("e => e.outerHTML")[:200]


def test_the_first_tab_stop_skips_to_the_content(
    open_page: Open, project: Project, alice: User
) -> None:
    page = open_page("/projects/new/", user=alice)
    page.keyboard.press("Tab")
    expect(page.get_by_text("Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_a_menu_closes_by_escape_and_gives_the_focus_back(
    open_page: Open, project: Project, alice: User
) -> None:
    page = open_page("/projects/new/", user=alice)
    opener = page.locator("summary:has(.avatar)")
    opener.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()
    expect(opener).to_be_focused()
    opener.click()
    page.locator("main h1").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_hidden()


def test_the_theme_is_there_from_the_first_byte(
    open_page: Open, project: Project, alice: User
) -> None:
    page = open_page("/projects/new/", user=alice)
    dark = page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor")
    page.get_by_title("Theme").click()
    page.get_by_role("button", name="Light").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.url.endswith("/projects/new/")
    assert page.evaluate("getComputedStyle(document.body.parentElement).backgroundColor") != dark


def ask(page: Page, address: str) -> None:
    """What an element with hx-get would do."""
    page.evaluate(
        "address => { htmx.ajax('GET', address, {target: '#main'}).catch(() => {}) }", address
    )


def test_what_fails_is_said_in_a_toast_that_stays(
    open_page: Open, project: Project, alice: User
) -> None:
    page = open_page("/projects/new/", user=alice)
    heading = page.locator("main h1")
    ask(page, "/nowhere/")
    toast = page.locator(".toast")
    expect(toast).to_contain_text("moved or deleted")
    expect(heading).to_have_text("New project")
    toast.get_by_role("button", name="Dismiss").click()
    expect(toast).to_have_count(0)


def test_offline_is_said_too(open_page: Open, project: Project, alice: User) -> None:
    page = open_page("/projects/new/", user=alice)
    page.context.set_offline(True)
    ask(page, "/")
    expect(page.locator(".toast")).to_contain_text("does not answer")


def test_an_expired_session_goes_to_the_door_and_not_into_a_card(
    open_page: Open, project: Project, alice: User
) -> None:
    page = open_page("/projects/new/", user=alice)
    page.context.clear_cookies()
    ask(page, f"/pulse?project={project.uuid}")
    page.wait_for_url("**/accounts/login/?next=%2Fprojects%2Fnew%2F")
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/projects/new/")


def test_everything_works_without_script(open_page: Open, project: Project, alice: User) -> None:
    page = open_page("/accounts/login/?next=/projects/new/", script=False)
    page.get_by_label("Name").fill("alice")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_contain_text("do not belong together")
    expect(page.get_by_label("Name")).to_have_value("alice")
    page.get_by_label("Password").fill(make.PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_label("Name").fill("Without script")
    page.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("heading", name="Without script")).to_be_visible()
    page.locator("summary:has(.avatar)").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_a_video_can_be_sought(open_page: Open, project: Project, alice: User) -> None:
    ordered = make.generation(project=project, account=make.account(), stage="ready")
    video = make.video(generation=ordered)
    page = open_page("/projects/new/", user=alice)
    seen: dict[str, Any] = page.evaluate(
        """async (address) => {
          const video = document.createElement("video");
          video.muted = true;
          video.src = address;
          await new Promise((done, fail) => { video.onloadeddata = done; video.onerror = fail; });
          video.currentTime = 0.8;
          await new Promise((done) => { video.onseeked = done; });
          return {end: video.seekable.end(0), at: video.currentTime, width: video.videoWidth};
        }""",
        f"/videos/{video.uuid}/video.mp4",
    )
    assert seen["end"] >= 0.9
    assert seen["at"] == pytest.approx(0.8, abs=0.01)
    assert seen["width"] == 160
