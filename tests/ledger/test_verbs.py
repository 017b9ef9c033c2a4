"""What each verb does to the buckets, and that a second call changes nothing."""

from __future__ import annotations

import pytest

from studio.ledger import verbs
from studio.ledger.errors import Insufficient, NoSuchAccount, NoSuchHold, NotSpent
from studio.ledger.models import Entry, Event, Hold, Source, State, Unit
from studio.ledger.reading import balance, balances, movements, shares, statement

pytestmark = [pytest.mark.both, pytest.mark.django_db, pytest.mark.usefixtures("balanced")]


def buckets(key):
    at = balance(key)
    return at.available, at.held, at.spent


def test_a_hold_sets_aside_on_every_account(pool, budget):
    hold = verbs.place_hold("g1", {pool: 40_000, budget: 2_000_000}, price_micros_per_credit=50_000)
    assert hold.state == State.HELD
    assert hold.price_micros_per_credit == 50_000
    assert buckets(pool) == (60_000, 40_000, 0)
    assert buckets(budget) == (8_000_000, 2_000_000, 0)


def test_a_repeated_hold_is_the_same_hold_and_moves_nothing(pool):
    first = verbs.place_hold("g1", {pool: 40_000})
    again = verbs.place_hold("g1", {pool: 40_000})
    assert again == first
    assert buckets(pool) == (60_000, 40_000, 0)
    assert Event.objects.filter(kind="hold").count() == 1


def test_a_hold_is_refused_on_all_accounts_when_one_has_too_little(pool, budget):
    with pytest.raises(Insufficient) as refused:
        verbs.place_hold("g1", {pool: 40_000, budget: 10_000_001})
    assert refused.value.account_key == budget
    assert refused.value.asked == 10_000_001
    assert refused.value.available == 10_000_000
    assert str(refused.value) == "budget: 10000001 asked, 10000000 available"
    assert buckets(pool) == (100_000, 0, 0)
    assert not Hold.objects.exists()
    assert not Event.objects.filter(kind="hold").exists()


def test_a_refused_hold_may_be_tried_again_after_a_top_up(pool):
    with pytest.raises(Insufficient):
        verbs.place_hold("g1", {pool: 100_001})
    verbs.top_up(pool, 1, key="one more")
    assert verbs.place_hold("g1", {pool: 100_001}).state == State.HELD
    assert buckets(pool) == (0, 100_001, 0)


def test_the_first_account_named_is_the_one_that_is_said_to_refuse(pool, budget):
    for order in ([pool, budget], [budget, pool]):
        with pytest.raises(Insufficient) as refused:
            verbs.place_hold("g1", dict.fromkeys(order, 10**9))
        assert refused.value.account_key == order[0]


def test_an_account_that_is_not_enforced_never_refuses(pool):
    verbs.open_account("unknown", unit=Unit.MILLI, enforce=False)
    verbs.place_hold("g1", {"unknown": 40_000})
    at = balance("unknown")
    assert (at.available, at.held, at.overdraft) == (-40_000, 40_000, 0)


def test_a_hold_of_nothing_remembers_its_account(pool, budget):
    verbs.place_hold("g1", {pool: 0, budget: 0})
    assert set(shares("g1")) == {pool, budget}
    assert verbs.capture("g1", {pool: 7_000})
    assert buckets(pool) == (93_000, 0, 7_000)


def test_a_capture_spends_what_was_held(pool, budget):
    verbs.place_hold("g1", {pool: 40_000, budget: 2_000_000})
    assert verbs.capture("g1", {pool: 40_000, budget: 2_000_000})
    assert buckets(pool) == (60_000, 0, 40_000)
    assert buckets(budget) == (8_000_000, 0, 2_000_000)
    hold = Hold.objects.get(key="g1")
    assert hold.state == State.CAPTURED
    assert hold.resolved_at is not None


def test_a_capture_below_the_hold_gives_the_rest_back(pool):
    verbs.place_hold("g1", {pool: 40_000})
    verbs.capture("g1", {pool: 25_000})
    assert buckets(pool) == (75_000, 0, 25_000)


def test_the_two_sides_of_a_capture_may_differ(pool, budget):
    # a failed job: the vendor kept its credits, the person pays nothing
    verbs.place_hold("g1", {pool: 40_000, budget: 2_000_000})
    verbs.capture("g1", {pool: 40_000})
    assert buckets(pool) == (60_000, 0, 40_000)
    assert buckets(budget) == (10_000_000, 0, 0)


def test_a_second_capture_changes_nothing(pool):
    verbs.place_hold("g1", {pool: 40_000})
    assert verbs.capture("g1", {pool: 40_000})
    assert not verbs.capture("g1", {pool: 40_000})
    assert not verbs.capture("g1", {pool: 1})
    assert buckets(pool) == (60_000, 0, 40_000)


