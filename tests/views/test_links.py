"""What strangers can reach: one file behind one token, a bell, and nothing else."""

from __future__ import annotations

import secrets

import pytest
from django.test import Client, override_settings
from django.urls import reverse

from studio import clock
from studio.models import Generation, Link, SourceImage, Stage
from studio.models.link import FETCHES, LIFE
from tests import make

PICTURE = (make.DATA / "coffee.jpg").read_bytes()


def shown(response: object) -> tuple[int, bytes, dict[str, str]]:
    return response.status_code, response.getvalue(), dict(response.headers)


@pytest.fixture
def vendor() -> Client:
    """A vendor's server: it has no session."""
    return Client()


def test_a_vendor_fetches_the_picture_and_the_story_says_so(
    vendor: Client, link: str, generation: Generation
) -> None:
    status, body, headers = shown(vendor.get(link))
    assert (status, body) == (200, PICTURE)
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Cache-Control"] == "private, no-store"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["X-Robots-Tag"] == "noindex, nofollow"
    shown(vendor.get(link))
    row = Link.objects.get()
    assert row.fetches == 2
    assert row.first_fetched_at is not None
    assert [moment.what for moment in generation.moments.all()] == ["fetched"]


def test_a_vendor_may_ask_for_a_part_or_only_look(vendor: Client, link: str) -> None:
    status, body, _ = shown(vendor.get(link, headers={"Range": "bytes=0-9"}))
    assert (status, body) == (206, PICTURE[:10])
    status, body, headers = shown(vendor.head(link))
    assert (status, body, headers["Content-Length"]) == (200, b"", str(len(PICTURE)))
    assert Link.objects.get().fetches == 1, "looking is not fetching"


def test_the_fetch_after_the_last_one_finds_nothing(vendor: Client, link: str) -> None:
    statuses = [shown(vendor.get(link))[0] for _ in range(FETCHES + 1)]
    assert statuses == [200] * FETCHES + [404]


def test_unknown_expired_revoked_and_used_up_look_alike(
    vendor: Client, generation: Generation, image: SourceImage
) -> None:
    def address() -> str:
        return reverse("link_file", args=[make.link(generation=generation, image=image), "x.jpg"])

    expired, revoked, used = address(), address(), address()
    rows = list(Link.objects.order_by("pk"))
    Link.objects.filter(pk=rows[0].pk).update(expires_at=clock.now())
    Link.objects.filter(pk=rows[1].pk).update(revoked_at=clock.now())
    Link.objects.filter(pk=rows[2].pk).update(fetches=FETCHES)
    unknown = reverse("link_file", args=[secrets.token_urlsafe(24), "x.jpg"])
    answers = [shown(vendor.get(place)) for place in (expired, revoked, used, unknown)]
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0] == 404


def test_a_link_ends_by_itself(vendor: Client, link: str) -> None:
    with clock.shift(LIFE.total_seconds() + 1):
        assert vendor.get(link).status_code == 404


def test_thousands_of_guesses_find_nothing(vendor: Client, link: str) -> None:
    for _ in range(300):
        assert vendor.get(f"/f/{secrets.token_urlsafe(24)}/coffee.jpg").status_code == 404


def test_the_name_in_the_address_chooses_nothing(
    vendor: Client, link: str, generation: Generation
) -> None:
    other = make.image(project=generation.project, name="secret.jpg")
    token = link.split("/")[2]
    for name in ("other.png", str(other.uuid), "..%2F..%2Fsecret", "coffee.html"):
        status, body, headers = shown(vendor.get(f"/f/{token}/{name}"))
        assert (status, body, headers["Content-Type"]) in [
            (200, PICTURE, "image/jpeg"),
            (404, body, headers["Content-Type"]),
        ]
    assert vendor.get(f"/f/{token}/").status_code == 404
    assert vendor.get(f"/f/{token}/a/b").status_code == 404


def test_no_active_type_leaves_by_a_link(vendor: Client, link: str) -> None:
    SourceImage.objects.update(mime="text/html")
    headers = shown(vendor.get(link))[2]
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"


# --- the bell -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"\xff\xfe nonsense", b'{"status": 3, "url": "https://evil.example"}']
)
def test_the_bell_always_answers_alike(vendor: Client, generation: Generation, body: bytes) -> None:
    for token in ("known-token", "no-such-token"):
        answer = vendor.post(f"/hooks/{token}/", body, content_type="application/json")
        assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_ringing_only_hastens_the_next_question(
    vendor: Client, generation: Generation, account: object
) -> None:
    later = clock.now() + LIFE
    working = make.generation(
        project=generation.project,
        account=account,
        stage=Stage.WORKING,
        hook_token="bell-token",
        due_at=later,
    )
    vendor.post("/hooks/bell-token/", b'{"status": 3}', content_type="application/json")
    now = Generation.objects.get(pk=working.pk)
    assert now.due_at < later
    assert (now.stage, now.result_urls, now.version) == (Stage.WORKING, [], working.version)


def test_a_long_call_is_not_read(vendor: Client, generation: Generation, account: object) -> None:
    later = clock.now() + LIFE
    working = make.generation(
        project=generation.project,
        account=account,
        stage=Stage.WORKING,
        hook_token="bell-token",
        due_at=later,
    )
    answer = vendor.post("/hooks/bell-token/", b"x" * 70_000, content_type="text/plain")
    assert answer.status_code == 200
    assert Generation.objects.get(pk=working.pk).due_at == later


# --- the address made for vendors ---------------------------------------------------------------


@pytest.fixture
def tunnel() -> object:
    with override_settings(
        STUDIO_PUBLIC_URL="https://rushes.example.com",
        PUBLIC_HOST="rushes.example.com",
        ALLOWED_HOSTS=["*"],
    ):
        yield


def test_on_the_public_address_only_vendors_are_answered(
    vendor: Client, link: str, tunnel: object
) -> None:
    there = {"Host": "rushes.example.com"}
    for address in (
        "/",
        "/accounts/login/",
        "/setup/",
        "/admin/",
        "/static/icon.svg",
        "/healthz",
        "/f",
    ):
        assert vendor.get(address, headers=there).status_code == 404
    assert shown(vendor.get(link, headers=there))[:2] == (200, PICTURE)
    assert (
        vendor.post("/hooks/any/", b"", content_type="text/plain", headers=there).status_code == 200
    )
    odd = {"Host": "RUSHES.example.com.:443"}
    assert vendor.get("/accounts/login/", headers=odd).status_code == 404


def test_at_home_the_pages_are_served(vendor: Client, alice: object, tunnel: object) -> None:
    assert vendor.get("/accounts/login/", headers={"Host": "127.0.0.1:8000"}).status_code == 200


def test_the_pages_can_be_opened_to_the_public_address(
    vendor: Client, alice: object, tunnel: object
) -> None:
    with override_settings(STUDIO_PUBLIC_UI=True):
        there = {"Host": "rushes.example.com"}
        assert vendor.get("/accounts/login/", headers=there).status_code == 200
