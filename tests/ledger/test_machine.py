"""Any sequence of verbs does what a book on paper would do, and breaks no law on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from studio.ledger import verbs
from studio.ledger.audit import audit
from studio.ledger.errors import Insufficient, NoSuchHold, NotSpent
from studio.ledger.models import Account, Hold
from studio.ledger.reading import balance, shares

ACCOUNTS = ("pool", "project", "person")
HOLDS = st.sampled_from(["g1", "g2", "g3", "g4"])
AMOUNT = st.integers(0, 12)
AMOUNTS = st.dictionaries(st.sampled_from(ACCOUNTS), AMOUNT, max_size=3)
FORMS = st.integers(0, 20).map(str)


@dataclass
class Purse:
    """An account on paper."""

    enforce: bool
    received: int = 0
    held: int = 0
    spent: int = 0

    @property
    def available(self) -> int:
        return self.received - self.held - self.spent

    @property
    def overdraft(self) -> int:
        return max(0, -self.available) if self.enforce else 0


@dataclass
class Paper:
    """A hold on paper."""

    state: str = "held"
    held: dict[str, int] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)
    waived: set[str] = field(default_factory=set)
    done: set[str] = field(default_factory=set)


class Book(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.taken_back = transaction.atomic()
        self.taken_back.__enter__()
        self.purses = {key: Purse(enforce=key != "project") for key in ACCOUNTS}
        self.holds: dict[str, Paper] = {}
        self.forms: set[str] = set()
        for key, purse in self.purses.items():
            verbs.open_account(key, unit="milli", enforce=purse.enforce)

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.taken_back.__exit__(None, None, None)

    def may(self, verb: str, key: str, *states: str) -> bool:
        """On paper: is it this verb's turn?"""
        hold = self.holds[key]
        if verb in hold.done or hold.state not in states:
            return False
        hold.done.add(verb)
        return True

    def set_held(self, key: str, account: str, amount: int) -> None:
        hold = self.holds[key]
        self.purses[account].held += amount - hold.held.get(account, 0)
        hold.held[account] = amount

    def add_spent(self, key: str, account: str, amount: int) -> None:
        self.purses[account].spent += amount
        self.holds[key].spent[account] = self.holds[key].spent.get(account, 0) + amount

    @rule(key=HOLDS, amounts=AMOUNTS)
    def place_hold(self, key, amounts):
        short = [
            account
            for account, amount in amounts.items()
            if self.purses[account].enforce and amount > max(0, self.purses[account].available)
        ]
        if key not in self.holds and short:
            with pytest.raises(Insufficient) as refused:
                verbs.place_hold(key, amounts)
            assert refused.value.account_key == short[0]
            return
        assert verbs.place_hold(key, amounts).key == key
        if key not in self.holds:
            self.holds[key] = Paper()
            for account, amount in amounts.items():
                self.set_held(key, account, amount)

    @rule(key=HOLDS, amounts=AMOUNTS)
    def amend(self, key, amounts):
        if key not in self.holds:
            with pytest.raises(NoSuchHold):
                verbs.amend(key, amounts)
            return
        turn = self.may("amend", key, "held")
        assert verbs.amend(key, amounts) is turn
        for account in set(amounts) - self.holds[key].waived if turn else ():
            self.set_held(key, account, amounts[account])

    @rule(key=HOLDS, accounts=st.sets(st.sampled_from(ACCOUNTS)))
    def waive(self, key, accounts):
        if key not in self.holds:
            return
        turn = self.may("waive", key, "held")
        assert verbs.waive(key, accounts) is turn
        for account in accounts & set(shares(key)) if turn else ():
            self.set_held(key, account, 0)
            self.holds[key].waived.add(account)

    @rule(key=HOLDS, actual=AMOUNTS)
    def capture(self, key, actual):
        if key not in self.holds:
            return
        hold = self.holds[key]
        turn = self.may("capture", key, "held")
        assert verbs.capture(key, actual) is turn
        if turn:
            hold.state = "captured"
            for account in list(hold.held):
                self.set_held(key, account, 0)
            for account in set(actual) - hold.waived:
                self.add_spent(key, account, actual[account])

    @rule(key=HOLDS)
    def release(self, key):
        if key not in self.holds:
            return
        turn = self.may("release", key, "held")
        assert verbs.release(key) is turn
        if turn:
            self.holds[key].state = "released"
            for account in list(self.holds[key].held):
                self.set_held(key, account, 0)

    @rule(key=HOLDS, amounts=AMOUNTS)
    def refund(self, key, amounts):
        hold = self.holds.get(key)
        if hold is None:
            return
        possible = hold.state in ("captured", "late") and "refund" not in hold.done
        if possible and any(amount > hold.spent.get(name, 0) for name, amount in amounts.items()):
            with pytest.raises(NotSpent):
                verbs.refund(key, amounts)
            return
        turn = self.may("refund", key, "captured", "late")
        assert verbs.refund(key, amounts) is turn
        if turn:
            hold.state = "refunded"
            for account, amount in amounts.items():
                self.add_spent(key, account, -amount)

    @rule(key=HOLDS, amounts=AMOUNTS)
    def late_charge(self, key, amounts):
        if key not in self.holds:
            return
        turn = self.may("late", key, "released")
        assert verbs.late_charge(key, amounts) is turn
        if turn:
            self.holds[key].state = "late"
            for account, amount in amounts.items():
                self.add_spent(key, account, amount)

    @rule(account=st.sampled_from(ACCOUNTS), amount=AMOUNT, form=FORMS)
    def top_up(self, account, amount, form):
        assert verbs.top_up(account, amount, key=form) is (f"topup {form}" not in self.forms)
        if f"topup {form}" not in self.forms:
            self.forms.add(f"topup {form}")
            self.purses[account].received += amount

    @rule(account=st.sampled_from(ACCOUNTS), delta=st.integers(-15, 15), form=FORMS)
    def adjust(self, account, delta, form):
        done = f"adjust {form}" in self.forms
        assert verbs.adjust(account, delta, key=form, reason="count") is not done
        if not done:
            self.forms.add(f"adjust {form}")
            self.purses[account].received += delta

    @rule(account=st.sampled_from(ACCOUNTS), enforce=st.booleans())
    def set_enforced(self, account, enforce):
        verbs.set_enforced(account, enforce)
        self.purses[account].enforce = enforce

    @invariant()
    def the_book_is_the_paper(self):
        for key, purse in self.purses.items():
            at = balance(key)
            assert (at.available, at.held, at.spent, at.received, at.overdraft) == (
                *(purse.available, purse.held, purse.spent, purse.received),
                purse.overdraft,
            )
        for key, hold in self.holds.items():
            assert Hold.objects.get(key=key).state == hold.state
            parts = shares(key)
            assert {name for name, part in parts.items() if part.waived} == hold.waived
            for account in ACCOUNTS:
                part = parts.get(account)
                assert (part.held if part else 0) == hold.held.get(account, 0)
                assert (part.spent if part else 0) == hold.spent.get(account, 0)

    @invariant()
    def the_audit_agrees(self):
        assert audit().drift == ()
        assert Account.objects.count() == len(ACCOUNTS)


@pytest.mark.both
@pytest.mark.django_db
def test_any_sequence_of_verbs_is_booked_as_on_paper():
    run_state_machine_as_test(
        Book,
        settings=settings(
            max_examples=25,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
