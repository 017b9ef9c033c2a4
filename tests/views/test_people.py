"""Coming in: the first owner, signing in, being thrown out, and who guesses too often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import hashers
from django.db import connection, connections
from django.test import Client
from django.urls import reverse

from studio import clock
from studio.models import Installation, Project, Role, SignInAttempt, User
from studio.models.signin import PER_PERSON, PER_PERSON_AND_ADDRESS, WINDOW
from tests import make

OWNER = {
    "username": "ada",
    "email": "",
    "password1": "quite long enough",
    "password2": "quite long enough",
}
LOGIN = "/accounts/login/"


@pytest.fixture
def nobody() -> Client:
    """A browser in which nobody is signed in."""
    return Client(headers={"Host": "127.0.0.1:8000"})


def post_login(browser: Client, name: str, password: str, **extra: Any) -> Any:
    return browser.post(LOGIN, {"username": name, "password": password, **extra})


# --- the first owner ----------------------------------------------------------------------------


@pytest.mark.django_db
def test_until_there_is_an_owner_every_page_leads_to_the_set_up(nobody: Client) -> None:
    for address in ("/", "/projects/new/", "/admin/", "/accounts/password/"):
        response = nobody.get(address, follow=True)
        assert response.redirect_chain[-1][0] == "/setup/"


@pytest.mark.django_db
def test_the_first_owner_is_in_at_once_and_the_door_is_closed_for_good(nobody: Client) -> None:
    response = nobody.post("/setup/", OWNER, follow=True)
    assert "Create your first project" in response.content.decode()
    owner = User.objects.get()
    assert (owner.role, owner.is_staff, owner.is_superuser) == (Role.OWNER, True, True)
    assert Installation.objects.get().owner == owner
    second = Client(headers={"Host": "127.0.0.1"}).post("/setup/", {**OWNER, "username": "eve"})
    assert second.status_code == 302
    assert second["Location"] == LOGIN
    assert User.objects.count() == 1


@pytest.mark.django_db
def test_a_set_up_that_does_not_fit_keeps_what_was_typed(nobody: Client) -> None:
    response = nobody.post("/setup/", {**OWNER, "password2": "another one entirely"})
    assert response.status_code == 422
    page = response.content.decode()
    assert 'value="ada"' in page
    assert 'role="alert"' in page
    assert not User.objects.exists()


@pytest.mark.django_db
def test_an_owner_made_in_the_shell_closes_the_set_up_too(nobody: Client) -> None:
    User.objects.create_superuser("root", password="quite long enough")
    assert nobody.get("/setup/")["Location"] == LOGIN


@pytest.mark.django_db
@pytest.mark.parametrize(
    "request_as",
    [
        {"REMOTE_ADDR": "192.168.1.7"},
        {"headers": {"X-Forwarded-For": "127.0.0.1", "Host": "127.0.0.1"}},
        {"headers": {"Cf-Connecting-Ip": "203.0.113.9", "Host": "127.0.0.1"}},
    ],
)
def test_from_elsewhere_the_set_up_needs_the_printed_token(
    nobody: Client, request_as: dict[str, Any]
) -> None:
    token = Path(settings.STUDIO_DATA_DIR) / "setup-token"
    assert "Set-up token" not in nobody.get("/setup/", **request_as).content.decode()
    assert nobody.post("/setup/", {**OWNER, "token": ""}, **request_as).status_code == 422
    token.write_text("printed-by-up")
    try:
        assert "Set-up token" in nobody.get("/setup/", **request_as).content.decode()
        for guess in ("", "wrong", "printed-by-u", "ünïcode"):
            answer = nobody.post("/setup/", {**OWNER, "token": guess}, **request_as)
            assert answer.status_code == 422
        assert not User.objects.exists()
        right = nobody.post("/setup/", {**OWNER, "token": "printed-by-up"}, **request_as)
        assert right.status_code == 302
        assert not token.exists()
    finally:
        token.unlink(missing_ok=True)


@pytest.mark.both
@pytest.mark.django_db(transaction=True)
def test_of_two_set_ups_at_once_one_wins() -> None:
    def begin(number: int) -> bool:
        try:
            owner = User(username=f"owner{number}")
            owner.set_password("quite long enough")
            return Installation.begin(owner)
        finally:
            connections.close_all()

    if connection.vendor == "sqlite":  # threads share the test's one connection in memory
        results = [begin_here(number) for number in range(4)]
    else:
        with ThreadPoolExecutor(4) as pool:
            results = list(pool.map(begin, range(4)))
    assert sorted(results) == [False, False, False, True]
    assert User.objects.count() == 1
    assert Installation.objects.count() == 1


def begin_here(number: int) -> bool:
    owner = User(username=f"owner{number}")
    owner.set_password("quite long enough")
    return Installation.begin(owner)


# --- signing in ---------------------------------------------------------------------------------


def test_the_right_password_leads_on_to_where_one_wanted_to_go(
    nobody: Client, alice: User, project: Project
) -> None:
    wanted = reverse("project", args=[project.uuid])
    sent = nobody.get(wanted)
    assert sent["Location"] == f"{LOGIN}?next={wanted}"
    assert post_login(nobody, "alice", make.PASSWORD, next=wanted)["Location"] == wanted


@pytest.mark.parametrize(
    "place",
    [
        "https://evil.example/",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "http:evil",
        "",
    ],
)
def test_nobody_is_led_off_the_site(nobody: Client, alice: User, place: str) -> None:
    assert post_login(nobody, "alice", make.PASSWORD, next=place)["Location"] == "/"


def test_every_failure_looks_the_same(nobody: Client, alice: User) -> None:
    make.user(username="gone", is_active=False)
    pages = set()
    for name, password in [("alice", "wrong"), ("nobody-here", "wrong"), ("gone", make.PASSWORD)]:
        response = post_login(nobody, name, password)
        assert response.status_code == 422
        page = response.content.decode()
        start = page.index('<form class="form"')
        pages.add(
            page[start : page.index("</form>", start)].replace(name, "NAME").split("csrf")[-1][100:]
        )
    assert len(pages) == 1


def test_a_hundred_guesses_reach_the_hasher_a_few_times_only(
    nobody: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = []
    monkeypatch.setattr(
        hashers.MD5PasswordHasher, "verify", lambda *args: hashed.append(1) or False
    )
    codes = [post_login(nobody, "alice", f"guess {number}").status_code for number in range(100)]
    assert len(hashed) <= PER_PERSON_AND_ADDRESS
    assert codes[-1] == 429
    assert post_login(nobody, "ALICE ", make.PASSWORD).status_code == 429, "case does not matter"


def test_a_made_up_address_does_not_win_more_guesses(nobody: Client, alice: User) -> None:
    codes = [
        nobody.post(
            LOGIN,
            {"username": "alice", "password": "wrong"},
            headers={"X-Forwarded-For": f"198.51.100.{number}"},
        ).status_code
        for number in range(PER_PERSON_AND_ADDRESS + 1)
    ]
    assert codes[-1] == 429


def test_guesses_from_many_addresses_are_counted_together(nobody: Client, alice: User) -> None:
    for number in range(PER_PERSON):
        SignInAttempt.allow("alice", f"198.51.100.{number}")
    assert post_login(nobody, "alice", make.PASSWORD).status_code == 429
    assert post_login(nobody, "bob", "wrong").status_code == 422, "others are not shut out"


def test_after_a_quarter_of_an_hour_one_may_try_again(nobody: Client, alice: User) -> None:
    for _ in range(PER_PERSON_AND_ADDRESS + 1):
        post_login(nobody, "alice", "wrong")
    with clock.shift(WINDOW.total_seconds() + 1):
        assert post_login(nobody, "alice", make.PASSWORD).status_code == 302
    assert not SignInAttempt.objects.exists()


def test_names_are_not_kept_in_clear(nobody: Client, alice: User) -> None:
    post_login(nobody, "my-password-typed-into-the-wrong-box", "wrong")
    kept = SignInAttempt.objects.values_list("person", "address").get()
    assert "password" not in "".join(kept)


# --- and out ------------------------------------------------------------------------------------


def test_an_expired_session_leads_the_page_to_the_door_and_back(
    nobody: Client, project: Project
) -> None:
    page = reverse("project", args=[project.uuid])
    response = nobody.get(
        reverse("pulse"),
        headers={"HX-Request": "true", "HX-Current-URL": f"http://127.0.0.1:8000{page}"},
    )
    assert response.status_code == 204
    assert response["HX-Redirect"] == f"{LOGIN}?next={page.replace('/', '%2F')}"
    assert response.content == b""


def test_signing_out_forgets_the_pages_the_browser_kept(client: Client) -> None:
    response = client.post(reverse("logout"))
    assert response["Location"] == LOGIN
    assert response["Clear-Site-Data"] == '"cache"'
    assert client.get("/")["Location"].startswith(LOGIN)


def test_a_new_password_ends_the_other_sessions(client: Client, alice: User) -> None:
    elsewhere = Client()
    elsewhere.force_login(alice)
    fresh = {
        "old_password": make.PASSWORD,
        "new_password1": "another staple",
        "new_password2": "another staple",
    }
    assert client.post(reverse("password_change"), fresh).status_code == 302
    assert client.get("/projects/new/").status_code == 200
    assert elsewhere.get("/projects/new/")["Location"].startswith(LOGIN)


def test_the_theme_is_kept_in_the_browser_and_drawn_by_the_server(
    nobody: Client, alice: User
) -> None:
    assert 'data-theme="dark"' in nobody.get(LOGIN).content.decode()
    response = nobody.post(reverse("theme"), {"theme": "light", "next": LOGIN})
    assert response["Location"] == LOGIN
    assert 'data-theme="light"' in nobody.get(LOGIN).content.decode()
    nobody.post(reverse("theme"), {"theme": '"><script>', "next": "//evil.example"})
    assert 'data-theme="light"' in nobody.get(LOGIN).content.decode()
