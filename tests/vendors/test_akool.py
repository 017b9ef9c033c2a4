"""AKOOL held against its own page: prices, fields, orders and refusals."""

from __future__ import annotations

import pytest

from studio import net
from studio.vendors import find_model
from studio.vendors.akool import Akool
from studio.vendors.base import File, Request, Ticket
from studio.vendors.errors import (
    BadInput,
    BadKey,
    Content,
    InDoubt,
    NotSent,
    OutOfCredits,
    OutOfReach,
    TooFast,
    Trouble,
)
from studio.vendors.options import Choice, Flag, Sound, Text
from tests.vendors.hearing import KEY, answer, page, speak, table_rows

PAGE = page("akool")
SINGLE = find_model("akool/image-to-video")[1]
OPTIONS = {option.name: option for option in SINGLE.options}
JOB = "6a9f2780d8f85dab98695520"
PHOTO = "https://pictures.example/one.jpg"
SONG = "https://pictures.example/song.mp3"
V4 = "/api/open/v4/image2Video/"


def order(**values: object) -> Request:
    return Request(
        model="image-to-video",
        values={"prompt": "The water flows", **values},
        images=(File(url=PHOTO),),
        audio=File(url=SONG),
    )


def library(**values: object) -> Request:
    return Request(
        model="model-library",
        values={"prompt": "x", "model_name": "AkoolImage2VideoFastV1", **values},
        images=(File(url=PHOTO),),
        end_image=None,
    )


def ok(data: object) -> dict[str, object]:
    return {"code": 1000, "msg": "OK", "data": data}


def no(code: object, msg: str = "No.") -> dict[str, object]:
    return {"code": code, "msg": msg}


CREATED = ok(
    {
        "_id": JOB,
        "create_time": 1788815232296,
        "video_duration": 5,
        "resolution": "720p",
        "deduction_credit": 100,
        "status": 1,
    }
)


def sent(request: Request, says: object = CREATED) -> dict[str, object]:
    akool, api = speak(Akool, answer(says))
    akool.submit(request)
    return api.calls[0].json


def test_all_prices_are_those_of_the_page():
    rows = table_rows(PAGE, 4)
    heads = next(row for row in rows if row[0] == "Video Duration")
    prices = [row for row in rows if row[0].endswith("seconds")]
    assert (len(prices), heads[1:]) == (2, ["720p", "1080p", "4k"])
    for length, *credits in prices:
        for resolution, sentence in zip(heads[1:], credits, strict=True):
            values = {"video_length": length.split()[0], "resolution": resolution}
            expected = int(sentence.split()[0]) * 1000
            assert SINGLE.price({**values, "audio_type": "3"}, {}) == expected
            assert SINGLE.price({**values, "audio_type": "2"}, {}) == expected
    assert SINGLE.price({"video_length": "7", "resolution": "720p"}, {}) is None


def test_sound_costs_what_the_page_says_and_ai_sound_is_held_at_creation():
    akool, _api = speak(Akool, answer({}))
    rows = [row for row in table_rows(PAGE, 2) if row[0].endswith("seconds")]
    assert len(rows) == 2
    for length, sentence in rows:
        seconds, credits = length.split()[0], int(sentence.split()[0]) * 1000
        assert akool.redub_price(float(seconds)) == credits
        assert akool.redub_price(float(seconds) + 0.18) == credits
        values = {"video_length": seconds, "resolution": "720p"}
        with_ai = SINGLE.price({**values, "audio_type": "1"}, {})
        assert with_ai - SINGLE.price({**values, "audio_type": "3"}, {}) == credits


