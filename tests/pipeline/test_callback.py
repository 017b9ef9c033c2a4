"""Webhooks: a hint and never a fact; a lost answer is found again; a flood buys nothing."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from studio import clock, jobs, queue
from studio.ledger.reading import balance
from studio.models import Account, Generation, Key, SourceImage, Stage
from studio.pipeline.callback import ring_hook
from studio.pipeline.sweep import ring_doubtful
from studio.sandbox.akool_hooks import sealed
from studio.sandbox.keys import new
from tests.sandboxed import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

Place = Callable[..., Generation]
MODEL = "akool/image-to-video"
DROPPED = "lost [[fault:drop_after]]"


@pytest.fixture
def secret() -> str:
    """A key of 24 letters: AES takes it as it is, so it is the client secret too."""
    return f"sandbox-{uuid4().hex[:16]}"


@pytest.fixture
def akool(sandbox: Sandbox, accounts: dict[str, Account], secret: str) -> Account:
    """The account whose key and client id are those that sign its webhooks."""
    account = accounts["akool"]
    sandbox.control("keys", {"vendor": "akool", "key": secret})
    shown = sandbox.control("balances")["balances"]
    client_id = next(row["client_id"] for row in shown if row["key"] == secret)
    Key.objects.filter(account=account).delete()
    Key.sealed_for(account, secret).save(force_insert=True)
    Account.objects.filter(pk=account.pk).update(client_id=client_id)
    account.refresh_from_db()
    return account


@pytest.fixture
def doubtful(
    akool: Account, reachable: None, photo: SourceImage, place: Place
) -> Callable[..., Generation]:
    """Order, and lose the answer."""

    def lose(prompt: str = DROPPED) -> Generation:
        generation = place(MODEL, prompt=prompt, images=[photo])
        jobs.submit_generation(generation.pk)
        generation.refresh_from_db()
        assert generation.stage == Stage.IN_DOUBT
        return generation

    return lose


def named(generation: Generation) -> list[str]:
    return list(generation.moments.filter(what="hook_named").values_list("detail", flat=True))


def until_named(generation: Generation) -> None:
    until = time.monotonic() + 10
    while not named(generation):
        assert time.monotonic() < until, "no webhook came"
        time.sleep(0.05)


def call(account: Account, secret: str, ticket: str, **more: Any) -> bytes:
    """A webhook as the vendor seals it."""
    owner = new("akool", secret, 1)
    owner.client_id = account.client_id
    said = {"_id": ticket, "status": 3, "type": "image2video", **more}
    return json.dumps(sealed(owner, said, 1_700_000_000_000, "1234")).encode()


def test_a_lost_answer_is_found_again_by_the_vendors_own_webhook(
    doubtful: Callable[..., Generation],
    sandbox: Sandbox,
    carry: Callable[..., Generation],
    sound_book: None,
) -> None:
    generation = doubtful()
    until_named(generation)
    jobs.settle_doubt(generation.pk)
    generation = carry(generation)
    assert generation.stage == Stage.READY, generation.fault_message
    [taken] = sandbox.accepted()
    assert generation.ticket == taken["accepted_id"]
    assert balance(generation.account.pool_key).spent == taken["credits"] * 1000


def test_a_webhook_that_names_another_orders_job_settles_nothing(
    doubtful: Callable[..., Generation], akool: Account, secret: str, sandbox: Sandbox
) -> None:
    one = doubtful(DROPPED + " [[fault:webhook;kind=never]]")
    two = doubtful(DROPPED + " two [[fault:webhook;kind=never]]")
    first, second = (entry["accepted_id"] for entry in sandbox.accepted())
    ring_hook(one.hook_token, call(akool, secret, second))
    jobs.settle_doubt(one.pk)
    one.refresh_from_db()
    assert (one.stage, one.ticket) == (Stage.IN_DOUBT, "")
    assert one.moments.filter(what="hook_judged", detail=second).exists()
    ring_hook(two.hook_token, call(akool, secret, second))
    jobs.settle_doubt(two.pk)
    two.refresh_from_db()
    assert (two.stage, two.ticket) == (Stage.WORKING, second)
    assert first != second


def test_a_forged_webhook_names_nothing(
    doubtful: Callable[..., Generation], akool: Account, secret: str
) -> None:
    generation = doubtful("x [[fault:drop_after]] [[fault:webhook;kind=never]]")
    other = f"sandbox-{uuid4().hex[:16]}"
    for body in (b"", b"{}", b"[1]", call(akool, other, "a" * 24), b"\xff" * 100):
        ring_hook(generation.hook_token, body)
    ring_hook("nobody", call(akool, secret, "a" * 24))
    ring_hook("", call(akool, secret, "a" * 24))
    assert named(generation) == []
    assert generation.moments.filter(what="hook").count() == 0


def test_a_replayed_webhook_is_looked_at_once(
    doubtful: Callable[..., Generation], akool: Account, secret: str
) -> None:
    generation = doubtful("x [[fault:drop_after]] [[fault:webhook;kind=never]]")
    before = queue.waiting()
    for _ in range(5):
        ring_hook(generation.hook_token, call(akool, secret, "f" * 24))
    assert named(generation) == ["f" * 24]
    assert queue.waiting() == before + 1


def test_nobody_can_make_us_ask_about_more_than_a_few_ids(
    doubtful: Callable[..., Generation], akool: Account, secret: str
) -> None:
    generation = doubtful("x [[fault:drop_after]] [[fault:webhook;kind=never]]")
    for number in range(20):
        ring_hook(generation.hook_token, call(akool, secret, f"{number:024x}"))
    assert len(named(generation)) == 5


def test_an_id_named_while_the_vendor_does_not_answer_is_looked_at_again(
    doubtful: Callable[..., Generation], akool: Account, secret: str, sandbox: Sandbox
) -> None:
    generation = doubtful("x [[fault:drop_after]] [[fault:webhook;kind=never]]")
    [taken] = sandbox.accepted()
    ring_hook(generation.hook_token, call(akool, secret, taken["accepted_id"]))
    sandbox.control("outage", {"kind": "503", "s": 3600})
    jobs.settle_doubt(generation.pk)
    generation.refresh_from_db()
    assert generation.stage == Stage.IN_DOUBT
    sandbox.control("outage", {"kind": "503", "s": 0})
    with clock.shift(61):
        assert ring_doubtful() == 1
    jobs.settle_doubt(generation.pk)
    generation.refresh_from_db()
    assert generation.stage == Stage.WORKING


def test_a_flood_of_webhooks_asks_once_in_five_seconds(
    working: Callable[..., Generation], accounts: dict[str, Account]
) -> None:
    generation = working("reelbyte/text-to-image")
    later = clock.now() + timedelta(seconds=30)
    asked = 0
    for _ in range(50):
        Generation.objects.filter(pk=generation.pk).update(due_at=later)  # as a question does
        ring_hook(generation.hook_token, b"anything")
        asked += Generation.objects.filter(pk=generation.pk, due_at__lt=later).exists()
    assert asked == 1
    with clock.shift(5.1):
        ring_hook(generation.hook_token, b"anything")
        generation.refresh_from_db()
        assert generation.due_at <= clock.now()


def test_a_webhook_for_a_finished_order_changes_nothing(
    working: Callable[..., Generation], accounts: dict[str, Account]
) -> None:
    generation = working("reelbyte/text-to-image")
    generation.move(Stage.WORKING, Stage.SAVING, charged_milli=0)
    before = Generation.objects.values().get(pk=generation.pk)
    ring_hook(generation.hook_token, b"{}")
    assert Generation.objects.values().get(pk=generation.pk) == before
