"""Remaker held against its own page: prices, limits, requests and answers."""

from __future__ import annotations

import pytest

from studio import net
from studio.vendors import find_model
from studio.vendors.base import MILLI, File, Request, State, Ticket
from studio.vendors.errors import (
    BadInput,
    BadKey,
    Content,
    Fault,
    InDoubt,
    Misread,
    NotSent,
    OutOfCredits,
    OutOfReach,
    TooFast,
    Trouble,
)
from studio.vendors.options import Choice, Picture
from studio.vendors.remaker import Remaker
from tests.vendors.hearing import KEY, answer, json_examples, page, speak

PAGE = page("remaker")
CREATED, CREATED_TOO, FINISHED = [example for example in json_examples(PAGE) if "code" in example]
JOB = "7nvahs845hrme0cpda689spyrc"
PHOTO = "https://pictures.example/one.jpg?sig=a%2Fb&x=1"
TEXT = Request(
    model="text-1.0-standard",
    values={
        "prompt": "A butterfly is flying over a grassy field.",
        "duration": "5",
        "video_ratio": "1:1",
    },
)


def animate(model: str, duration: str = "5", *, end: str = "") -> Request:
    return Request(
        model=model,
        values={"prompt": "Two characters fight.", "duration": duration},
        images=(File(url=PHOTO),),
        end_image=File(url=end) if end else None,
    )


def option(model: str, name: str) -> object:
    return {entry.name: entry for entry in find_model(f"remaker/{model}")[1].options}[name]


def documented_prices() -> list[tuple[str, str, int]]:
    """(model, seconds, credits) of the page's tables; a row without a model repeats the last."""
    prices, model = [], ""
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.split("|") if cell.strip()]
        if len(cells) == 3 and "-1.0-" in cells[0]:
            model = cells.pop(0)
        if model and len(cells) == 2 and cells[0][:-1].isdigit() and cells[0].endswith("s"):
            prices.append((model, cells[0][:-1], int(cells[1])))
    return prices


def test_all_twelve_prices_are_those_of_the_page():
    prices = documented_prices()
    assert len(prices) == 12
    for slug, length, credits in prices:
        assert find_model(f"remaker/{slug}")[1].price({"duration": length}, {}) == credits * MILLI


def test_every_model_offers_exactly_the_lengths_of_the_page():
    lengths: dict[str, list[str]] = {}
    for slug, length, _credits in documented_prices():
        lengths.setdefault(slug, []).append(length)
    for slug, documented in lengths.items():
        duration = option(slug, "duration")
        assert isinstance(duration, Choice)
        assert [value for value, _label in duration.choices] == documented
        sentence = ", ".join(f"{length}s" for length in documented)
        assert f"- {slug}: {sentence} " in PAGE


def test_shapes_and_prompt_are_limited_as_on_the_page():
    assert "Options: 16:9 (default), 9:16, 1:1" in PAGE
    shape = option("text-1.0-pro", "video_ratio")
    assert [value for value, _label in shape.choices] == ["16:9", "9:16", "1:1"]
    assert shape.default == "16:9"
    assert "Maximum length: 1500 characters" in PAGE
    assert option("text-1.0-pro", "prompt").max_length == 1500


def test_only_turbo_takes_a_second_picture():
    assert "image-1.0-turbo: Accepts 1 or 2 images (2 images for first and last frames)" in PAGE
    for model in Remaker.models:
        names = [entry.name for entry in model.options if isinstance(entry, Picture)]
        expected = [] if model.slug.startswith("text") else ["image"]
        assert names == (["image", "end_image"] if "turbo" in model.slug and expected else expected)


def test_words_go_out_as_the_form_of_the_demo(wire, on_wire):
    wire.says = CREATED
    accepted = on_wire(Remaker).submit(TEXT)
    (seen,) = wire.seen
    assert (seen.method, seen.path) == (
        "POST",
        "/api/remaker/v1/ai-video-generator/create-job-text",
    )
    assert seen.headers["authorization"] == KEY  # bare
    assert seen.headers["accept"] == "application/json"
    assert seen.headers["content-type"] == "application/x-www-form-urlencoded"
    assert seen.headers["connection"] == "close"
    assert sorted(seen.form) == sorted(
        [
            ("model_name", "text-1.0-standard"),
            ("prompt", "A butterfly is flying over a grassy field."),
            ("duration", "5"),
            ("video_ratio", "1:1"),
        ]
    )
    assert accepted.ticket == Ticket(JOB)
    assert accepted.credits is None
    assert accepted.raw == CREATED


