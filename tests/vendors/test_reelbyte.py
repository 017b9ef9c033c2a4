"""Reelbyte held against its own page, and against what is known of the template it is built on."""

from __future__ import annotations

import json

import pytest

from studio import net
from studio.vendors import find_model
from studio.vendors.base import File, Refund, Request, State, Ticket
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
from studio.vendors.reelbyte import Reelbyte
from tests.vendors.hearing import KEY, answer, json_examples, page, speak

PAGE = page("reelbyte")
FROM_TEXT, FROM_IMAGE, CREATED, QUERY, QUERIED = json_examples(PAGE)
TASK = "task-1"
VIDEO = "https://replicate.delivery/x/tmp.mp4"
# the page's placeholder is no id, so the tests put one in its place
CREATED["data"]["taskId"] = TASK

LITE = Request(
    model="seedance-1-lite",
    values={
        "prompt": FROM_TEXT["prompt"],
        "duration": 5,
        "resolution": "720p",
        "aspect_ratio": "16:9",
    },
)


def custom(model: str = "custom-video", options: str = "{}", *images: str) -> Request:
    return Request(
        model=model,
        values={
            "prompt": "A fox",
            "provider": "fal",
            "model": "some/model",
            "options": options,
        },
        images=tuple(File(url=url) for url in images),
    )


def sent(request: Request) -> dict[str, object]:
    reelbyte, api = speak(Reelbyte, answer(CREATED))
    reelbyte.submit(request)
    return api.calls[0].json


def told(status: str, **more: object) -> dict[str, object]:
    return {"code": 0, "message": "ok", "data": {"taskId": TASK, "status": status, **more}}


def no(message: str) -> dict[str, object]:
    return {"code": -1, "message": message}


def look(reply: object, status: int = 200) -> object:
    return speak(Reelbyte, answer(reply, status))[0].poll([Ticket(TASK)])[TASK]


def test_the_text_example_of_the_page_goes_out_to_the_letter(wire, on_wire):
    wire.says = CREATED
    accepted = on_wire(Reelbyte).submit(LITE)
    (seen,) = wire.seen
    assert seen.json == FROM_TEXT
    assert (seen.method, seen.path) == ("POST", "/api/v1/ai/generate")
    assert seen.headers["authorization"] == f"Bearer {KEY}"
    assert seen.headers["content-type"] == "application/json"
    assert seen.headers["connection"] == "close"
    assert "x-api-key" not in seen.headers
    assert accepted.ticket == Ticket(TASK)
    assert accepted.credits == 18_000
    assert accepted.word == "pending"


def test_the_image_example_of_the_page_goes_out_to_the_letter():
    request = Request(
        model="seedance-1-pro",
        values={"prompt": FROM_IMAGE["prompt"], "duration": 5.0},  # the rest by default
        images=(File(url=FROM_IMAGE["options"]["image_input"][0]),),
    )
    assert sent(request) == FROM_IMAGE


def test_the_query_of_the_page_goes_out_to_the_letter(wire, on_wire):
    wire.says = told("pending")
    report = on_wire(Reelbyte).poll([Ticket("<task-id>")])["<task-id>"]
    assert (wire.seen[0].method, wire.seen[0].path) == ("POST", "/api/v1/ai/query")
    assert wire.seen[0].json == QUERY
    assert report.state == State.QUEUED


def test_the_answer_of_the_page_is_a_finish_without_a_link():
    report = look(QUERIED)
    assert report.state == State.DONE
    assert report.results == ()  # "{...}" is no JSON
    assert report.credits == 18_000


def test_a_free_model_is_named_by_hand_and_its_options_are_merged():
    body = sent(custom("custom-video", '{"mode": "pro", "duration": 5}', "https://p.example/1.jpg"))
    assert body == {
        "mediaType": "video",
        "provider": "fal",
        "model": "some/model",
        "scene": "image-to-video",
        "prompt": "A fox",
        "options": {"image_input": ["https://p.example/1.jpg"], "mode": "pro", "duration": 5},
    }
    assert sent(custom())["scene"] == "text-to-video"
    assert sent(custom("custom-video", '{"image_input": ["https://p.example/2.jpg"]}'))[
        "scene"
    ] == ("image-to-video")


