"""The frame around every page: what it shows to whom, what it costs, and when things are down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.core.cache import cache
from django.db import InterfaceError, OperationalError, connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from studio.ledger.verbs import open_account, top_up
from studio.models import Account, Project, User
from studio.models.project import CARDS_COUNTED
from studio.pipeline.health import health
from studio.views import errors, middleware
from studio.views.frame import Frame
from tests import make


def framed(user: User) -> Frame:
    request = RequestFactory().get("/")
    request.user = user
    return Frame(request)


def fill(account: Account, milli: int) -> Account:
    open_account(account.pool_key, unit="milli", enforce=True)
    top_up(account.pool_key, milli, key=f"test:{account.pk}", actor=None)
    return account


def test_the_rail_has_my_projects_and_nobody_elses(alice: User, charlie: User) -> None:
    make.project(owner=alice, name="Mine")
    make.project(owner=charlie, name="Theirs")
    make.project(owner=alice, name="Put away", archived_at="2026-01-01T00:00Z")
    assert [row.name for row in framed(alice).projects] == ["Mine"]


def test_the_rail_counts_cards_without_the_trash(project: Project, alice: User) -> None:
    account = make.account()
    for _ in range(3):
        make.generation(project=project, account=account)
    make.generation(project=project, account=account, trashed_at="2026-01-01T00:00Z")
    empty = make.project(owner=alice, name="Empty")
    counted = {row.pk: row.cards for row in framed(alice).projects}
    assert counted == {project.pk: 3, empty.pk: 0}
    assert CARDS_COUNTED == 1000


def test_pools_are_added_up_per_vendor_and_the_sandbox_only_where_nothing_is_live(
    alice: User,
) -> None:
    fill(make.account(vendor="akool", name="one"), 100_000)
    fill(make.account(vendor="akool", name="two"), 20_000)
    fill(make.account(vendor="akool", name="play", sandbox=True), 999_000)
    fill(make.account(vendor="mnml", name="play", sandbox=True), 7_000)
    make.account(vendor="reelbyte", name="unknown")
    fill(make.account(vendor="remaker", name="off", enabled=False), 5_000)
    frame = framed(alice)
    found = [(pool.vendor, pool.left_milli, pool.sandbox) for pool in frame.balances]
    assert found == [
        ("reelbyte", None, False),
        ("mnml", 7_000, True),
        ("akool", 120_000, False),
    ]
    assert not frame.sandbox


def test_a_pool_below_its_mark_says_so_in_a_word(client: Client, project: Project) -> None:
    fill(make.account(low_balance_milli=50_000), 14_000)
    page = client.get(reverse("project_new")).content.decode()
    assert 'data-level="low"' in page
    assert ">low</span>" in page


def test_with_sandbox_accounts_only_every_page_says_that_nothing_is_spent(
    client: Client, project: Project
) -> None:
    fill(make.account(sandbox=True), 7_000)
    assert "nothing is spent" in client.get(reverse("project_new")).content.decode()
    make.account(vendor="mnml")
    cache.clear()  # the sign is renewed every few seconds
    assert "nothing is spent" not in client.get(reverse("project_new")).content.decode()


def test_the_frame_costs_three_queries_and_no_more_with_many_projects(
    alice: User, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        make.project(owner=alice, name=f"Project {number}")
        fill(make.account(vendor="akool", name=str(number)), 1_000)
    frame = framed(alice)
    with django_assert_num_queries(3):
        assert len(frame.projects) == 5
        assert len(frame.balances) == 1
        assert not frame.sandbox


@pytest.mark.django_db
def test_a_stranger_learns_nothing_and_costs_nothing(alice: User) -> None:
    health(fresh=True)
    make.project(owner=alice, name="Secret plan")
    with CaptureQueriesContext(connection) as queries:
        page = Client().get(reverse("login")).content.decode()
    assert "Secret plan" not in page
    assert len(queries) <= 1  # is there an owner?


def test_notices_come_from_the_health_of_the_studio(client: Client, project: Project) -> None:
    cache.clear()
    page = client.get(reverse("project_new")).content.decode()
    assert "No worker is running" in page
    assert 'data-level="bad"' in page


# --- health -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_up_is_not_ready() -> None:
    assert Client().get("/healthz").status_code == 200
    ready = Client().get("/readyz")
    assert ready.status_code == 503
    found = json.loads(ready.content)
    assert (found["ready"], found["database"], found["worker"]) == (False, True, False)


def test_up_asks_no_database() -> None:
    """The test has no database: a query would fail it."""
    assert Client().get("/healthz").content == b"ok\n"


# --- without a database -------------------------------------------------------------------------


@contextmanager
def broken(error: type[Exception]) -> Iterator[None]:
    """Have every use of the connection fail, as when the server is gone."""

    def refuse(*args: object, **kwargs: object) -> None:
        raise error("server closed the connection")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(connection, "cursor", refuse)
        yield


@pytest.mark.parametrize("error", [OperationalError, InterfaceError])
@pytest.mark.parametrize("address", ["/", "/accounts/login/", "/admin/", "/projects/new/"])
def test_without_a_database_every_page_says_so(
    client: Client, error: type[Exception], address: str
) -> None:
    client.raise_request_exception = False
    with broken(error):
        response = client.get(address)
    assert response.status_code == 503
    assert response["Retry-After"] == errors.RETRY_AFTER
    assert "cannot reach its database" in response.content.decode()
    assert "default-src 'none'" in response["Content-Security-Policy"]


def test_without_a_database_a_fragment_gets_a_toast(client: Client) -> None:
    client.raise_request_exception = False
    with broken(OperationalError):
        response = client.get("/", headers={"HX-Request": "true"})
    assert response.status_code == 503
    assert json.loads(response["HX-Trigger"])["toast"]["level"] == "bad"
    assert response.content == b""


def test_a_fault_of_ours_says_what_became_of_the_order(
    client: Client, monkeypatch: pytest.MonkeyPatch, project: Project
) -> None:
    def fail(*args: object) -> None:
        raise RuntimeError("CANARY-internal-detail")

    monkeypatch.setattr(Project, "visible_to", fail, raising=False)
    monkeypatch.setattr(type(Project.objects), "visible_to", fail)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == 500
    page = response.content.decode()
    assert "nothing is sent twice" in page
    assert "CANARY" not in page


# --- htmx ---------------------------------------------------------------------------------------


def test_a_redirect_reaches_htmx_as_a_header_with_its_cookies() -> None:
    from django.http import HttpResponseRedirect

    def view(request: object) -> HttpResponseRedirect:
        response = HttpResponseRedirect("/there/")
        response.set_cookie("kept", "yes")
        return response

    request = RequestFactory().get("/")
    for asks, status in ((True, 204), (False, 302)):
        request.htmx = asks
        response = middleware.lead_htmx_by_header(view)(request)
        assert response.status_code == status
        assert response.cookies["kept"].value == "yes"
    assert response["Location"] == "/there/"


def test_a_page_too_old_to_act_on_says_so(alice: User) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(alice)
    page = browser.post(reverse("logout"))
    assert page.status_code == 403
    assert "Reload it" in page.content.decode()
    toast = browser.post(reverse("logout"), headers={"HX-Request": "true"})
    assert "Reload it" in json.loads(toast["HX-Trigger"])["toast"]["text"]