def test_every_field_of_the_page_is_offered():
    rows = table_rows(PAGE.split("Get Image to Video Results")[0], 4)
    names = {row[0] for row in rows if row[1] in {"String", "Integer", "Boolean"}}
    ours = {"image_url": "image", "audio_url": "audio"}
    assert {ours.get(name, name) for name in names - {"webhookurl"}} <= OPTIONS.keys()
    assert len(names) == 11
    assert "Resolution options: 720p, 1080p, 4k" in PAGE
    assert [value for value, _label in OPTIONS["resolution"].choices] == ["720p", "1080p", "4k"]
    assert "Video duration in seconds, options: 5, 10" in PAGE
    assert [value for value, _label in OPTIONS["video_length"].choices] == ["5", "10"]
    assert "1 = AI generate, 2 = user custom upload, 3 = none" in PAGE
    assert {value for value, _label in OPTIONS["audio_type"].choices} == {"1", "2", "3"}


def test_plans_that_the_page_names_are_marked():
    length = OPTIONS["video_length"]
    assert isinstance(length, Choice)
    assert "10s only available for pro and above subscriptions" in PAGE
    assert (length.plan_of("10"), length.plan_of("5")) == ("pro", "")
    premium = OPTIONS["is_premium_model"]
    assert isinstance(premium, Flag)
    assert premium.plan == "pro"


def test_fields_follow_the_effect_and_the_kind_of_sound():
    def names(**values: object) -> set[str]:
        return {option.name for option in SINGLE.fields(values, {})}

    assert {"prompt", "negative_prompt"} <= names()
    assert not {"prompt", "negative_prompt", "extend_prompt"} & names(effect_code="bloom")
    assert "ignores" in OPTIONS["effect_code"].help
    assert isinstance(OPTIONS["audio"], Sound)
    assert "audio" in names(audio_type="2")
    assert "audio" in names(audio_type=2)
    assert "audio" not in names(audio_type="1")
    assert isinstance(OPTIONS["prompt"], Text)


def test_an_order_goes_out_with_every_required_field(wire, on_wire):
    wire.says = CREATED
    accepted = on_wire(Akool).submit(order(negative_prompt="", video_length="10", audio_type="1"))
    (seen,) = wire.seen
    assert (seen.method, seen.path) == ("POST", V4 + "createBySourcePrompt")
    assert seen.headers["x-api-key"] == KEY
    assert "authorization" not in seen.headers
    assert seen.headers["connection"] == "close"
    assert seen.headers["content-type"] == "application/json"
    assert seen.json == {
        "image_url": PHOTO,
        "prompt": "The water flows",
        "negative_prompt": OPTIONS["negative_prompt"].default,
        "extend_prompt": False,
        "resolution": "720p",
        "audio_type": 1,
        "video_length": 10,
        "is_premium_model": False,
    }
    assert OPTIONS["negative_prompt"].default
    assert accepted.ticket == Ticket(JOB)
    assert accepted.credits == 100_000
    assert accepted.word == "1"


def test_an_effect_an_own_sound_and_a_webhook_are_said_when_they_are_wanted():
    request = Request(
        model="image-to-video",
        values={"effect_code": "bloom", "prompt": "ignored", "audio_type": "2"},
        images=(File(url=PHOTO),),
        audio=File(url=SONG),
        callback="https://studio.example/hooks/x/",
    )
    body = sent(request)
    assert (body["effect_code"], body["audio_url"]) == ("bloom", SONG)
    assert body["webhookurl"] == "https://studio.example/hooks/x/"
    assert "ignored" not in str(body)
    assert body["prompt"]
    assert body["negative_prompt"]
    assert "audio_url" not in sent(order(audio_type="3"))


