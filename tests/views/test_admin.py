"""The raw records: everything can be looked at, keys cannot be read, the ledger cannot be touched."""

from __future__ import annotations

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from studio.ledger.verbs import open_account, place_hold, top_up
from studio.models import Account, Generation, Key, Stage, User
from tests import make

SECRET = "CANARY-4f1d9c7e-secret-key"
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)


def names(model: type) -> str:
    return model._meta.label


def address(model: type, action: str, *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{action}", args=args)


@pytest.fixture
def filled(alice: User, project: object) -> Account:
    """A row in most tables."""
    account = make.account(secret=SECRET)
    image = make.image(project=project)
    made = make.generation(project=project, account=account, stage=Stage.READY, image=image)
    make.video(generation=made)
    make.link(generation=made, image=image)
    open_account(account.pool_key, unit="milli", enforce=True)
    top_up(account.pool_key, 100_000, key="test", actor=alice)
    place_hold("order", {account.pool_key: 5_000})
    return account


@pytest.mark.parametrize("model", MODELS, ids=names)
def test_every_record_can_be_looked_at_by_the_owner(
    model: type, client: Client, filled: Account
) -> None:
    assert client.get(address(model, "changelist")).status_code == 200
    row = model._default_manager.first()
    if row is not None:
        page = client.get(address(model, "change", row.pk))
        assert page.status_code == 200
        assert "default-src 'none'" in page["Content-Security-Policy"]


@pytest.mark.parametrize("model", [model for model in MODELS if model is not User], ids=names)
def test_no_record_can_be_added_changed_or_deleted(
    model: type, client: Client, filled: Account
) -> None:
    assert client.post(address(model, "add"), {}).status_code == 403
    row = model._default_manager.first()
    if row is not None:
        assert client.post(address(model, "change", row.pk), {}).status_code == 403
        assert client.post(address(model, "delete", row.pk), {"post": "yes"}).status_code == 403
        assert model._default_manager.filter(pk=row.pk).exists()


def test_people_are_never_deleted_here(client: Client, charlie: User) -> None:
    assert client.post(address(User, "delete", charlie.pk), {"post": "yes"}).status_code == 403
    assert User.objects.filter(pk=charlie.pk).exists()


def test_no_page_shows_a_key_not_even_sealed(client: Client, filled: Account) -> None:
    key = Key.objects.get()
    pages = [
        client.get(address(model, action, *args)).content.decode()
        for model, action, args in [
            (Key, "changelist", ()),
            (Key, "change", (key.pk,)),
            (Key, "history", (key.pk,)),
            (Account, "change", (filled.pk,)),
            (Generation, "change", (Generation.objects.get().pk,)),
        ]
    ]
    for page in pages:
        assert SECRET not in page
        assert key.sealed not in page
    assert key.last4 in pages[1]
    assert key.fingerprint in pages[1]


@pytest.mark.django_db
def test_the_queue_cannot_be_edited(client: Client) -> None:
    assert not [label for label in map(names, MODELS) if label.startswith("django_q")]
    for table in ("schedule", "ormq", "success", "failure"):
        assert client.get(f"/admin/django_q/{table}/").status_code == 404


def test_only_owners_get_in(bob: User, charlie: User) -> None:
    assert Client().get("/admin/")["Location"].startswith("/admin/login/")
    for person in (bob, charlie):
        browser = Client()
        browser.force_login(person)
        assert browser.get("/admin/").status_code == 302
        assert browser.get("/admin/studio/key/").status_code == 302
        assert browser.get("/admin/login/", follow=True).status_code == 200


def test_there_is_one_door_only(alice: User) -> None:
    """The admin's own login page would not count the guesses."""
    assert Client().get("/admin/login/?next=/admin/studio/key/")["Location"] == (
        "/accounts/login/?next=%2Fadmin%2Fstudio%2Fkey%2F"
    )
    assert Client().post("/admin/login/", {"username": "alice"}).status_code == 405


def test_the_index_shows_what_is_left(client: Client, filled: Account) -> None:
    page = client.get("/admin/").content.decode()
    assert "Remaker" in page
    assert "95 credits" in page
