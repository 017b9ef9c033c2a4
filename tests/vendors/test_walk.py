"""Every endpoint of every vendor, walked against the sandbox as a process of its own.

The adapters and the sandbox share no code, so they agree only where both have read the pages alike.
"""

from __future__ import annotations

import time
import urllib.request
from dataclasses import replace
from typing import Any

import pytest

from studio.vendors import VENDORS, all_models, find_model
from studio.vendors.akool import Akool
from studio.vendors.base import File, Makes, Request, State, Vendor
from studio.vendors.errors import (
    BadInput,
    BadKey,
    Gone,
)
from studio.vendors.mnml import Mnml
from studio.vendors.options import Values
from studio.vendors.reelbyte import Reelbyte
from studio.vendors.remaker import Remaker
from tests.vendors.hearing import KEY
from tests.vendors.playing import Sandbox, finish

EVERY_VENDOR = pytest.mark.parametrize("vendor", list(VENDORS.values()), ids=lambda v: v.slug)


def first_bytes(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as reply:
        return reply.read(16)


def charges(sandbox: Sandbox, ticket: str) -> list[dict[str, Any]]:
    return [line for line in sandbox.control("ledger")["entries"] if ticket in str(line)]


@pytest.mark.parametrize("name", [f"{vendor.slug}/{model.slug}" for vendor, model in all_models()])
def test_every_model_goes_from_order_to_result(sandbox: Sandbox, name: str):
    vendor, model = find_model(name)
    adapter = sandbox.adapter(vendor)
    extra: dict[str, object] = {}
    if name == "akool/model-library":
        extra["model_name"] = "AkoolImage2VideoFastV1"
    request = sandbox.request(name, **extra)
    if name == "akool/model-library":
        request = replace(request, end_image=None)
    accepted = adapter.submit(request)
    report = finish(adapter, accepted)
    assert report.state == State.DONE
    assert report.results
    head = first_bytes(report.results[0])
    if model.makes is Makes.VIDEO:
        assert head[4:8] == b"ftyp"
    else:
        assert head[:4] in {b"\x89PNG", b"\xff\xd8\xff\xe0", b"RIFF"}
    assert charges(sandbox, accepted.ticket.id)
    documented = model.price(request.values, {"models": _models(adapter)})
    told = report.credits if report.credits is not None else accepted.credits
    assert None in {told, documented} or told == documented


def _models(adapter: Any) -> Any:
    return adapter.list_entries("models") if isinstance(adapter, Akool) else ()


@pytest.mark.parametrize("name", [f"remaker/{model.slug}" for model in Remaker.models])
def test_a_table_price_is_what_is_taken(sandbox: Sandbox, name: str):
    vendor, model = find_model(name)
    adapter = sandbox.adapter(vendor, f"{KEY}-price-{model.slug}")
    lengths = next(option for option in model.options if option.name == "duration").choices
    for length, _label in lengths:
        accepted = adapter.submit(sandbox.request(name, duration=length))
        (line,) = charges(sandbox, accepted.ticket.id)
        assert line["credits"] * 1000 == model.price({"duration": length}, {})


@pytest.mark.parametrize("resolution", ["720p", "1080p", "4k"])
@pytest.mark.parametrize("length", ["5", "10"])
def test_akools_table_is_what_it_says_it_takes(sandbox: Sandbox, resolution: str, length: str):
    adapter = sandbox.adapter(Akool)
    request = sandbox.request("akool/image-to-video", resolution=resolution, video_length=length)
    model = find_model("akool/image-to-video")[1]
    assert adapter.submit(request).credits == model.price(request.values, {})


@pytest.mark.parametrize("slug", ["seedance-1-lite", "seedance-1-pro"])
def test_seedance_makes_videos_from_words_alone_too(sandbox: Sandbox, slug: str):
    adapter = sandbox.adapter(Reelbyte)
    request = replace(sandbox.request(f"reelbyte/{slug}"), images=())
    accepted = adapter.submit(request)
    assert accepted.credits
    report = finish(adapter, accepted)
    assert (report.state, report.credits) == (State.DONE, accepted.credits)


def test_mnml_takes_a_link_in_place_of_a_file(sandbox: Sandbox):
    adapter = sandbox.adapter(Mnml)
    request = sandbox.request("mnml/kling-2.1-pro", movement_type="zoom_in", seed=7)
    accepted = adapter.submit(replace(request, images=(File(url=sandbox.home.picture.url),)))
    assert accepted.seed == 7
    assert finish(adapter, accepted).state == State.DONE


def test_akool_takes_an_effect_a_sound_and_its_live_models(sandbox: Sandbox):
    adapter = sandbox.adapter(Akool)
    effects, models = adapter.list_entries("effects"), adapter.list_entries("models")
    assert effects[0].preview
    listings = {"effects": effects, "models": models}
    effect = sandbox.request(
        "akool/image-to-video", effect_code=effects[0].value, audio_type="2", video_length="10"
    )
    assert finish(adapter, adapter.submit(effect)).state == State.DONE
    model = find_model("akool/model-library")[1]
    for entry in models:
        values: Values = {**model.defaults({"models": [entry]}), "prompt": "x"}
        fields = {option.name for option in model.fields(values, listings)}
        request = sandbox.request("akool/model-library", **values)
        if "end_image" not in fields:
            request = replace(request, end_image=None)
        accepted = adapter.submit(request)
        assert accepted.credits == model.price(values, listings), entry.value


def test_many_jobs_are_asked_for_at_once(sandbox: Sandbox):
    adapter = sandbox.adapter(Akool)
    request = sandbox.request("akool/image-to-video")
    tickets = [adapter.submit(request).ticket for _ in range(5)]
    assert adapter.poll(tickets).keys() == {ticket.id for ticket in tickets}


def test_a_finished_video_gets_a_new_sound_and_is_deleted(sandbox: Sandbox):
    adapter = sandbox.adapter(Akool)
    first = adapter.submit(sandbox.request("akool/image-to-video"))
    finish(adapter, first)
    for kind in ("1", "2"):
        request = Request(model="", values={"audio_type": kind}, audio=sandbox.home.sound)
        second = adapter.redub(first.ticket, request)
        assert second.ticket != first.ticket
        assert second.credits == adapter.redub_price(5.17)
        report = finish(adapter, second)
        assert report.state == State.DONE
    removals = adapter.delete([first.ticket, second.ticket])
    assert [removal.removed for removal in removals] == [True, True]
    assert first.ticket.id not in adapter.poll([first.ticket]) or (
        adapter.poll([first.ticket])[first.ticket.id].state == State.GONE
    )
    with pytest.raises((Gone, BadInput)):
        adapter.redub(first.ticket, Request(model="", values={"audio_type": "1"}))


def test_a_webhook_is_opened_with_the_accounts_secret(sandbox: Sandbox):
    keys = sandbox.control("keys", {"vendor": "akool", "key": "hooked", "credits": 100})
    adapter = sandbox.adapter(Akool, "hooked", known=False)
    request = sandbox.request("akool/image-to-video")
    callback = sandbox.home.origin + "/hooks/token/"
    accepted = adapter.submit(replace(request, callback=callback))
    report = finish(adapter, accepted)
    assert report.callback == callback
    until = time.monotonic() + 10
    while not sandbox.home.heard and time.monotonic() < until:
        time.sleep(0.05)
    read = Akool.read_callback(sandbox.home.heard[-1], keys["client_id"], keys["client_secret"])
    assert read is not None
    assert read.ticket == accepted.ticket.id
    assert read.sent is not None


@pytest.mark.parametrize("vendor", [Mnml, Akool], ids=lambda vendor: vendor.slug)
def test_a_balance_falls_by_what_was_taken(sandbox: Sandbox, vendor: type[Vendor]):
    adapter = sandbox.adapter(vendor, f"{KEY}-balance")
    before = adapter.balance()
    model = vendor.models[0]
    request = sandbox.request(f"{vendor.slug}/{model.slug}")
    adapter.submit(request)
    assert before - adapter.balance() == model.price(request.values, {})


@EVERY_VENDOR
def test_a_good_key_passes_the_probe_and_a_bad_one_does_not(sandbox: Sandbox, vendor: type[Vendor]):
    spent = len(sandbox.control("ledger")["entries"])
    sandbox.adapter(vendor).probe()
    stranger = sandbox.adapter(vendor, "nobody-knows-me", known=False)
    with pytest.raises(BadKey):
        stranger.probe()
    lines = sandbox.control("ledger")["entries"][spent:]
    assert not any(line.get("credits") for line in lines)
    with pytest.raises(BadKey):
        stranger.submit(sandbox.request(f"{vendor.slug}/{vendor.models[0].slug}"))
