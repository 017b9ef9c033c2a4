"""What an order will cost, and every reason why it cannot be placed."""

from __future__ import annotations

from typing import Any

import pytest

from studio import clock
from studio.ledger import verbs as ledger
from studio.models import (
    Account,
    Allowance,
    Generation,
    Key,
    KeyState,
    Pause,
    PriceObservation,
    PriceRule,
    Project,
    Scope,
    Stage,
    User,
)
from studio.pipeline.lines import choose_account
from studio.pipeline.quote import Quote, quote
from tests import make

pytestmark = [pytest.mark.django_db, pytest.mark.both]

TEXT = "remaker/text-1.0-standard"
FREE = "reelbyte/seedance-1-lite"


@pytest.fixture
def ask(project: Project, alice: User) -> Any:
    def asked(model: str = TEXT, **values: Any) -> Quote:
        values = values or {"prompt": "x", "duration": "5"}
        return quote(user=alice, project=project, model=model, values=values)

    return asked


def pool(account: Account, credits: int) -> Account:
    ledger.open_account(account.pool_key, unit="milli", enforce=True)
    ledger.top_up(account.pool_key, credits * 1000, key=f"topup:{account.uuid}")
    return account


def observe(account: Account, charged: int, selector: str = "") -> None:
    row = make.generation(
        project=Project.objects.get(), account=account, stage=Stage.READY, model="seedance-1-lite"
    )
    PriceObservation.objects.create(
        account=account,
        vendor=account.vendor,
        model="seedance-1-lite",
        selector=selector,
        charged_milli=charged,
        generation=row,
    )


def test_a_rule_goes_before_the_table_and_the_exact_rule_before_the_general(ask: Any) -> None:
    make.account()
    assert (ask().credits_milli, ask().source) == (27_000, "table")
    PriceRule.objects.create(vendor="remaker", model="text-1.0-standard", credits_milli=5_000)
    assert (ask().credits_milli, ask().source) == (5_000, "rule")
    exact = PriceRule.objects.create(
        vendor="remaker",
        model="text-1.0-standard",
        selector=Generation(vendor="remaker", model="text-1.0-standard").spec.price_key(
            {"duration": "5"}
        ),
        credits_milli=7_000,
    )
    assert ask().credits_milli == 7_000
    PriceRule.objects.filter(pk=exact.pk).update(superseded_at=clock.now())
    assert ask().credits_milli == 5_000


def test_what_was_charged_last_goes_before_the_default_and_says_that_it_is_an_estimate(
    ask: Any,
) -> None:
    account = make.account(vendor="reelbyte", default_hold_milli=90_000)
    spec = Generation(vendor="reelbyte", model="seedance-1-lite").spec
    values = {**spec.defaults({}), "prompt": "x"}
    first = ask(FREE, **values)
    assert (first.credits_milli, first.hold_milli, first.source) == (None, 90_000, "default")
    observe(account, 18_000, spec.price_key(values))
    observe(account, 19_000, spec.price_key(values))
    second = ask(FREE, **values)
    assert (second.credits_milli, second.source, second.about, second.seen) == (
        19_000,
        "learned",
        True,
        2,
    )


def test_what_the_sandbox_charged_teaches_nothing_about_life(ask: Any) -> None:
    played = make.account(vendor="reelbyte", sandbox=True)
    spec = Generation(vendor="reelbyte", model="seedance-1-lite").spec
    values = {**spec.defaults({}), "prompt": "x"}
    observe(played, 1_000, spec.price_key(values))
    assert ask(FREE, **values).source == "learned"
    make.account(vendor="reelbyte", name="live")
    assert ask(FREE, **values).source == "default"


def test_money_follows_the_accounts_own_price_rounded_half_up(ask: Any) -> None:
    make.account(price_micros_per_credit=33_333)
    assert ask().money_micros == 899_991


def test_every_reason_is_listed_at_once(ask: Any, project: Project, alice: User) -> None:
    account = pool(make.account(price_micros_per_credit=10_000), 1)
    Account.objects.filter(pk=account.pk).update(pause=Pause.ADMIN)
    for scope in ({"scope": Scope.STUDIO}, {"scope": Scope.USER, "user": alice}):
        Allowance.objects.create(limit_micros=1, created_by=alice, **scope)
    found = [block.kind for block in ask().blocks]
    assert found == ["no-account", "not-enough", "not-enough", "not-enough"]


def test_a_soft_budget_blocks_nothing(ask: Any, alice: User) -> None:
    make.account(price_micros_per_credit=10_000)
    Allowance.objects.create(scope=Scope.STUDIO, limit_micros=1, hard=False, created_by=alice)
    assert ask().blocks == ()


def test_a_pool_whose_balance_is_not_kept_blocks_nothing(ask: Any) -> None:
    make.account()
    assert (ask().left_milli, ask().blocks) == (None, ())


def test_an_order_goes_to_the_account_that_can_pay_it(ask: Any) -> None:
    pool(make.account(name="empty", priority=5), 3)
    rich = pool(make.account(name="rich"), 100)
    assert {ask().account for _ in range(10)} == {rich}
    assert ask().blocks == ()


def test_when_nobody_can_pay_the_sentence_counts_what_is_short(ask: Any) -> None:
    pool(make.account(), 3)
    assert "24 credits short" in ask().blocks[0].sentence


def test_a_key_that_only_drains_takes_no_new_order(ask: Any) -> None:
    account = make.account()
    Key.objects.update(state=KeyState.DRAINING)
    assert choose_account("remaker") is None
    make.key(account=account, secret="a-new-one")
    assert choose_account("remaker") == account


def test_an_account_whose_keys_are_refused_serves_only_when_there_is_no_other(ask: Any) -> None:
    refused = make.account(name="refused", priority=9)
    refused.keys.get().note_refused("no")
    assert choose_account("remaker") == refused
    sound = make.account(name="sound")
    assert {choose_account("remaker") for _ in range(5)} == {sound}


def test_a_paused_account_serves_only_when_there_is_no_other() -> None:
    paused, sound = make.account(name="paused", priority=9), make.account(name="sound")
    paused.hold_back(Pause.RATE, None)
    assert {choose_account("remaker") for _ in range(5)} == {sound}


def test_a_full_account_gives_way_to_an_equal_one(project: Project) -> None:
    full, free = make.account(name="full", max_in_flight=1), make.account(name="free")
    make.generation(project=project, account=full, stage=Stage.WORKING)
    assert {choose_account("remaker") for _ in range(10)} == {free}


def test_weights_share_orders_among_equals() -> None:
    heavy = make.account(name="heavy", weight=100)
    make.account(name="light", weight=1)
    found = [choose_account("remaker") for _ in range(60)]
    assert found.count(heavy) > 45


def test_a_shell_need_not_know_whether_the_sandbox_is_on(ask: Any, settings: Any) -> None:
    make.account(sandbox=True)
    settings.STUDIO_SANDBOX = False
    assert ask().blocks == (), "the worker knows, and turns the order away (test_submit)"