def test_the_library_is_asked_for_one_video_of_the_chosen_model(wire, on_wire):
    wire.says = ok({"successList": [{"_id": JOB, "status": 1, "deduction_credit": 20}]})
    request = Request(
        model="model-library",
        values={
            "prompt": "x",
            "model_name": "seedance/pro-fast/image-to-video",
            "resolution": "768P",
            "video_length": "6",
            "generate_audio": True,
        },
        images=(File(url=PHOTO),),
        end_image=File(url="https://pictures.example/end.jpg"),
    )
    accepted = on_wire(Akool).submit(request)
    assert wire.seen[0].path == V4 + "createBySourcePrompt/batch"
    body = wire.seen[0].json
    assert body["count"] == 1
    assert (body["model_name"], body["resolution"]) == ("seedance/pro-fast/image-to-video", "768P")
    assert (body["video_length"], body["generate_audio"]) == (6, True)
    assert body["last_image_url"] == "https://pictures.example/end.jpg"
    assert (accepted.ticket.id, accepted.credits) == (JOB, 20_000)
    made = ok({"successList": [{"_id": JOB}]})
    assert not {"generate_audio", "extend_prompt", "audio_type"} & sent(library(), made).keys()


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"successList": [], "errorList": [{"msg": "image contains sensitive content"}]}, Content),
        ({"successList": [], "errorList": [{"error": "cannot download image"}]}, OutOfReach),
        ({"successList": [], "errorList": ["?"]}, Trouble),
        ({"successList": [], "errorList": []}, InDoubt),
        ({"successList": [{}], "errorList": ["?"]}, InDoubt),
        ({"errorList": ["?"]}, InDoubt),
    ],
)
def test_a_group_of_one_may_fail_inside_a_success(data, error):
    with pytest.raises(error) as caught:
        sent(library(), ok(data))
    assert type(caught.value) is error


@pytest.mark.parametrize(
    "request_",
    [
        Request(model="image-to-video", values={"prompt": "x"}),
        Request(model="image-to-video", values={}, images=(File(body=b"x"),)),
        Request(model="image-to-video", values={"audio_type": "2"}, images=(File(url=PHOTO),)),
        order(video_length="long"),
        Request(model="model-library", values={"prompt": "x"}, images=(File(url=PHOTO),)),
    ],
)
def test_what_cannot_be_said_is_refused_before_anything_is_sent(request_):
    akool, api = speak(Akool, answer(CREATED))
    with pytest.raises(BadInput):
        akool.submit(request_)
    assert api.calls == []


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(no(1003)), BadInput),
        (answer(no(1204)), BadInput),
        (answer(no(1009)), BadInput),
        (answer(no(1005)), TooFast),
        (answer(no(1006)), OutOfCredits),
        (answer(no(1103)), OutOfCredits),
        (answer(no(1104)), OutOfCredits),
        (answer(no(1108)), OutOfReach),
        (answer(no(1015)), Trouble),
        (answer(no(1205)), Trouble),
        (answer(no(1008)), Trouble),
        (answer(no(1101)), BadKey),
        (answer(no(1102)), BadKey),
        (answer(no(1109)), BadKey),
        (answer(no(1003, "The image could not be downloaded")), OutOfReach),
        (answer(no(1015, "Your prompt violates our content policy")), Content),
        (answer(no(1777, "Your quota is not enough")), OutOfCredits),
        (answer(no(1777, "A strange day")), InDoubt),
        (answer(no(1777, "Your quota is not enough"), 500), InDoubt),
        (answer({"msg": "insufficient credits"}), InDoubt),
        (answer(b"", 429), TooFast),
        (answer(b"", 401), BadKey),
        (answer(CREATED, 502), InDoubt),
        (answer(ok({})), InDoubt),
        (answer(ok({"_id": "x,y"})), InDoubt),
        (answer(ok(None)), InDoubt),
        (answer(b"\xff"), InDoubt),
        (answer(b"", 307), Trouble),
        (net.NotSent("busy"), NotSent),
        (net.NoAnswer("timeout"), InDoubt),
    ],
)
def test_an_order_without_a_clear_yes_is_classified(reply, error):
    with pytest.raises(error) as caught:
        speak(Akool, reply)[0].submit(order())
    assert type(caught.value) is error


def test_a_banned_account_is_told_from_a_bad_key():
    for code, banned in ((1200, True), (1101, False)):
        for ask in (lambda a: a.submit(order()), lambda a: a.poll([Ticket(JOB)])):
            with pytest.raises(BadKey) as caught:
                ask(speak(Akool, answer(no(code)))[0])
            assert caught.value.banned is banned


def test_nothing_taken_yet_is_not_a_price_of_nothing():
    data = {**CREATED["data"], "deduction_credit": 0}
    assert speak(Akool, answer(ok(data)))[0].submit(order()).credits is None