def test_two_pictures_go_out_as_a_repeated_key_in_order(wire, on_wire):
    wire.says = CREATED_TOO
    on_wire(Remaker).submit(animate("image-1.0-turbo", "8", end="https://pictures.example/2.jpg"))
    (seen,) = wire.seen
    assert seen.path.endswith("/create-job-image")
    assert [value for name, value in seen.form if name == "images"] == [
        PHOTO,
        "https://pictures.example/2.jpg",
    ]
    assert b"images%5B" not in seen.body
    assert ("duration", "8") in seen.form
    assert "video_ratio" not in dict(seen.form)


def test_a_last_picture_goes_only_to_the_model_that_knows_one(wire, on_wire):
    wire.says = CREATED
    on_wire(Remaker).submit(animate("image-1.0-pro", end="https://pictures.example/2.jpg"))
    assert [value for name, value in wire.seen[0].form if name == "images"] == [PHOTO]


def test_nothing_is_left_to_the_vendors_defaults():
    remaker, api = speak(Remaker, answer(CREATED))
    remaker.submit(Request(model="text-1.0-turbo", values={"prompt": "A fox"}))
    assert dict(api.calls[0].form) == {
        "model_name": "text-1.0-turbo",
        "prompt": "A fox",
        "duration": "4",
        "video_ratio": "16:9",
    }


def test_a_picture_without_a_link_is_refused_before_anything_is_sent():
    remaker, api = speak(Remaker, answer(CREATED))
    for images in ((), (File(body=b"bytes"),)):
        with pytest.raises(BadInput):
            remaker.submit(Request(model="image-1.0-pro", values={"prompt": "x"}, images=images))
    assert api.calls == []


def test_the_documented_result_is_understood(wire, on_wire):
    wire.says = FINISHED
    report = on_wire(Remaker).poll([Ticket("tnhnmn96exrmc0cpda4rmfmx7r")])
    (seen,) = wire.seen
    assert (seen.method, seen.body) == ("GET", b"")
    assert seen.path.endswith("/ai-video-generator/get-job/tnhnmn96exrmc0cpda4rmfmx7r")
    assert seen.headers["authorization"] == KEY
    report = report["tnhnmn96exrmc0cpda4rmfmx7r"]
    output = FINISHED["result"]["output"]
    assert report.state == State.DONE
    assert report.results == (output["output"],)
    assert report.thumbnail == output["thumbnail_path"]
    assert report.raw == FINISHED


def said(code: object, message: object = "", **more: object) -> dict[str, object]:
    return {"code": code, "result": {}, "message": {"en": message}, **more}


def test_every_code_of_the_page_is_known():
    codes = [int(code) for line in PAGE.splitlines() if (code := line.strip("| ")[:6]).isdigit()]
    assert len(codes) == 8
    states = {300013: State.WORKING, 600001: State.FAILED, 300004: State.GONE}
    states[100000] = State.DONE
    errors = {200007: BadKey, 300002: OutOfCredits, 400301: BadInput, 400000: Trouble}
    assert set(codes) == states.keys() | errors.keys()
    for code, error in errors.items():
        with pytest.raises(error) as caught:
            speak(Remaker, answer(said(code, "No.")))[0].submit(TEXT)
        assert (caught.value.code, caught.value.message) == (str(code), "No.")
    for code, state in states.items():
        remaker, _api = speak(Remaker, answer(said(code, "Word.")))
        assert remaker.poll([Ticket("a")])["a"].state == state


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(said(429000)), TooFast),
        (answer(b"<html>", status=429), TooFast),
        (answer(b"<html>", status=401), BadKey),
        (answer(said(401), status=401), BadKey),
        (answer(said(400), status=400), BadInput),
        (answer(said("300002")), OutOfCredits),
        (answer(said(400000, "Sensitive content was found")), Content),
        (answer(said(400301, "Failed to download the image")), OutOfReach),
        (answer(said(300004)), Trouble),
        (answer(said(300013)), InDoubt),
        (answer(said(300013, "Not enough credits for a second one")), InDoubt),
        (answer(said(300102, "Your sensitive content is in progress")), InDoubt),
        (answer(said(600001, "Content policy")), InDoubt),
        (answer(said(123456)), InDoubt),
        (answer(said(500), status=500), InDoubt),
        (answer(CREATED, status=500), InDoubt),
        (answer(said(100000)), InDoubt),
        (answer(said(100000, "Not enough credits")), InDoubt),
        (answer(said(100000, result={"job_id": "../x"})), InDoubt),
        (answer(said(100000, result={"job_id": "x" * 201})), InDoubt),
        (answer(b""), InDoubt),
        (answer(b"<html>bad gateway</html>", status=502), InDoubt),
        (answer([CREATED]), InDoubt),
        (answer(b"", status=302), Trouble),
        (answer(b"", status=303), InDoubt),
        (net.NotSent("refused"), NotSent),
        (net.NoAnswer("timeout"), InDoubt),
    ],
)
def test_an_order_without_a_clear_yes_is_classified(reply, error):
    with pytest.raises(error) as caught:
        speak(Remaker, reply)[0].submit(TEXT)
    assert type(caught.value) is error