def test_a_release_gives_everything_back_once(pool, budget):
    verbs.place_hold("g1", {pool: 40_000, budget: 2_000_000})
    assert verbs.release("g1")
    assert not verbs.release("g1")
    assert buckets(pool) == (100_000, 0, 0)
    assert buckets(budget) == (10_000_000, 0, 0)


def test_a_hold_ends_only_once(pool):
    verbs.place_hold("captured", {pool: 10_000})
    verbs.place_hold("released", {pool: 10_000})
    verbs.capture("captured", {pool: 10_000})
    verbs.release("released")
    assert not verbs.release("captured")
    assert not verbs.capture("released", {pool: 10_000})
    assert buckets(pool) == (90_000, 0, 10_000)


@pytest.mark.parametrize("quote", [25_000, 55_000, 0])
def test_an_amendment_takes_over_the_vendors_quote_once(pool, budget, quote):
    verbs.place_hold("g1", {pool: 40_000, budget: 2_000_000})
    assert verbs.amend("g1", {pool: quote})
    assert not verbs.amend("g1", {pool: 1})
    assert buckets(pool) == (100_000 - quote, quote, 0)
    assert buckets(budget) == (8_000_000, 2_000_000, 0)
    verbs.release("g1")
    assert buckets(pool) == (100_000, 0, 0)


def test_an_amendment_may_move_the_hold_to_another_pool(pool):
    verbs.open_account("other", unit=Unit.MILLI, enforce=True)
    verbs.top_up("other", 50_000, key="other")
    verbs.place_hold("g1", {pool: 40_000})
    verbs.amend("g1", {pool: 0, "other": 45_000})
    verbs.capture("g1", {"other": 45_000})
    assert buckets(pool) == (100_000, 0, 0)
    assert buckets("other") == (5_000, 0, 45_000)


def test_a_quote_above_the_means_is_booked_and_becomes_overdraft(pool):
    verbs.place_hold("g1", {pool: 90_000})
    verbs.amend("g1", {pool: 130_000})
    at = balance(pool)
    assert (at.available, at.held, at.overdraft) == (-30_000, 130_000, 30_000)


def test_an_overcharge_is_recorded_not_refused(pool):
    verbs.place_hold("g1", {pool: 90_000})
    assert verbs.capture("g1", {pool: 130_000}, source=Source.VENDOR, evidence={"credits": 130})
    at = balance(pool)
    assert (at.available, at.held, at.spent, at.overdraft) == (-30_000, 0, 130_000, 30_000)


def test_an_overdrawn_account_refuses_new_holds_until_it_is_filled(pool):
    verbs.place_hold("g1", {pool: 90_000})
    verbs.capture("g1", {pool: 130_000})
    with pytest.raises(Insufficient):
        verbs.place_hold("g2", {pool: 1})
    verbs.top_up(pool, 29_999, key="nearly")
    assert balance(pool).overdraft == 1
    with pytest.raises(Insufficient):
        verbs.place_hold("g2", {pool: 1})
    verbs.top_up(pool, 2, key="enough")
    assert balance(pool).overdraft == 0
    verbs.place_hold("g2", {pool: 1})
    assert buckets(pool) == (0, 1, 130_000)


def test_a_waiver_frees_the_person_while_the_pool_stays_held(pool, budget):
    verbs.place_hold("g1", {pool: 40_000, budget: 2_000_000})
    assert verbs.waive("g1", [budget])
    assert not verbs.waive("g1", [budget])
    assert buckets(pool) == (60_000, 40_000, 0)
    assert buckets(budget) == (10_000_000, 0, 0)
    assert shares("g1")[budget].waived


def test_waive_then_pool_capture(pool, budget):
    verbs.place_hold("g1", {pool: 40_000, budget: 2_000_000})
    verbs.waive("g1", [budget])
    # the caller need not remember the promise: naming the budget does not charge it
    assert verbs.capture("g1", {pool: 40_000, budget: 2_000_000})
    assert buckets(pool) == (60_000, 0, 40_000)
    assert buckets(budget) == (10_000_000, 0, 0)


def test_a_waived_account_is_neither_amended_nor_charged(pool, budget):
    verbs.place_hold("g1", {pool: 40_000, budget: 0})
    verbs.waive("g1", [budget])
    verbs.amend("g1", {pool: 45_000, budget: 3_000_000})
    verbs.capture("g1", {pool: 45_000, budget: 3_000_000})
    assert buckets(pool) == (55_000, 0, 45_000)
    assert buckets(budget) == (10_000_000, 0, 0)