def test_pictures_are_made_from_words_and_from_pictures():
    body = sent(custom("text-to-image"))
    assert (body["mediaType"], body["scene"]) == ("image", "text-to-image")
    body = sent(
        custom("image-to-image", "{}", "https://p.example/1.jpg", "https://p.example/2.jpg")
    )
    assert (body["mediaType"], body["scene"]) == ("image", "image-to-image")
    assert len(body["options"]["image_input"]) == 2


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (custom("custom-video", '{"prompt": "another"}'), "prompt"),
        (custom("custom-video", "[1]"), "JSON object"),
        (custom("custom-video", "{"), "JSON object"),
        (custom("custom-video", '{"a": NaN}'), "JSON object"),
        (custom("custom-video", '{"image_input": []}', "https://p.example/1.jpg"), "twice"),
        (custom("image-to-image"), "image is needed"),
        (custom("custom-video", "{}", ""), "by link"),
        (
            Request(model="seedance-1-lite", values={"prompt": "x", "options": '{"duration": 12}'}),
            "duration is given twice",
        ),
    ],
)
def test_what_would_be_paid_for_and_not_meant_is_refused_here(request_, words):
    reelbyte, api = speak(Reelbyte, answer(CREATED))
    with pytest.raises(BadInput, match=words):
        reelbyte.submit(request_)
    assert api.calls == []


def test_an_advanced_field_is_sent_only_when_it_was_touched():
    assert "camera_fixed" not in sent(LITE)["options"]
    assert "seed" not in sent(LITE)["options"]
    more = Request(
        model=LITE.model, values={**LITE.values, "camera_fixed": True, "seed": 7, "duration": 6.0}
    )
    options = sent(more)["options"]
    assert (options["camera_fixed"], options["seed"], options["duration"]) == (True, 7, 6)


def test_the_price_is_unknown_before_the_answer():
    for model in Reelbyte.models:
        assert model.price(model.defaults({}), {}) is None
    lite = find_model("reelbyte/seedance-1-lite")[1]
    assert lite.price_key({"duration": 5, "resolution": "720p"}) == "duration=5 resolution=720p"


def test_both_ids_are_kept_and_the_second_is_asked_once():
    both = {"code": 0, "data": {"taskId": "prediction", "id": "row", "status": "pending"}}
    reelbyte, _api = speak(Reelbyte, answer(both))
    assert reelbyte.submit(LITE).ticket == Ticket("prediction", "row")
    reelbyte, api = speak(Reelbyte, answer(no("Task not found")), answer(told("processing")))
    report = reelbyte.poll([Ticket("prediction", "row")])["prediction"]
    assert report.state == State.WORKING
    assert [call.json for call in api.calls] == [{"taskId": "prediction"}, {"taskId": "row"}]
    reelbyte, api = speak(Reelbyte, answer(no("task not found")))
    assert reelbyte.poll([Ticket("a")])["a"].state == State.GONE
    assert len(api.calls) == 1


def test_the_documented_sentences_are_known():
    errors = {
        "invalid api key": BadKey,
        "insufficient credits": OutOfCredits,
        "invalid params": BadInput,
    }
    for sentence, error in errors.items():
        assert sentence in PAGE
        with pytest.raises(error) as caught:
            speak(Reelbyte, answer(no(sentence.title())))[0].submit(LITE)
        assert caught.value.message == sentence.title()


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(no("ai generate failed, mediaType: video")), Trouble),
        (answer(no("something nobody has seen")), Trouble),
        (answer(no("no auth, please sign in")), BadKey),
        (answer(no("invalid mediaType")), BadInput),
        (answer(no("Your prompt was flagged as sensitive")), Content),
        (answer(no("could not download image_input: 403 for url")), OutOfReach),
        (answer(no("You have not enough credits left")), OutOfCredits),
        (answer(no("x"), status=401), BadKey),
        (answer(b"", status=429), TooFast),
        (answer(no("too many requests")), TooFast),
        (answer({"code": 7, "message": "strange"}), InDoubt),
        (answer({"message": "strange"}), InDoubt),
        (answer(no("x"), status=500), InDoubt),
        (answer(told("pending", taskId=None)), InDoubt),
        (answer(told("pending", taskId="a b")), InDoubt),
        (answer({"code": -1, "message": "x", "data": {"taskId": "t"}}), InDoubt),
        (answer(CREATED, status=500), InDoubt),
        (answer(b"{"), InDoubt),
        (answer(b"", status=308), Trouble),
        (net.NotSent("refused"), NotSent),
        (net.NoAnswer("broken"), InDoubt),
    ],
)
def test_an_order_without_a_clear_yes_is_classified(reply, error):
    with pytest.raises(error) as caught:
        speak(Reelbyte, reply)[0].submit(LITE)
    assert type(caught.value) is error


