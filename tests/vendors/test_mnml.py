"""mnml held against its own page: fields, defaults, the multipart body and both error dialects."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from studio import net
from studio.vendors.base import File, Request, State, Ticket
from studio.vendors.errors import (
    BadInput,
    BadKey,
    Fault,
    InDoubt,
    Misread,
    NotSent,
    OutOfCredits,
    TooFast,
    Trouble,
)
from studio.vendors.mnml import Mnml
from studio.vendors.options import Choice, Picture
from tests.vendors.hearing import DOCS, KEY, answer, json_examples, page, speak

PAGE = page("mnml")
EXAMPLES = [example for example in json_examples(PAGE) if "status" in example]
CREATED = EXAMPLES[0]
ERRORS = EXAMPLES[1:]
JOB = "b09ssvpzzhrj00cmzt1bykjzp1"
(MODEL,) = Mnml.models
OPTIONS = {option.name: option for option in MODEL.options}
PHOTO = (Path(DOCS).parent / "coffee.jpg").read_bytes()
UPLOAD = File(body=PHOTO, name="coffee.jpg", mime="image/jpeg")
VIDEO = "https://api.mnmlai.dev/v1/videos/1.mp4"

# the advanced example of the page, with the one length that it allows in place of its 15
ADVANCED = {
    "prompt": "snowy mountain landscape with aurora borealis",
    "duration": "10",
    "cfg_scale": 0.7,
    "aspect_ratio": "16:9",
    "negative_prompt": "buildings, people",
    "movement_type": "pan",
    "direction": "left",
    "seed": 42,
}


def order(image: File = UPLOAD, end: File | None = None, **values: object) -> Request:
    return Request(
        model=MODEL.slug,
        values={"prompt": ADVANCED["prompt"], **values},
        images=(image,),
        end_image=end,
    )


def look(reply: object, status: int = 200) -> object:
    return speak(Mnml, answer(reply, status))[0].poll([Ticket("a")])["a"]


def defaults_of_the_page() -> dict[str, str]:
    rows = [[cell.strip() for cell in line.split("|")] for line in PAGE.splitlines()]
    return {row[0]: row[2] for row in rows if len(row) >= 4 and row[1] in {"String", "Number"}}


def test_every_field_of_the_page_is_offered_with_the_pages_default():
    documented = defaults_of_the_page()
    assert documented.keys() >= {"duration", "cfg_scale", "seed", "start_image_url"}
    for name, default in documented.items():
        if name in {"prompt", "start_image_url", "end_image_url"}:
            continue  # no default; the links are our pictures
        ours = getattr(OPTIONS[name], "default", None)
        assert str(ours) == default.strip('"') or (ours is None and default == "random")
    assert isinstance(OPTIONS["end_image"], Picture)
    assert OPTIONS["image"].as_bytes
    assert not OPTIONS["end_image"].as_bytes


def test_every_choice_of_the_page_is_offered():
    for name in ("aspect_ratio", "movement_type", "direction"):
        line = next(line for line in PAGE.splitlines() if line.startswith(f"{name} |"))
        option = OPTIONS[name]
        assert isinstance(option, Choice)
        documented = set(re.findall(r'"([a-z0-9:_]+)"', line.split("|", 3)[3]))
        assert {value for value, _label in option.choices} == documented
    assert "Only allowed 5 & 10 seconds" in PAGE
    assert [value for value, _label in OPTIONS["duration"].choices] == ["5", "10"]
    assert "JPG, PNG, GIF, WebP; max 10MB" in PAGE
    assert OPTIONS["image"].formats == ("JPEG", "PNG", "GIF", "WEBP")
    assert OPTIONS["image"].max_bytes == 10_000_000


def test_the_price_is_flat_and_the_form_says_so():
    assert "costs 10 credits per video generation" in PAGE
    for length in ("5", "10"):
        assert MODEL.price({"duration": length}, {}) == 10_000
    assert "cost the same" in MODEL.note
    assert "cost the same" in OPTIONS["duration"].help


def test_a_picture_is_uploaded_with_everything_the_page_lists(wire, on_wire):
    wire.says = CREATED
    accepted = on_wire(Mnml).submit(order(**ADVANCED))
    (seen,) = wire.seen
    assert (seen.method, seen.path) == ("POST", "/v1/video-ai")
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["connection"] == "close"
    assert re.fullmatch(r"multipart/form-data; boundary=\S+", seen.headers["content-type"])
    parts = {name: (filename, mime, body) for name, filename, mime, body in seen.parts}
    assert parts.pop("image") == ("coffee.jpg", "image/jpeg", PHOTO)
    assert {name: body.decode() for name, (_f, _m, body) in parts.items()} == {
        name: str(value) for name, value in ADVANCED.items()
    }
    assert all(filename == "" for filename, _m, _b in parts.values())
    assert accepted.ticket == Ticket(JOB)
    assert accepted.seed == 123456
    assert accepted.credits is None


def test_links_alone_still_go_out_as_multipart(wire, on_wire):
    wire.says = CREATED
    start, end = "https://example.com/start.jpg", "https://example.com/end.jpg"
    on_wire(Mnml).submit(order(File(url=start), File(url=end)))
    (seen,) = wire.seen
    assert seen.headers["content-type"].startswith("multipart/form-data; boundary=")
    parts = {name: body.decode() for name, _f, _m, body in seen.parts}
    assert (parts["start_image_url"], parts["end_image_url"]) == (start, end)
    assert "image" not in parts


def test_nothing_is_left_to_the_vendors_defaults():
    mnml, api = speak(Mnml, answer(CREATED))
    mnml.submit(order())
    said = {part.name: part.value for part in api.calls[0].parts if part.name != "image"}
    assert said == {
        "prompt": ADVANCED["prompt"],
        "duration": "10",
        "cfg_scale": "0.5",
        "aspect_ratio": "16:9",
        "movement_type": "horizontal",
        "direction": "left",
    }


def test_a_zoom_has_no_direction_and_whole_numbers_stay_whole():
    mnml, api = speak(Mnml, answer(CREATED))
    mnml.submit(order(movement_type="zoom_out", direction="up", seed=1_000_000.0, cfg_scale=1.0))
    said = {part.name: part.value for part in api.calls[0].parts if part.name != "image"}
    assert "direction" not in said
    assert (said["seed"], said["cfg_scale"]) == ("1000000", "1")


@pytest.mark.parametrize(
    "request_",
    [
        Request(model=MODEL.slug, values={"prompt": "x"}),
        order(File()),
        order(UPLOAD, File(body=b"no link")),
    ],
)
def test_a_missing_picture_is_refused_before_anything_is_sent(request_):
    mnml, api = speak(Mnml, answer(CREATED))
    with pytest.raises(BadInput):
        mnml.submit(request_)
    assert api.calls == []


def test_every_error_of_the_page_is_known():
    kinds = {
        "MISSING_PROMPT": BadInput,
        "MISSING_IMAGE": BadInput,
        "NO_CREDITS": OutOfCredits,
        "IMAGE_TOO_LARGE": BadInput,
        "INVALID_IMAGE_TYPE": BadInput,
        "UNAUTHORIZED": BadKey,
    }
    assert {error["code"] for error in ERRORS} == kinds.keys()
    for error in ERRORS:
        status = 401 if error["code"] == "UNAUTHORIZED" else 400
        with pytest.raises(kinds[error["code"]]) as caught:
            speak(Mnml, answer(error, status))[0].submit(order())
        assert caught.value.message == error["message"]
        assert caught.value.code == error["code"]
        assert caught.value.raw == error


def problem(code: str, **more: object) -> dict[str, object]:
    return {"status": "error", "message": "A sentence.", "code": code, **more}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(problem("missing_required_field"), 400), BadInput),
        (answer(problem("insufficient_credits"), 403), OutOfCredits),
        (answer(problem("NO_CREDITS"), 403), OutOfCredits),
        (answer(problem("invalid_api_key"), 401), BadKey),
        (answer(problem("anything"), 401), BadKey),
        (answer(problem("NO_CREDITS"), 401), BadKey),
        (answer(b"<html>", 401), BadKey),
        (answer(problem("invalid_something"), 400), BadInput),
        (answer(problem("no_idea"), 403), Trouble),
        (answer(b"<html>", 403), InDoubt),
        (answer(b"<html>", 413), BadInput),
        (answer(problem("rate_limit_exceeded"), 429), TooFast),
        (answer(b"", 429), TooFast),
        (answer(problem("internal_server_error"), 500), InDoubt),
        (answer(b"", 503), InDoubt),
        (answer({"status": "success"}), InDoubt),
        (answer({"status": "success", "id": "../../x"}), InDoubt),
        (answer({"status": "success", "id": ""}), InDoubt),
        (answer({"status": "processing", "id": "x"}), InDoubt),
        (answer({"id": "x"}, 400), InDoubt),
        (answer(CREATED, 500), InDoubt),
        (answer(b"[]"), InDoubt),
        (answer(b"", 301), Trouble),
        (net.NotSent("trust"), NotSent),
        (net.NoAnswer("oversize"), InDoubt),
    ],
)
def test_an_order_without_a_clear_yes_is_classified(reply, error):
    with pytest.raises(error) as caught:
        speak(Mnml, reply)[0].submit(order())
    assert type(caught.value) is error


def test_a_rate_limit_may_say_in_its_body_how_long_to_wait():
    for asked, obeyed in ((30, 30), (7200, 3600), ("soon", None), (-1, None)):
        reply = problem("rate_limit_exceeded", details={"retryAfterSeconds": asked})
        with pytest.raises(TooFast) as caught:
            speak(Mnml, answer(reply, 429))[0].poll([Ticket("a")])
        assert caught.value.retry_after == obeyed


def test_a_status_is_asked_for_by_id(wire, on_wire):
    wire.says = {"status": "success", "message": [VIDEO], "seed": 453463}
    report = on_wire(Mnml).poll([Ticket(JOB)])[JOB]
    assert (wire.seen[0].method, wire.seen[0].path) == ("GET", f"/v1/status/{JOB}")
    assert wire.seen[0].headers["authorization"] == f"Bearer {KEY}"
    assert report.state == State.DONE
    assert (report.results, report.seed) == ((VIDEO,), 453463)


@pytest.mark.parametrize(
    ("reply", "state", "results"),
    [
        ({"status": "starting"}, State.QUEUED, ()),
        ({"status": "processing"}, State.WORKING, ()),
        ({"status": "succeeded", "message": VIDEO}, State.DONE, (VIDEO,)),
        ({"status": "success", "message": "It is ready"}, State.DONE, ()),
        ({"status": "success", "message": []}, State.DONE, ()),
        ({"status": "rendering the sky"}, State.WORKING, ()),
        ({"status": "canceled"}, State.FAILED, ()),
    ],
)
def test_the_words_of_a_status_are_known_and_new_ones_mean_work(reply, state, results):
    report = look(reply)
    assert (report.state, report.results, report.word) == (state, results, reply["status"])


def test_a_failure_keeps_the_vendors_sentence():
    report = look({"status": "failed", "error": "could not render that scene"})
    assert (report.state, report.fault) == (State.FAILED, Fault.TROUBLE)
    assert report.message == "could not render that scene"


def test_an_unknown_job_is_gone_in_both_dialects():
    for code, status in (("resource_not_found", 404), ("invalid_request_id", 400)):
        assert look(problem(code), status).state == State.GONE
    with pytest.raises(Misread):
        look(b"<html>not found</html>", 404)


def test_the_balance_is_read_in_thousandths_and_proves_the_key(wire, on_wire):
    wire.says = {"status": "success", "credits": 485}
    mnml = on_wire(Mnml)
    assert mnml.balance() == 485_000
    mnml.probe()
    assert {(seen.method, seen.path) for seen in wire.seen} == {("GET", "/v1/credits")}
    for reply, error in [
        (answer({"status": "success", "credits": -1}), Misread),
        (answer(problem("invalid_api_key"), 401), BadKey),
        (answer({}), Misread),
    ]:
        with pytest.raises(error):
            speak(Mnml, reply)[0].probe()