def test_a_redirect_says_that_the_address_is_misconfigured():
    with pytest.raises(Trouble, match="misconfigured"):
        speak(Remaker, answer(b"", status=301, location="https://x/"))[0].submit(TEXT)
    with pytest.raises(Misread, match="misconfigured"):
        speak(Remaker, answer(b"", status=301, location="https://x/"))[0].poll([Ticket("a")])


def test_a_rate_limit_says_how_long_to_wait():
    with pytest.raises(TooFast) as caught:
        speak(Remaker, answer(said(429000), retry_after="7"))[0].submit(TEXT)
    assert caught.value.retry_after == 7


@pytest.mark.parametrize(
    ("reply", "state"),
    [
        (said(300102), State.WORKING),
        (said(424242), State.WORKING),
        (said(400301), State.WORKING),
        (said(100000), State.DONE),
        (said(100000, result={"output": {"output": "javascript:alert(1)"}}), State.DONE),
    ],
)
def test_an_unknown_word_is_working_and_a_finish_without_a_link_has_no_result(reply, state):
    report = speak(Remaker, answer(reply))[0].poll([Ticket("a")])["a"]
    assert report.state == state
    assert report.results == ()


def test_a_list_of_results_is_understood_too():
    reply = said(100000, result={"output": ["https://cdn.example/1.mp4", 7]})
    report = speak(Remaker, answer(reply))[0].poll([Ticket("a")])["a"]
    assert report.results == ("https://cdn.example/1.mp4",)


def test_a_failure_keeps_the_vendors_sentence_and_its_class():
    report = speak(Remaker, answer(said(600001, "NSFW content detected")))[0].poll([Ticket("a")])
    assert report["a"].fault == Fault.CONTENT
    assert report["a"].message == "NSFW content detected"
    plain = {"code": 600001, "message": "The video generation status is failed"}
    report = speak(Remaker, answer(plain))[0].poll([Ticket("a")])
    assert report["a"].fault == Fault.TROUBLE
    assert report["a"].message == "The video generation status is failed"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(said(200007)), BadKey),
        (answer(said(429000)), TooFast),
        (answer(b"<html>", status=401), BadKey),
        (answer(b"<html>", status=429), TooFast),
        (answer(said(400000)), Misread),
        (answer(b"", status=500), Misread),
        (answer(b"not json"), Misread),
        (net.NotSent("name"), NotSent),
        (net.NoAnswer("timeout"), Misread),
    ],
)
def test_a_question_without_an_answer_is_classified(reply, error):
    with pytest.raises(error):
        speak(Remaker, reply)[0].poll([Ticket("a")])


def test_a_made_up_job_proves_the_key():
    for code in (300004, 300013, 300102, 600001, 400301, 100000):
        speak(Remaker, answer(said(code)))[0].probe()
    for code, error in ((200007, BadKey), (400000, Misread), (999, Misread)):
        with pytest.raises(error):
            speak(Remaker, answer(said(code)))[0].probe()
