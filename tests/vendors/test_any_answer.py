"""Whatever a vendor answers, an adapter says one of the declared things and nothing else."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.net import Answer
from studio.vendors import VENDORS
from studio.vendors.base import (
    Accepted,
    Deletes,
    Entry,
    File,
    Lists,
    Redubs,
    ReportsBalance,
    Request,
    State,
    Ticket,
    Vendor,
)
from studio.vendors.errors import BadKey, Fault, InDoubt, Misread, NotSent, Refused, TooFast
from tests.vendors.hearing import speak
from tests.vendors.nonsense import answers

EXAMPLES = 2_000
TICKETS = [Ticket("a1"), Ticket("b2", "other")]
MODELS = {vendor.slug: [model.slug for model in vendor.models] for vendor in VENDORS.values()}


def evidence(raw: object) -> None:
    """Evidence can be stored, and is not without end."""
    assert len(json.dumps(raw)) < 250_000


def check_order(said: Answer, accepted: Accepted) -> None:
    assert 200 <= said.status < 300
    body = said.json()
    assert isinstance(body, dict)
    assert str(body.get("code", body.get("status"))) in {"100000", "0", "1000", "success"} or (
        float(body["code"]) in {100000.0, 0.0, 1000.0}
    )
    assert accepted.ticket.id
    assert len(accepted.ticket.id) <= 200
    assert accepted.ticket.id in said.body.decode("utf-8-sig")
    assert accepted.credits is None or 0 <= accepted.credits <= 10**10
    evidence(accepted.raw)


def check_refusal(said: Answer, error: Exception) -> None:
    assert isinstance(error, TooFast | InDoubt | Refused)
    if isinstance(error, TooFast):
        explicit = [b"429000", b"429", b"1005", b"rate", b"too many requests"]
        assert said.status == 429 or any(sign in said.body for sign in explicit)
        assert error.retry_after is None or 0 <= error.retry_after <= 3600
    if said.status in {500, 502, 503, 504}:
        # only a code or a sentence from the vendor's documents is believed on a broken answer
        assert isinstance(error, InDoubt) or error.code or error.message
    if isinstance(error, Refused):
        assert said.status >= 300 or said.body
    evidence(error.raw)


def check_reports(adapter: Vendor) -> None:
    reports = adapter.poll(TICKETS)
    assert reports.keys() <= {ticket.id for ticket in TICKETS}
    for report in reports.values():
        assert all(url.lower().startswith(("http://", "https://")) for url in report.results)
        assert not report.results or report.state == State.DONE
        assert report.credits is None or 0 <= report.credits <= 10**10
        assert (report.fault is not None) == (report.state in {State.FAILED, State.GONE})
        assert report.fault is None or report.fault in Fault
        assert report.seed is None or abs(report.seed) < 2**63
        evidence(report.raw)


def check_lists(adapter: Lists) -> None:
    for listing in adapter.listings:
        entries = adapter.list_entries(listing)
        assert len({entry.value for entry in entries}) == len(entries)
        assert all(isinstance(entry, Entry) and entry.value for entry in entries)
        json.dumps([dict(entry.facts) for entry in entries])


def questions(adapter: Vendor) -> list[Any]:
    asked: list[Any] = [lambda: check_reports(adapter), adapter.probe]
    if isinstance(adapter, Deletes):
        asked.append(lambda: [entry.ticket for entry in adapter.delete(TICKETS)])
    if isinstance(adapter, Lists):
        asked.append(lambda: check_lists(adapter))
    if isinstance(adapter, ReportsBalance):
        asked.append(adapter.balance)
    return asked


def orders(adapter: Vendor) -> list[Any]:
    picture = File(url="https://pictures.example/1.jpg")
    asked: list[Any] = [
        lambda model=model: adapter.submit(
            Request(model=model, values={"prompt": "x", "model_name": "m"}, images=(picture,))
        )
        for model in MODELS[adapter.slug]
    ]
    if isinstance(adapter, Redubs):
        new_sound = Request(model="", values={"audio_type": "1"})
        asked.append(lambda: adapter.redub(TICKETS[0], new_sound))
    return asked


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.slug)
def test_any_answer_to_an_order_is_classified(vendor: type[Vendor]):
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
    @given(said=answers(vendor.slug), which=st.integers(0, 9))
    def classified(said: Answer, which: int) -> None:
        adapter, _api = speak(vendor, said)
        asked = orders(adapter)
        try:
            accepted = asked[which % len(asked)]()
        except (NotSent, TooFast, InDoubt, Refused) as error:
            check_refusal(said, error)
        else:
            check_order(said, accepted)

    classified()


@pytest.mark.parametrize("vendor", VENDORS.values(), ids=lambda vendor: vendor.slug)
def test_any_answer_to_a_question_is_classified(vendor: type[Vendor]):
    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), deadline=None)
    @given(said=answers(vendor.slug))
    def classified(said: Answer) -> None:
        adapter, _api = speak(vendor, said)
        for ask in questions(adapter):
            try:
                ask()
            except (TooFast, Misread, BadKey) as error:
                evidence(error.raw)

    classified()
