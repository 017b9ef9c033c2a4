"""The failure book: every fault has its page, and every order says where its credits are."""

from __future__ import annotations

import pytest

from studio.models import Stage
from studio.vendors.base import Refund
from studio.vendors.errors import Fault
from studio.views.sentences import BOOK, Money, failure, money_line, part_of, short_money


def money(stage: str, **fields: object) -> Money:
    known = {"asked_milli": 27_000, "taken_milli": None, "vendor": "Acme", **fields}
    return Money(stage=stage, **known)  # type: ignore[arg-type]


@pytest.mark.parametrize("fault", Fault)
def test_every_fault_says_what_happened_what_to_do_who_and_whether_again(fault: Fault) -> None:
    said = failure(fault, "Acme")
    assert fault in BOOK
    for text in (said.title, said.sentence, said.todo, said.who, said.again):
        assert text
        assert "%" not in text
        assert "!" not in text
    assert "Acme" in said.sentence + said.todo


def test_each_fault_has_a_sentence_of_its_own() -> None:
    assert len({failure(fault, "Acme").sentence for fault in Fault}) == len(Fault)


def test_a_fault_that_nobody_knows_is_vendor_trouble() -> None:
    assert failure("new word", "Acme") == failure(Fault.TROUBLE, "Acme")


def test_only_doubt_forbids_to_order_again() -> None:
    forbidding = [fault for fault in Fault if not failure(fault, "Acme").may_repeat]
    assert forbidding == [Fault.DOUBT]


def test_doubt_says_that_it_may_have_been_charged() -> None:
    assert "may have been charged" in failure(Fault.DOUBT, "Acme").sentence
    assert "may have been charged" in money_line(money(Stage.IN_DOUBT))


@pytest.mark.parametrize(
    ("message", "part"),
    [
        ("Your prompt was flagged", "the prompt"),
        ("Input image contains a public figure", "the picture"),
        ("The generated image was flagged", "the prompt or the picture"),
        ("Audio not allowed", "the sound"),
    ],
)
def test_a_refusal_by_content_rules_names_the_part_if_the_vendor_does(
    message: str, part: str
) -> None:
    assert part_of(message) == part
    assert f"Change {part}, then" in failure(Fault.CONTENT, "Acme", message=message).todo


def test_a_refusal_that_names_no_part_says_so() -> None:
    assert "does not say which" in failure(Fault.CONTENT, "Acme", message="NSFW").todo


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("fault", Fault)
def test_every_stage_has_a_money_line_whatever_the_fault(stage: str, fault: Fault) -> None:
    line = money_line(money(stage, taken_milli=27_000))
    assert line.endswith(".")
    assert "%" not in line
    assert "27 credits" in line
    assert failure(fault, "Acme").title


@pytest.mark.parametrize(
    ("stage", "taken", "said"),
    [
        (Stage.ORDERED, None, "27 credits set aside, not spent yet."),
        (Stage.WORKING, None, "27 credits set aside until Acme has finished."),
        (Stage.READY, 22_000, "22 credits charged."),
        (Stage.REFUSED, 0, "Nothing was charged: 27 credits set free."),
        (Stage.CANCELLED, 0, "Nothing was charged: 27 credits set free."),
        (
            Stage.LOST,
            27_000,
            "27 credits charged; Acme deleted the result before a copy was saved.",
        ),
    ],
)
def test_the_money_line_says_where_the_credits_are(
    stage: str, taken: int | None, said: str
) -> None:
    assert money_line(money(stage, taken_milli=taken)) == said


def test_a_failure_at_a_silent_vendor_does_not_promise_a_refund() -> None:
    line = money_line(money(Stage.FAILED, taken_milli=27_000, refund=Refund.KEPT))
    assert "does not say whether it refunds" in line
    assert "budget got them back" in line
    assert short_money(money(Stage.FAILED, taken_milli=27_000)) == "refund unknown"


def test_a_failure_at_a_vendor_that_refunds_says_so() -> None:
    line = money_line(money(Stage.FAILED, taken_milli=0, refund=Refund.RETURNED))
    assert line == "Acme gives credits back when a job fails: 27 credits set free."


@pytest.mark.parametrize("taken", [0, 5_000])
def test_a_failure_whose_price_is_reported_quotes_the_vendor(taken: int) -> None:
    assert "says Acme" in money_line(money(Stage.FAILED, taken_milli=taken, refund=Refund.REPORTED))


@pytest.mark.parametrize("stage", Stage)
def test_the_sandbox_never_speaks_of_money(stage: str) -> None:
    played = money(stage, sandbox=True, taken_milli=27_000)
    assert money_line(played) == "Sandbox: nothing was spent."
    assert short_money(played) == "nothing spent"