def test_a_late_charge_after_a_release_is_booked_once(pool, budget):
    verbs.place_hold("g1", {pool: 40_000, budget: 2_000_000})
    assert not verbs.late_charge("g1", {pool: 40_000})
    verbs.release("g1")
    assert verbs.late_charge("g1", {pool: 40_000})
    assert not verbs.late_charge("g1", {pool: 40_000})
    assert buckets(pool) == (60_000, 0, 40_000)
    assert buckets(budget) == (10_000_000, 0, 0)
    assert Hold.objects.get(key="g1").state == State.LATE


def test_a_late_charge_is_never_refused(pool):
    verbs.place_hold("g1", {pool: 40_000})
    verbs.release("g1")
    verbs.place_hold("g2", {pool: 90_000})
    assert verbs.late_charge("g1", {pool: 40_000})
    at = balance(pool)
    assert (at.available, at.held, at.spent, at.overdraft) == (-30_000, 90_000, 40_000, 30_000)


def test_a_refund_returns_what_was_spent_once(pool, budget):
    verbs.place_hold("g1", {pool: 40_000, budget: 2_000_000})
    assert not verbs.refund("g1", {pool: 40_000})
    verbs.capture("g1", {pool: 40_000, budget: 2_000_000})
    assert verbs.refund("g1", {pool: 15_000, budget: 2_000_000})
    assert not verbs.refund("g1", {pool: 25_000})
    assert buckets(pool) == (75_000, 0, 25_000)
    assert buckets(budget) == (10_000_000, 0, 0)
    assert Hold.objects.get(key="g1").state == State.REFUNDED


def test_a_late_charge_can_be_refunded(pool):
    verbs.place_hold("g1", {pool: 40_000})
    verbs.release("g1")
    verbs.late_charge("g1", {pool: 40_000})
    assert verbs.refund("g1", {pool: 40_000})
    assert buckets(pool) == (100_000, 0, 0)


def test_more_than_was_spent_cannot_be_refunded(pool, budget):
    verbs.place_hold("g1", {pool: 40_000})
    verbs.capture("g1", {pool: 40_000})
    with pytest.raises(NotSpent) as refused:
        verbs.refund("g1", {pool: 40_001})
    assert str(refused.value) == "pool: 40001 to give back, 40000 spent"
    with pytest.raises(NotSpent):
        verbs.refund("g1", {budget: 1})
    assert Hold.objects.get(key="g1").state == State.CAPTURED
    assert verbs.refund("g1", {pool: 40_000})


def test_a_top_up_is_booked_once_with_its_payment(pool, treasurer):
    paid = {"key": "form-1", "actor": treasurer, "paid_minor": 9_900, "currency": "USD"}
    assert verbs.top_up(pool, 1_000_000, **paid)
    assert not verbs.top_up(pool, 1_000_000, **paid)
    assert balance(pool).available == 1_100_000
    [newest] = statement(pool, limit=1)
    assert (newest.paid_minor, newest.currency, newest.source) == (9_900, "USD", Source.ADMIN)
    assert newest.actor_id == treasurer.pk


def test_a_correction_is_booked_once_with_its_reason(pool, treasurer):
    change = {"key": "form-1", "reason": "the vendor's page says 90", "actor": treasurer}
    assert verbs.adjust(pool, -10_000, **change)
    assert not verbs.adjust(pool, -10_000, **change)
    assert balance(pool).available == 90_000
    assert balance(pool).received == 90_000
    assert statement(pool)[0].reason == "the vendor's page says 90"


def test_a_correction_without_a_reason_is_refused(pool):
    with pytest.raises(ValueError, match="reason"):
        verbs.adjust(pool, 1, key="form-1", reason="  ")


def test_a_limit_lowered_below_its_use_stops_new_holds_only(budget):
    verbs.place_hold("g1", {budget: 6_000_000})
    verbs.adjust(budget, -7_000_000, key="lower", reason="the limit is 3 now")
    at = balance(budget)
    assert (at.available, at.held, at.overdraft) == (-3_000_000, 6_000_000, 3_000_000)
    with pytest.raises(Insufficient):
        verbs.place_hold("g2", {budget: 1})
    assert verbs.capture("g1", {budget: 6_000_000})


def test_an_account_opens_once_and_keeps_its_unit(pool):
    assert verbs.open_account(pool, unit=Unit.MILLI, enforce=False).enforce is True
    assert balance(pool).available == 100_000
    with pytest.raises(ValueError, match="kept in milli"):
        verbs.open_account(pool, unit=Unit.MICROS, enforce=True)


def test_enforcing_an_account_below_zero_makes_that_its_overdraft(pool):
    verbs.set_enforced(pool, False)
    verbs.place_hold("g1", {pool: 130_000})
    verbs.set_enforced(pool, True)
    assert balance(pool).overdraft == 30_000
    with pytest.raises(Insufficient):
        verbs.place_hold("g2", {pool: 1})
    verbs.set_enforced(pool, False)
    assert balance(pool).overdraft == 0


