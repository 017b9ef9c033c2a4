"""A person settles a doubt, once, and the money follows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command

from studio import clock
from studio.ledger.reading import balance
from studio.models import Account, Generation, Stage, User
from studio.pipeline import decide

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def doubtful(accounts: dict[str, Account], place: Callable[..., Generation]) -> Generation:
    generation = place("remaker/text-1.0-standard", prompt="who knows")
    sent = clock.now() - timedelta(minutes=5)
    generation.move(Stage.ORDERED, Stage.SENDING, sent_at=sent)
    generation.move(Stage.SENDING, Stage.IN_DOUBT)
    return generation


def test_an_id_from_the_vendors_own_page_puts_the_order_back_to_work(
    doubtful: Generation, alice: User, sound_book: None
) -> None:
    assert decide.it_arrived(doubtful, " 7nvahs845hrme0cpda689spyrc ", by=alice)
    doubtful.refresh_from_db()
    assert (doubtful.stage, doubtful.ticket) == (Stage.WORKING, "7nvahs845hrme0cpda689spyrc")
    assert balance(doubtful.account.pool_key).held == 27_000


def test_what_cannot_be_an_id_is_not_taken(doubtful: Generation, alice: User) -> None:
    for typed in ("", "../../etc", "a b", "x" * 300):
        with pytest.raises(decide.NotATicket):
            decide.it_arrived(doubtful, typed, by=alice)


def test_an_order_that_never_arrived_frees_its_hold_once(
    doubtful: Generation, alice: User, sound_book: None
) -> None:
    stale = Generation.objects.get(pk=doubtful.pk)
    assert decide.it_never_arrived(doubtful, by=alice)
    assert not decide.it_never_arrived(stale, by=alice)
    assert not decide.it_was_charged(stale, by=alice)
    assert balance(doubtful.account.pool_key).available == 1_000_000


def test_an_order_that_was_charged_without_a_result_is_paid_by_the_pool(
    doubtful: Generation, alice: User, sound_book: None
) -> None:
    assert decide.it_was_charged(doubtful, by=alice)
    pool = balance(doubtful.account.pool_key)
    assert (pool.held, pool.spent) == (0, 27_000)
    assert doubtful.moments.filter(what="decided").exists()


def test_only_a_manager_decides_from_the_shell(doubtful: Generation, charlie: User) -> None:
    with pytest.raises(CommandError, match="who decides"):
        call_command("decide", str(doubtful.uuid), "--user", "charlie", "--never-arrived")
    call_command("decide", str(doubtful.uuid), "--user", "alice", "--never-arrived")
    doubtful.refresh_from_db()
    assert doubtful.stage == Stage.REFUSED
