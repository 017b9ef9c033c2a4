"""AKOOL held against its own page: orders, results in groups, re-dubs, deletion, balance."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from studio import net
from studio.vendors import find_model
from studio.vendors.akool import Akool
from studio.vendors.base import Callback, File, Refund, Request, State, Ticket
from studio.vendors.errors import (
    BadInput,
    BadKey,
    Content,
    Fault,
    Gone,
    InDoubt,
    Misread,
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
VIDEO = "https://cdn.example/v.mp4"
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


def job(ticket: str = JOB, status: object = 3, **more: object) -> dict[str, object]:
    return {
        "_id": ticket,
        "create_time": 1754372678000,
        "video_duration": 5.17,
        "webhookUrl": "https://studio.example/hooks/x/",
        "prompt": "The water flows",
        "deduction_credit": 20,
        "video_url": VIDEO,
        "status": status,
        **more,
    }


def sent(request: Request, says: object = CREATED) -> dict[str, object]:
    akool, api = speak(Akool, answer(says))
    akool.submit(request)
    return api.calls[0].json


def look(*jobs: object, asked: tuple[str, ...] = (JOB,)) -> dict[str, object]:
    akool, _api = speak(Akool, answer(ok({"result": list(jobs)})))
    return akool.poll([Ticket(ticket) for ticket in asked])


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


def test_results_are_asked_for_as_one_string_and_matched_by_id(wire, on_wire):
    wire.says = ok({"result": [job("b", 2), job("foreign"), job("a", 3), "junk", job("b", 4)]})
    reports = on_wire(Akool).poll([Ticket("a"), Ticket("b"), Ticket("c")])
    assert wire.seen[0].path == V4 + "resultsByIds"
    assert wire.seen[0].json == {"_ids": "a,b,c"}
    assert reports.keys() == {"a", "b"}
    assert reports["b"].state == State.WORKING
    done = reports["a"]
    assert (done.state, done.results, done.credits) == (State.DONE, (VIDEO,), 20_000)
    assert (done.callback, done.prompt) == ("https://studio.example/hooks/x/", "The water flows")
    assert done.created == datetime(2025, 8, 5, 5, 44, 38, tzinfo=UTC)
    assert done.duration == pytest.approx(5.17)


def test_more_than_fifty_are_asked_for_in_groups():
    akool, api = speak(Akool, answer(ok({"result": []})))
    assert akool.poll([Ticket(f"id{n}") for n in range(120)]) == {}
    assert [len(call.json["_ids"].split(",")) for call in api.calls] == [50, 50, 20]


@pytest.mark.parametrize(
    ("status", "state"),
    [(1, State.QUEUED), ("2", State.WORKING), (3.0, State.DONE), (4, State.FAILED)]
    + [(odd, State.WORKING) for odd in (0, 5, -1, "done", None, True, [3], {})],
)
def test_states_are_known_and_new_ones_mean_work(status, state):
    assert look(job(status=status))[JOB].state == state


def test_a_finish_without_a_link_has_no_results():
    for url in ("", None, "ftp://x/y", "javascript:alert(1)", 7):
        report = look(job(video_url=url))[JOB]
        assert (report.state, report.results) == (State.DONE, ())


def test_a_failure_finds_its_reason_and_the_final_charge():
    report = look(job(status=4, video_url="", failed_reason="NSFW image", deduction_credit=0))[JOB]
    assert (report.fault, report.message, report.credits) == (Fault.CONTENT, "NSFW image", 0)
    plain = look(job(status=4))[JOB]
    assert plain.fault == Fault.TROUBLE
    assert plain.message
    assert Akool.refund == Refund.REPORTED


def test_one_missing_job_does_not_hide_the_others():
    # the vendor answers 1008 to any question that names a job it does not know
    found = {"a", "b", "d", "e"}

    akool, api = speak(Akool, answer({}))

    def say(method: str, path: str, *, json: dict[str, str], **what: object) -> net.Answer:
        asked = json["_ids"].split(",")
        if set(asked) - found:
            return answer(no(1008, "The content you get does not exist"))
        return answer(ok({"result": [job(ticket) for ticket in asked]}))

    api.send = say
    reports = akool.poll([Ticket(ticket) for ticket in "abcde"])
    assert reports.keys() == set("abcde")
    assert reports.pop("c").state == State.GONE
    assert {report.state for report in reports.values()} == {State.DONE}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (answer(no(1101)), BadKey),
        (answer(no(1005)), TooFast),
        (answer(no(1003, "Failed to get results")), Misread),
        (answer(no(1999)), Misread),
        (answer(ok({})), Misread),
        (answer(ok({"result": {}})), Misread),
        (answer(ok({"result": []}), 500), Misread),
        (net.NoAnswer("timeout"), Misread),
        (net.NotSent("refused"), NotSent),
    ],
)
def test_a_question_without_an_answer_is_classified(reply, error):
    with pytest.raises(error):
        speak(Akool, reply)[0].poll([Ticket(JOB)])


def test_a_new_sound_is_ordered_for_a_finished_video(wire, on_wire):
    wire.says = ok({"_id": "new", "pre_video_id": JOB, "deduction_credit": 5, "status": 1})
    akool = on_wire(Akool)
    accepted = akool.redub(Ticket(JOB), Request(model="", values={"audio_type": "1"}))
    assert (accepted.ticket, accepted.credits) == (Ticket("new"), 5000)
    own = Request(model="", values={"audio_type": 2}, audio=File(url=SONG))
    akool.redub(Ticket(JOB), own)
    assert {seen.path for seen in wire.seen} == {V4 + "updateVideoAudio"}
    assert {seen.headers["connection"] for seen in wire.seen} == {"close"}
    assert wire.seen[0].json == {"pre_video_id": JOB, "audio_type": 1}
    assert wire.seen[1].json == {"pre_video_id": JOB, "audio_type": 2, "audio_url": SONG}


def test_a_new_sound_needs_a_kind_a_file_and_a_video_that_still_exists():
    for values in ({}, {"audio_type": "3"}, {"audio_type": "2"}):
        with pytest.raises(BadInput):
            speak(Akool, answer({}))[0].redub(Ticket(JOB), Request(model="", values=values))
    ask = Request(model="", values={"audio_type": "1"})
    for reply, error in ((no(1008), Gone), (no(1777), InDoubt), (no(1006), OutOfCredits)):
        with pytest.raises(error):
            speak(Akool, answer(reply))[0].redub(Ticket(JOB), ask)


def test_a_deletion_says_what_became_of_each(wire, on_wire):
    busy = "video resource is processing, please try again later"
    wire.says = ok({"successIds": ["a"], "noPermissionItems": [{"_id": "b", "msg": busy}]})
    removals = on_wire(Akool).delete([Ticket("a"), Ticket("b"), Ticket("c")])
    assert (wire.seen[0].method, wire.seen[0].path) == ("POST", V4 + "delbyids")
    assert wire.seen[0].json == {"_ids": "a,b,c"}
    assert [(entry.ticket, entry.removed) for entry in removals] == [
        ("a", True),
        ("b", False),
        ("c", False),
    ]
    assert removals[1].message == busy
    assert removals[2].message


def test_effects_come_with_their_previews(wire, on_wire):
    effect = {"_id": "1", "name": "Bloom", "logo": "https://x.example/l.png", "effect_code": "bl"}
    wire.says = ok(
        {
            "result": [
                {**effect, "video_url": VIDEO},
                {**effect, "name": "again"},
                {"name": "no code"},
                {"effect_code": "plain", "logo": "data:image/png"},
            ],
            "count": 3,
        }
    )
    entries = on_wire(Akool).list_entries("effects")
    assert (wire.seen[0].method, wire.seen[0].path) == ("GET", V4 + "effects")
    assert [entry.value for entry in entries] == ["bl", "plain"]
    assert (entries[0].label, entries[0].preview) == ("Bloom", VIDEO)
    assert (entries[1].label, entries[1].preview, entries[1].logo) == ("plain", "", "")


def test_the_balance_is_one_for_the_account_and_proves_the_key(wire, on_wire):
    wire.says = ok({"credit": 123})
    akool = on_wire(Akool)
    assert akool.balance() == 123_000
    akool.probe()
    assert {seen.path for seen in wire.seen} == {"/api/open/v3/faceswap/quota/info"}
    for reply, error in ((no(1109), BadKey), (ok({}), Misread), (ok({"credit": "?"}), Misread)):
        with pytest.raises(error):
            speak(Akool, answer(reply))[0].probe()


def test_a_list_that_nobody_keeps_is_our_own_mistake():
    with pytest.raises(ValueError, match="voices"):
        speak(Akool, answer({}))[0].list_entries("voices")
    assert Callback(ticket="x").sent is None
