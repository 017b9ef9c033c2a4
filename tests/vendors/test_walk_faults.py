"""What the sandbox does wrong on purpose falls into its class, at every vendor."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from studio.vendors import VENDORS
from studio.vendors.akool import Akool
from studio.vendors.base import Accepted, State, Vendor
from studio.vendors.errors import (
    BadKey,
    Fault,
    InDoubt,
    Misread,
    OutOfCredits,
    TooFast,
    VendorError,
)
from studio.vendors.mnml import Mnml
from studio.vendors.reelbyte import Reelbyte
from studio.vendors.remaker import Remaker
from tests.vendors.playing import Sandbox, finish

EVERY_VENDOR = pytest.mark.parametrize("vendor", list(VENDORS.values()), ids=lambda v: v.slug)


def fault(sandbox: Sandbox, vendor: type[Vendor], name: str) -> Callable[[], Accepted]:
    adapter = sandbox.adapter(vendor)
    slug = vendor.models[0].slug
    request = sandbox.request(f"{vendor.slug}/{slug}", prompt=f"A harbour [[fault:{name}]]")
    return lambda: adapter.submit(request)


ORDER_FAULTS: dict[str, type[VendorError]] = {
    "drop_before": InDoubt,
    "drop_after": InDoubt,
    "http_500": InDoubt,
    "http_502": InDoubt,
    "http_503;accepted=1": InDoubt,
    "http_504": InDoubt,
    "bad_json;kind=cut": InDoubt,
    "bad_json;kind=empty": InDoubt,
    "bad_json;kind=html": InDoubt,
    "bad_json;kind=deep": InDoubt,
    "bad_id;kind=missing": InDoubt,
    "bad_id;kind=empty": InDoubt,
    "bad_id;kind=null": InDoubt,
    "bad_id;kind=path": InDoubt,
    "bad_id;kind=huge": InDoubt,
    "rate_limited;retry=5": TooFast,
    "rate_limited;retry=none": TooFast,
    "no_credits": OutOfCredits,
    "bad_key": BadKey,
}


@pytest.mark.parametrize("name", ORDER_FAULTS)
@EVERY_VENDOR
def test_a_fault_of_an_order_falls_into_its_class(
    sandbox: Sandbox, vendor: type[Vendor], name: str
):
    with pytest.raises(ORDER_FAULTS[name]) as caught:
        fault(sandbox, vendor, name)()
    assert caught.value.message
    json.dumps(caught.value.raw)


@EVERY_VENDOR
def test_a_redirect_is_not_followed(sandbox: Sandbox, vendor: type[Vendor]):
    for kind in ("chain", "cross", "internal"):
        with pytest.raises(VendorError, match="misconfigured"):
            fault(sandbox, vendor, f"redirect;kind={kind}")()


@EVERY_VENDOR
def test_a_failed_job_says_why(sandbox: Sandbox, vendor: type[Vendor]):
    adapter = sandbox.adapter(vendor)
    slug = vendor.models[0].slug
    request = sandbox.request(f"{vendor.slug}/{slug}", prompt="A harbour [[fault:fail]]")
    report = finish(adapter, adapter.submit(request))
    assert report.state == State.FAILED
    assert report.fault in {Fault.TROUBLE, Fault.CONTENT}
    assert report.message


@EVERY_VENDOR
def test_a_job_that_vanishes_is_gone_or_absent(sandbox: Sandbox, vendor: type[Vendor]):
    adapter = sandbox.adapter(vendor)
    slug = vendor.models[0].slug
    request = sandbox.request(f"{vendor.slug}/{slug}", prompt="A harbour [[fault:vanish]]")
    ticket = adapter.submit(request).ticket
    report = adapter.poll([ticket]).get(ticket.id)
    assert report is None or report.state == State.GONE


@EVERY_VENDOR
def test_a_new_word_means_that_work_goes_on(sandbox: Sandbox, vendor: type[Vendor]):
    adapter = sandbox.adapter(vendor)
    slug = vendor.models[0].slug
    request = sandbox.request(f"{vendor.slug}/{slug}", prompt="A harbour [[fault:unknown_status]]")
    ticket = adapter.submit(request).ticket
    until = time.monotonic() + 10
    while (report := adapter.poll([ticket])[ticket.id]).state == State.QUEUED:
        assert time.monotonic() < until
        time.sleep(0.05)
    assert report.state == State.WORKING
    assert report.word
    assert not report.results


@EVERY_VENDOR
def test_a_finish_without_an_address_has_no_results(sandbox: Sandbox, vendor: type[Vendor]):
    adapter = sandbox.adapter(vendor)
    slug = vendor.models[0].slug
    for name in ("no_url", "bad_url;kind=javascript", "bad_url;kind=relative"):
        request = sandbox.request(f"{vendor.slug}/{slug}", prompt=f"A harbour [[fault:{name}]]")
        report = finish(adapter, adapter.submit(request))
        assert (report.state, report.results) == (State.DONE, ())


def test_an_aborted_task_goes_on_and_a_cancelled_one_fails(sandbox: Sandbox):
    adapter = sandbox.adapter(Reelbyte)
    model = "reelbyte/seedance-1-lite"
    accepted = adapter.submit(sandbox.request(model, prompt="A harbour [[fault:abort]]"))
    until = time.monotonic() + 10
    while time.monotonic() < until:
        report = adapter.poll([accepted.ticket])[accepted.ticket.id]
        assert report.state in {State.QUEUED, State.WORKING}
        if report.word == "aborted":
            break
        time.sleep(0.05)
    assert report.word == "aborted"
    cancelled = adapter.submit(sandbox.request(model, prompt="A harbour [[fault:cancel]]"))
    assert finish(adapter, cancelled).state == State.FAILED


@pytest.mark.parametrize("kind", ["shuffle", "missing", "foreign"])
def test_results_in_any_order_find_their_jobs(sandbox: Sandbox, kind: str):
    adapter = sandbox.adapter(Akool)
    prompts = [f"harbour {number}" for number in range(4)]
    jobs = {
        adapter.submit(sandbox.request("akool/image-to-video", prompt=prompt)).ticket: prompt
        for prompt in prompts
    }
    sandbox.spoil(Akool, "poll", f"batch_order;kind={kind}")
    reports = adapter.poll(list(jobs))
    assert reports
    assert {ticket: reports[ticket.id].prompt for ticket in jobs if ticket.id in reports} == {
        ticket: prompt for ticket, prompt in jobs.items() if ticket.id in reports
    }
    assert reports.keys() <= {ticket.id for ticket in jobs}


def test_a_question_in_an_outage_is_asked_again(sandbox: Sandbox):
    for vendor in VENDORS.values():
        adapter = sandbox.adapter(vendor)
        slug = vendor.models[0].slug
        accepted = adapter.submit(sandbox.request(f"{vendor.slug}/{slug}"))
        sandbox.spoil(vendor, "poll", "http_503")
        with pytest.raises(Misread):
            adapter.poll([accepted.ticket])
        assert finish(adapter, accepted).state == State.DONE


def test_a_deletion_may_work_by_half(sandbox: Sandbox):
    adapter = sandbox.adapter(Akool)
    jobs = [adapter.submit(sandbox.request("akool/image-to-video")) for _ in range(2)]
    for job in jobs:
        finish(adapter, job)
    sandbox.spoil(Akool, "delete", "delete;kind=partial")
    removals = adapter.delete([job.ticket for job in jobs])
    assert {removal.removed for removal in removals} == {True, False}
    assert all(removal.removed or removal.message for removal in removals)


DIALECTS = [
    (Remaker, {"remaker.http_errors": True}),
    (Reelbyte, {"reelbyte.bad_key_status": 401}),
    (Mnml, {"mnml.codes": "errors", "mnml.no_credits_status": 403}),
]


@pytest.mark.parametrize(("vendor", "switches"), DIALECTS, ids=lambda part: str(part)[:20])
def test_the_other_dialect_of_a_vendor_is_understood_alike(
    sandbox: Sandbox, vendor: type[Vendor], switches: dict[str, object]
):
    usual = {name: sandbox.control("switches")[name] for name in switches}
    sandbox.control("switches", switches)
    try:
        stranger = sandbox.adapter(vendor, "nobody-knows-me", known=False)
        with pytest.raises(BadKey):
            stranger.probe()
        with pytest.raises(OutOfCredits):
            fault(sandbox, vendor, "no_credits")()
        test_a_failed_job_says_why(sandbox, vendor)
        test_a_job_that_vanishes_is_gone_or_absent(sandbox, vendor)
    finally:
        sandbox.control("switches", usual)


def test_reelbytes_whole_row_gives_two_ids_and_works_with_either(sandbox: Sandbox):
    sandbox.control("switches", {"reelbyte.full_row": True})
    try:
        adapter = sandbox.adapter(Reelbyte)
        accepted = adapter.submit(sandbox.request("reelbyte/seedance-1-lite"))
        assert accepted.ticket.alias
        assert accepted.ticket.alias != accepted.ticket.id
        assert finish(adapter, accepted).state == State.DONE
    finally:
        sandbox.control("switches", {"reelbyte.full_row": False})


@pytest.mark.parametrize("name", ["failed_reason", "msg", "error"])
def test_akools_reason_is_found_under_any_name(sandbox: Sandbox, name: str):
    sandbox.control("switches", {"akool.failure_field": name})
    try:
        adapter = sandbox.adapter(Akool)
        prompt = "A harbour [[fault:fail;reason=The moon was full]]"
        accepted = adapter.submit(sandbox.request("akool/image-to-video", prompt=prompt))
        assert finish(adapter, accepted).message == "The moon was full"
    finally:
        sandbox.control("switches", {"akool.failure_field": ""})
