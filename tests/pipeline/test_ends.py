"""How work ends when it does not end well: stages, money, and files that will not come."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta

import pytest

from studio import clock, jobs
from studio.ledger.reading import balance
from studio.models import Account, Generation, Stage
from studio.pipeline import poll
from studio.pipeline.sweep import ring_saving
from studio.vendors.base import Report, State
from studio.vendors.errors import Fault
from tests.sandboxed import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

Place = Callable[..., Generation]
Carry = Callable[..., Generation]
TEXT = "remaker/text-1.0-standard"
IMAGE = "reelbyte/text-to-image"


def test_a_failure_without_a_word_on_refunds_is_charged_to_the_pool_alone(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place, carry: Carry, sound_book: None
) -> None:
    generation = carry(place(TEXT, prompt="x [[fault:fail]]"))
    assert (generation.stage, generation.fault) == (Stage.FAILED, "vendor trouble")
    assert generation.charged_milli == 27_000
    assert balance(generation.account.pool_key).spent == 27_000


def test_a_failure_that_the_vendor_refunds_costs_nothing(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place, carry: Carry, sound_book: None
) -> None:
    generation = carry(place(IMAGE, prompt="x [[fault:fail]]"))
    assert (generation.stage, generation.charged_milli) == (Stage.FAILED, 0)
    pool = balance(generation.account.pool_key)
    assert (pool.available, pool.held, pool.spent) == (1_000_000, 0, 0)


def test_what_the_vendor_says_it_took_wins_over_the_table(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place, carry: Carry, sound_book: None
) -> None:
    generation = carry(place(IMAGE, prompt="dear [[fault:price;credits=41]]"))
    assert (generation.stage, generation.charged_milli) == (Stage.READY, 41_000)
    assert balance(generation.account.pool_key).spent == 41_000


def test_an_unknown_word_means_still_working(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place, carry: Carry
) -> None:
    generation = carry(place(IMAGE, prompt="x [[fault:unknown_status;s=1]]"))
    assert generation.stage == Stage.READY


def test_a_result_without_an_address_is_asked_for_again(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place, carry: Carry
) -> None:
    generation = carry(place(IMAGE, prompt="x [[fault:no_url;n=1]]"))
    assert generation.stage == Stage.READY


@pytest.mark.parametrize(
    "fault",
    ["expired_url", "truncated;op=file", "html_file", "empty_file", "bad_url;kind=internal"],
)
def test_a_file_that_does_not_come_is_tried_again_and_nothing_half_made_is_kept(
    fault: str,
    accounts: dict[str, Account],
    sandbox: Sandbox,
    place: Place,
    carry: Carry,
    sound_book: None,
) -> None:
    generation = carry(place(IMAGE, prompt=f"x [[fault:{fault}]]"))
    assert generation.stage == Stage.SAVING
    assert generation.due_at > clock.now()
    assert (generation.owner, generation.lease_until) == ("", None)
    assert not generation.made_images.exists()
    assert generation.charged_milli == balance(generation.account.pool_key).spent


def test_an_address_that_expired_is_asked_for_anew(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place, carry: Carry
) -> None:
    generation = carry(place(IMAGE, prompt="x [[fault:expired_url]]"))
    assert generation.stage == Stage.SAVING
    jobs.archive_generation(generation.pk)
    generation.refresh_from_db()
    assert generation.stage == Stage.READY


def test_a_result_that_cannot_be_fetched_until_the_vendor_deletes_it_is_lost(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place, carry: Carry, sound_book: None
) -> None:
    generation = carry(place(TEXT, prompt="x [[fault:expired_url;forever=1]]"))
    assert generation.stage == Stage.SAVING
    with clock.shift(timedelta(days=31).total_seconds()):
        jobs.archive_generation(generation.pk)
    generation.refresh_from_db()
    assert (generation.stage, generation.fault) == (Stage.LOST, "gone")
    assert balance(generation.account.pool_key).spent == 27_000


def test_a_full_disk_waits_and_goes_on_by_itself(
    accounts: dict[str, Account],
    sandbox: Sandbox,
    place: Place,
    carry: Carry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as full:
        full.setattr("studio.pipeline.files.FREE_FLOOR", 1 << 60)
        generation = carry(place(IMAGE, prompt="x"))
        assert generation.stage == Stage.SAVING
        jobs.archive_generation(generation.pk)
        generation.refresh_from_db()
        assert generation.attempts == 0, "a full disk is nobody's failed try"
    jobs.archive_generation(generation.pk)
    generation.refresh_from_db()
    assert generation.stage == Stage.READY


def test_a_fetch_whose_worker_died_is_rung_for_again(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place, carry: Carry
) -> None:
    generation = carry(place(IMAGE, prompt="x [[fault:expired_url]]"))
    generation.change(
        then={
            "owner": "dead",
            "lease_until": clock.now() + timedelta(minutes=6),
            "due_at": clock.now() - timedelta(seconds=1),
        }
    )
    assert ring_saving() == 1
    generation.refresh_from_db()
    assert generation.owner == ""


def test_a_job_the_vendor_forgot_fails_only_after_several_sightings(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place
) -> None:
    generation = place(TEXT, prompt="x")
    jobs.submit_generation(generation.pk)
    generation.refresh_from_db()
    gone = Report(state=State.GONE, fault=Fault.GONE, message="Resource does not exist")
    account, key = generation.account, generation.key
    for expected in (Stage.WORKING, Stage.WORKING, Stage.FAILED):
        answer = poll.Answer(generations=[generation], reports={generation.ticket: gone})
        poll.apply(answer, account, key)
        generation.refresh_from_db()
        assert generation.stage == expected


def test_the_same_answer_twice_is_charged_once(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place, sound_book: None
) -> None:
    generation = place(TEXT, prompt="x")
    jobs.submit_generation(generation.pk)
    generation.refresh_from_db()
    done = Report(state=State.DONE, results=("https://cdn.example/v.mp4",))
    stale = Generation.objects.select_related("account").get(pk=generation.pk)
    for row in (generation, stale, generation):
        answer = poll.Answer(generations=[row], reports={row.ticket: done})
        poll.apply(answer, row.account, generation.key)
    assert balance(generation.account.pool_key).spent == 27_000


def test_an_account_with_many_due_is_asked_no_more_than_it_allows(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place
) -> None:
    rows = [place(TEXT, prompt=f"{number}") for number in range(30)]
    now = clock.now()
    for row in rows:
        row.move(Stage.ORDERED, Stage.SENDING, sent_at=now)
        row.move(Stage.SENDING, Stage.WORKING, ticket=f"t{row.pk}", accepted_at=now, due_at=now)
    first = poll.claim(accounts["remaker"], 18)
    assert len(first) == 18
    assert len(poll.claim(accounts["remaker"], 18)) == 12
    assert poll.claim(accounts["remaker"], 18) == []


def test_the_card_is_told_how_much_has_come(
    accounts: dict[str, Account],
    sandbox: Sandbox,
    place: Place,
    carry: Carry,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules["studio.net.download"], "TELL_EVERY", 0.0)
    generation = carry(place(IMAGE, prompt="x"))
    assert generation.stage == Stage.READY
    assert generation.progress > 0
