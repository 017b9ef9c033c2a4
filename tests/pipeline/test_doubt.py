"""Lost answers, refusals and limits at submit: what was sent once is never sent again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from studio import clock, jobs
from studio.ledger.reading import balance
from studio.models import Account, Beat, Generation, Key, Pause, Stage
from studio.pipeline.sweep import doubt_the_dead, ring_waiting, waive_old_doubts
from tests.sandboxed import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.both]

Place = Callable[..., Generation]
TEXT = "remaker/text-1.0-standard"


def submitted(generation: Generation) -> Generation:
    jobs.submit_generation(generation.pk)
    generation.refresh_from_db()
    return generation


@pytest.mark.parametrize(
    "fault",
    ["drop_before", "drop_after", "hang", "reset_in_body", "bad_json", "bad_id", "http_500"],
)
def test_no_usable_answer_leaves_doubt_and_is_never_sent_again(
    fault: str,
    sandbox: Sandbox,
    accounts: dict[str, Account],
    place: Place,
    sound_book: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("studio.pipeline.lines.DEADLINE", 1.0)
    generation = submitted(place(TEXT, prompt=f"lost [[fault:{fault}]]"))
    assert (generation.stage, generation.fault) == (Stage.IN_DOUBT, "in doubt")
    for _ in range(3):
        submitted(generation)
        ring_waiting()
    assert len([entry for entry in sandbox.record() if entry["op"] == "create"]) == 1
    assert balance(generation.account.pool_key).held == 27_000


def test_a_refused_connection_is_surely_not_sent_and_waits(
    accounts: dict[str, Account], place: Place, settings: object, sound_book: None
) -> None:
    settings.STUDIO_SANDBOX_URL = "http://127.0.0.1:9"
    generation = submitted(place(TEXT, prompt="x"))
    assert generation.stage == Stage.ORDERED
    assert generation.sent_at is None
    assert generation.due_at > clock.now()
    assert balance(generation.account.pool_key).held == 27_000


def test_a_vendor_that_is_down_is_probed_and_not_stormed(
    accounts: dict[str, Account], place: Place, settings: object
) -> None:
    settings.STUDIO_SANDBOX_URL = "http://127.0.0.1:9"
    rows = [place(TEXT, prompt=f"{number}") for number in range(12)]
    for row in rows:
        submitted(row)
    tried = [row for row in rows if row.moments.filter(what="not_sent").exists()]
    assert len(tried) == 5
    assert {row.stage for row in rows} == {Stage.ORDERED}
    account = Account.objects.get(pk=accounts["remaker"].pk)
    assert account.pause == Pause.ERRORS


def test_too_fast_waits_as_long_as_the_vendor_says(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place
) -> None:
    generation = submitted(place(TEXT, prompt="x [[fault:rate_limited;retry=40]]"))
    assert generation.stage == Stage.ORDERED
    assert timedelta(seconds=39) < generation.due_at - clock.now() < timedelta(seconds=60)
    waiting = submitted(place(TEXT, prompt="y"))
    assert waiting.stage == Stage.ORDERED
    assert len(sandbox.accepted()) == 0


def test_a_refused_key_releases_the_hold_and_pauses_the_key(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place, sound_book: None
) -> None:
    generation = submitted(place(TEXT, prompt="x [[fault:bad_key]]"))
    assert (generation.stage, generation.fault) == (Stage.REFUSED, "key")
    assert balance(generation.account.pool_key).available == 1_000_000
    assert Key.objects.get(pk=generation.key_id).pause == Pause.AUTH
    assert submitted(place(TEXT, prompt="waits")).stage == Stage.ORDERED


def test_a_vendor_without_credits_refuses_and_the_rest_waits(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place, sound_book: None
) -> None:
    generation = submitted(place(TEXT, prompt="x [[fault:no_credits]]"))
    assert (generation.stage, generation.fault) == (Stage.REFUSED, "credits")
    assert submitted(place(TEXT, prompt="waits")).stage == Stage.ORDERED


def test_a_sender_that_died_leaves_doubt(accounts: dict[str, Account], place: Place) -> None:
    generation = place(TEXT, prompt="x")
    generation.move(
        Stage.ORDERED, Stage.SENDING, owner="dead", sent_at=clock.now() - timedelta(seconds=20)
    )
    assert doubt_the_dead() == 1
    generation.refresh_from_db()
    assert generation.stage == Stage.IN_DOUBT


def test_a_sender_that_lives_is_left_alone(accounts: dict[str, Account], place: Place) -> None:
    generation = place(TEXT, prompt="x")
    now = clock.now()
    generation.move(
        Stage.ORDERED,
        Stage.SENDING,
        owner="alive",
        sent_at=now - timedelta(seconds=20),
        lease_until=now + timedelta(seconds=20),
    )
    Beat.objects.create(owner="alive", host="here", pid=1)
    assert doubt_the_dead() == 0


def test_after_a_day_of_doubt_the_budget_is_given_back_and_the_pool_stays_held(
    accounts: dict[str, Account], place: Place, project: object, alice: object, sound_book: None
) -> None:
    from studio.models import Allowance, Scope

    Account.objects.update(price_micros_per_credit=1_000)
    budget = Allowance.objects.create(
        scope=Scope.USER, user=alice, limit_micros=1_000_000, created_by=alice
    )
    generation = place(TEXT, prompt="x")
    key = budget.ledger_key(clock.now())
    assert balance(key).held == 27_000
    generation.move(
        Stage.ORDERED, Stage.SENDING, owner="dead", sent_at=clock.now() - timedelta(hours=25)
    )
    doubt_the_dead()
    waive_old_doubts()
    assert (balance(key).held, balance(key).available) == (0, 1_000_000)
    assert balance(generation.account.pool_key).held == 27_000


def test_two_workers_with_the_same_bell_send_once(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place
) -> None:
    generation = place(TEXT, prompt="once")
    stale = Generation.objects.get(pk=generation.pk)
    submitted(generation)
    jobs.submit_generation(stale.pk)
    from studio.pipeline.submit import submit

    submit(stale)
    assert len(sandbox.accepted()) == 1