def test_each_month_is_an_account_of_its_own(budget):
    verbs.open_account("budget:2026-12", unit=Unit.MICROS, enforce=True)
    verbs.top_up("budget:2026-12", 10_000_000, key="grant:2026-12")
    verbs.place_hold("november", {budget: 2_000_000})
    verbs.capture("november", {budget: 2_000_000})
    assert balance("budget:2026-12").available == 10_000_000
    assert balance(budget).spent == 2_000_000


@pytest.mark.parametrize(
    "verb",
    [
        lambda: verbs.amend("nobody", {}),
        lambda: verbs.waive("nobody", []),
        lambda: verbs.capture("nobody", {}),
        lambda: verbs.release("nobody"),
        lambda: verbs.refund("nobody", {}),
        lambda: verbs.late_charge("nobody", {}),
    ],
)
def test_a_hold_that_nobody_placed_is_an_error(verb):
    with pytest.raises(NoSuchHold, match="nobody"):
        verb()


@pytest.mark.parametrize(
    "verb",
    [
        lambda: verbs.place_hold("g1", {"nobody": 1}),
        lambda: verbs.top_up("nobody", 1, key="k"),
        lambda: verbs.adjust("nobody", 1, key="k", reason="r"),
        lambda: verbs.set_enforced("nobody", True),
        lambda: balance("nobody"),
        lambda: statement("nobody"),
    ],
)
def test_an_account_that_nobody_opened_is_an_error_and_leaves_nothing(verb):
    with pytest.raises(NoSuchAccount, match="nobody"):
        verb()
    assert not Hold.objects.exists()
    assert not Event.objects.exists()


@pytest.mark.parametrize(
    "verb",
    [
        lambda: verbs.place_hold("g2", {"pool": -1}),
        lambda: verbs.amend("g1", {"pool": -1}),
        lambda: verbs.capture("g1", {"pool": -1}),
        lambda: verbs.refund("g1", {"pool": -1}),
        lambda: verbs.late_charge("g1", {"pool": -1}),
        lambda: verbs.top_up("pool", -1, key="k"),
    ],
)
def test_a_negative_amount_is_an_error(pool, verb):
    verbs.place_hold("g1", {pool: 1})
    with pytest.raises(ValueError, match="negative"):
        verb()
    assert buckets(pool) == (99_999, 1, 0)


def test_every_movement_of_a_hold_can_be_read_with_its_evidence(pool, budget, treasurer):
    verbs.place_hold("g1", {pool: 40_000, budget: 2_000_000}, actor=treasurer)
    verbs.amend("g1", {pool: 45_000}, source=Source.VENDOR, evidence={"deduction_credit": 45})
    verbs.capture("g1", {pool: 45_000, budget: 2_000_000}, source=Source.VENDOR)
    story = [(move.kind, move.account_key, move.d_held, move.d_spent) for move in movements("g1")]
    assert story == [
        ("hold", pool, 40_000, 0),
        ("hold", budget, 2_000_000, 0),
        ("amend", pool, 5_000, 0),
        ("capture", pool, -45_000, 45_000),
        ("capture", budget, -2_000_000, 2_000_000),
    ]
    assert movements("g1")[0].actor_id == treasurer.pk
    assert movements("g1")[2].evidence == {"deduction_credit": 45}
    assert movements("nobody") == []


def test_a_statement_is_read_page_by_page_newest_first(pool):
    for turn in range(5):
        verbs.top_up(pool, turn + 1, key=f"t{turn}")
    first = statement(pool, limit=4)
    assert [move.seq for move in first] == [6, 5, 4, 3]
    assert first[0].available_after == 100_015
    assert [move.seq for move in statement(pool, before=3, limit=4)] == [2, 1]


def test_balances_of_many_accounts_leave_out_the_unopened(pool, budget):
    found = balances([pool, budget, "nobody"])
    assert set(found) == {pool, budget}
    assert found[budget].unit == "micros"


def test_the_sweep_sees_the_holds_that_stay_open(pool):
    for key in ("one", "two", "three"):
        verbs.place_hold(key, {pool: 1_000})
    verbs.capture("two", {pool: 1_000})
    three = Hold.objects.get(key="three")
    assert [hold.key for hold in Hold.objects.open_since(three.created_at)] == ["one", "three"]


def test_a_movement_of_nothing_leaves_no_entry(pool):
    verbs.place_hold("g1", {pool: 40_000})
    before = Entry.objects.count()
    assert verbs.amend("g1", {pool: 40_000})
    assert Entry.objects.count() == before
