"""When to ask: soon enough that nobody waits, seldom enough that nobody is disturbed."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from studio import clock
from studio.models import Account, Generation, Pause, Project, Stage
from studio.pipeline import pace
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.both]


@pytest.fixture
def live(project: Project, settings: object) -> Generation:
    settings.STUDIO_PUBLIC_URL = ""
    return make.generation(project=project, account=make.account(), stage=Stage.WORKING)


@pytest.mark.parametrize(
    ("age", "least", "most"), [(0, 1.8, 2.2), (60, 5.4, 6.6), (100, 9, 11), (2000, 13.5, 16.5)]
)
def test_the_interval_is_a_tenth_of_the_age_between_two_and_fifteen_seconds(
    live: Generation, age: int, least: float, most: float
) -> None:
    now = live.accepted_at + timedelta(seconds=age)
    found = [pace.interval(live, now).total_seconds() for _ in range(50)]
    assert least <= min(found) <= max(found) <= most
    assert len(set(found)) > 10, "jitter keeps a thousand jobs from asking at once"


def test_a_webhook_makes_questions_three_times_rarer(project: Project, settings: object) -> None:
    settings.STUDIO_PUBLIC_URL = "https://studio.example"
    account = make.account(vendor="akool")
    row = make.generation(project=project, account=account, stage=Stage.WORKING, hook_token="t")
    wait = pace.interval(row, row.accepted_at + timedelta(seconds=60)).total_seconds()
    assert 16 <= wait <= 20


def test_after_the_deadline_it_is_asked_once_an_hour(live: Generation) -> None:
    live.deadline_at = live.accepted_at
    wait = pace.interval(live, live.accepted_at + timedelta(seconds=1)).total_seconds()
    assert 3200 <= wait <= 4000


def test_trouble_doubles_the_interval_and_never_beyond_a_minute(live: Generation) -> None:
    now = live.accepted_at + timedelta(seconds=30)
    for attempts, most in ((0, 7), (1, 14), (9, 60)):
        live.attempts = attempts
        found = [pace.after_trouble(live, now).total_seconds() for _ in range(50)]
        assert min(found) >= 2.7
        assert max(found) <= most


def test_the_first_question_comes_halfway_to_a_guess_and_shortly_before_what_was_learned(
    project: Project, live: Generation
) -> None:
    assert pace.first_poll(live).total_seconds() == min(live.spec.typical * 0.5, 60)
    for took in (20, 30, 40):
        ended = clock.now()
        make.generation(
            project=project,
            account=live.account,
            stage=Stage.READY,
            accepted_at=ended - timedelta(seconds=took),
            finished_at=ended,
        )
    assert pace.first_poll(live).total_seconds() == pytest.approx(30 * 0.85)


def test_back_off_has_full_jitter_between_a_second_and_its_cap() -> None:
    found = [pace.backoff(attempt).total_seconds() for attempt in range(1, 12) for _ in range(200)]
    assert min(found) >= 1
    assert max(found) <= 60
    early = [pace.backoff(0).total_seconds() for _ in range(200)]
    assert max(early) <= 5
    assert len({round(wait, 3) for wait in found}) > 500


def test_five_failures_in_a_row_open_the_breaker_and_one_answer_closes_it() -> None:
    account = make.account()
    for _ in range(4):
        pace.note_trouble(account)
    assert Account.objects.get().pause == ""
    pace.note_trouble(account)
    assert Account.objects.get().pause == Pause.ERRORS
    account.note_answer()
    account.refresh_from_db()
    assert (account.pause, account.failures) == ("", 0)


def test_an_open_breaker_hands_out_one_probe_and_none_to_an_order() -> None:
    account = make.account()
    account.hold_back(Pause.ERRORS, clock.now())
    readers = [Account.objects.get() for _ in range(10)]
    assert [pace.may_ask(row) for row in readers].count(True) == 1
    with clock.shift(16):
        assert not any(pace.may_order(row) for row in readers)
        assert [pace.may_ask(row) for row in readers].count(True) == 1


@pytest.mark.parametrize(("pause", "wait"), [(Pause.ORDERS, 60), (Pause.CREDITS, 900)])
def test_a_doubtful_account_hands_out_one_order_at_a_time(pause: Pause, wait: int) -> None:
    account = make.account()
    account.hold_back(pause, clock.now())
    readers = [Account.objects.get() for _ in range(10)]
    assert all(pace.may_ask(row) for row in readers), "questions cost nothing"
    assert [pace.may_order(row) for row in readers].count(True) == 1
    with clock.shift(wait - 1):
        assert not any(pace.may_order(row) for row in readers)
    with clock.shift(wait + 1):
        assert [pace.may_order(row) for row in readers].count(True) == 1


def test_doubts_wait_longer_and_longer_but_never_more_than_a_quarter_of_an_hour(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = make.account()
    waits = []
    for _ in range(9):
        account.failures = 0
        Account.objects.update(failures=0)
        pace.note_doubt(account)
        row = Account.objects.get()
        if row.pause:
            waits.append(round((row.paused_until - clock.now()).total_seconds() / 60))
    assert waits == [1, 2, 4, 8, 15, 15, 15]


def test_a_later_moment_is_looked_at_again_within_half_a_minute() -> None:
    now = clock.now()
    assert pace.later(None, now) == timedelta(seconds=30)
    assert pace.later(now + timedelta(hours=6), now) == timedelta(seconds=30)
    assert pace.later(now - timedelta(hours=6), now) == timedelta(seconds=0.5)


def test_the_vendor_that_learned_nothing_lately_is_still_asked_within_a_minute(
    live: Generation, place: Callable[..., Generation]
) -> None:
    for took in range(3):
        make.generation(
            project=live.project,
            account=live.account,
            stage=Stage.READY,
            accepted_at=clock.now() - timedelta(hours=2 + took),
            finished_at=clock.now(),
        )
    assert pace.first_poll(live) == timedelta(seconds=60)
