"""Taking an order: all of it commits, or nothing does."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import transaction

from studio import queue
from studio.ledger.models import Hold
from studio.ledger.reading import balance
from studio.models import Account, Allowance, Generation, Project, Scope, Stage, User
from studio.pipeline import order as ordering
from studio.pipeline.errors import NoAccount, NotEnough, NotOffered, OutOfReach
from studio.pipeline.quote import quote
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.both]

TEXT = "remaker/text-1.0-standard"


def test_an_order_is_a_row_a_hold_and_a_bell(
    accounts: dict[str, Account], place: Callable[..., Generation]
) -> None:
    generation = place(TEXT, prompt="a butterfly")
    pool = balance(accounts["remaker"].pool_key)
    assert (generation.stage, generation.asked_milli) == (Stage.ORDERED, 27_000)
    assert (pool.available, pool.held) == (973_000, 27_000)
    assert queue.waiting() == 1


def test_row_hold_and_bell_vanish_together_when_the_transaction_fails(
    accounts: dict[str, Account], place: Callable[..., Generation]
) -> None:
    class Stop(Exception):
        pass

    with pytest.raises(Stop), transaction.atomic():
        place(TEXT, prompt="a butterfly")
        raise Stop
    assert (Generation.objects.count(), Hold.objects.count(), queue.waiting()) == (0, 0, 0)


def test_a_second_press_gives_the_same_generation_and_holds_once(
    accounts: dict[str, Account], place: Callable[..., Generation]
) -> None:
    pressed = uuid4()
    first = place(TEXT, prompt="a butterfly", request_id=pressed)
    second = place(TEXT, prompt="a butterfly", request_id=pressed)
    assert first.pk == second.pk
    assert balance(accounts["remaker"].pool_key).held == 27_000


def test_a_form_of_somebody_else_is_not_taken(
    accounts: dict[str, Account], place: Callable[..., Generation], project: Project
) -> None:
    first = place(TEXT, prompt="a butterfly")
    bob = make.member(project=project)
    with pytest.raises(NotOffered):
        ordering.order(
            user=bob, project=project, model=TEXT, values={}, request_id=first.request_id
        )


def test_too_few_credits_refuse_the_order_and_leave_nothing(
    accounts: dict[str, Account], place: Callable[..., Generation]
) -> None:
    pool = accounts["mnml"]
    for _ in range(37):
        place(TEXT, prompt="x")
    with pytest.raises(NotEnough, match="26 credits short"):
        place(TEXT, prompt="x")
    assert Generation.objects.count() == 37
    assert balance(pool.pool_key).held == 0


def test_no_key_refuses_the_order(project: Project, place: Callable[..., Generation]) -> None:
    with pytest.raises(NoAccount):
        place(TEXT, prompt="x")


def test_an_unknown_model_is_not_offered(project: Project, alice: User) -> None:
    with pytest.raises(NotOffered):
        quote(user=alice, project=project, model="remaker/none", values={})


def test_a_picture_out_of_reach_refuses_the_order_before_it_costs(
    project: Project, place: Callable[..., Generation], settings: object
) -> None:
    make.account(vendor="remaker")
    image = make.image(project=project)
    with pytest.raises(OutOfReach, match="STUDIO_PUBLIC_URL") as refused:
        place("remaker/image-1.0-standard", prompt="x", images=[image])
    assert refused.value.field == "image"
    assert Hold.objects.count() == 0


def test_a_vendor_that_takes_bytes_needs_no_address(
    project: Project, place: Callable[..., Generation]
) -> None:
    make.account(vendor="mnml")
    generation = place("mnml/kling-2.1-pro", prompt="x", images=[make.image(project=project)])
    assert generation.stage == Stage.ORDERED


def test_a_budget_that_does_not_suffice_refuses_the_order(
    accounts: dict[str, Account],
    place: Callable[..., Generation],
    project: Project,
    alice: User,
) -> None:
    Account.objects.update(price_micros_per_credit=10_000)
    Allowance.objects.create(
        scope=Scope.PROJECT, project=project, limit_micros=600_000, created_by=alice
    )
    place(TEXT, prompt="x")
    place(TEXT, prompt="x")
    with pytest.raises(NotEnough, match="budget"):
        place(TEXT, prompt="x")


def test_an_order_taken_back_before_it_is_sent_frees_its_hold(
    accounts: dict[str, Account], place: Callable[..., Generation], sound_book: None
) -> None:
    generation = place(TEXT, prompt="x")
    assert ordering.cancel(generation)
    assert not ordering.cancel(generation)
    assert balance(accounts["remaker"].pool_key).available == 1_000_000


def test_a_live_account_sends_the_sandbox_home(
    accounts: dict[str, Account], place: Callable[..., Generation]
) -> None:
    live = make.account(vendor="remaker", name="live")
    generation = place(TEXT, prompt="x")
    assert generation.account_id == live.pk
    assert not generation.sandbox