@pytest.mark.parametrize(
    ("info", "result"),
    [
        ({"videos": [{"id": "", "videoUrl": VIDEO}], "status": "succeeded"}, None),
        ({"videos": [VIDEO]}, "{}"),
        ({"videos": [{"url": VIDEO, "videoUrl": "https://other.example/x.mp4"}]}, None),
        ({"images": [{"imageUrl": VIDEO}]}, None),
        ({"output": VIDEO}, None),
        ({"output": {"uri": VIDEO}}, None),
        ({"data": [{"src": VIDEO}]}, None),
        ({}, {"output": VIDEO, "input": {"seed": 42}}),
        ({}, {"output": [VIDEO, "ftp://x"]}),
        (None, {"video": VIDEO}),
    ],
)
def test_a_result_is_found_wherever_it_stands(info, result):
    as_strings = [value if value is None else json.dumps(value) for value in (info, result)]
    for told_info, told_result in ((info, result), as_strings):
        report = look(told("success", taskInfo=told_info, taskResult=told_result))
        assert report.state == State.DONE
        assert report.results == (VIDEO,)


def test_several_pictures_are_all_results_and_the_seed_is_read():
    urls = ["https://x.example/1.png", "https://x.example/2.png"]
    info = json.dumps({"images": [{"imageUrl": url} for url in urls]})
    result = json.dumps({"output": urls, "input": {"seed": 42}})
    report = look(told("success", taskInfo=info, taskResult=result, usage={"credits": 22.5}))
    assert report.results == tuple(urls)
    assert (report.seed, report.credits) == (42, 22_500)


def test_a_failure_is_refunded_and_a_cancelled_task_may_not_be():
    info = json.dumps({"status": "failed", "errorMessage": "NSFW content detected"})
    report = look(told("failed", taskInfo=info))
    assert (report.state, report.fault) == (State.FAILED, Fault.CONTENT)
    assert report.message == "NSFW content detected"
    assert report.refund is None
    assert Reelbyte.refund == Refund.RETURNED
    assert "Failed tasks automatically refund credits" in PAGE
    report = look(told("canceled", taskInfo=None, taskResult=None))
    assert (report.state, report.refund) == (State.FAILED, Refund.KEPT)


def test_unknown_words_are_work_and_unknown_sentences_are_asked_again():
    assert look(told("dreaming")).state == State.WORKING
    report = look(no("unknown status: aborted"))
    assert (report.state, report.word) == (State.WORKING, "aborted")
    assert look(no("no permission")).state == State.GONE
    for reply, error in [
        (no("query ai task failed"), Misread),
        (no("invalid api key"), BadKey),
        ({}, Misread),
        (told(""), Misread),
    ]:
        with pytest.raises(error):
            look(reply)
    with pytest.raises(Misread):
        look(told("success"), 500)


def test_a_made_up_task_proves_the_key():
    speak(Reelbyte, answer(no("task not found")))[0].probe()
    for reply, error in [
        (answer(no("invalid api key")), BadKey),
        (answer(no("query ai task failed")), Misread),
        (answer(b"<html>", 503), Misread),
    ]:
        with pytest.raises(error):
            speak(Reelbyte, reply)[0].probe()
