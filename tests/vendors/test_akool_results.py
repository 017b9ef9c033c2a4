"""AKOOL after the order: results in groups, re-dubs, deletion, effects and the balance."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from studio import net
from studio.vendors.akool import Akool
from studio.vendors.base import Callback, File, Refund, Request, State, Ticket
from studio.vendors.errors import (
    BadInput,
    BadKey,
    Fault,
    Gone,
    InDoubt,
    Misread,
    NotSent,
    OutOfCredits,
    TooFast,
)
from tests.vendors.hearing import answer, speak

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


def ok(data: object) -> dict[str, object]:
    return {"code": 1000, "msg": "OK", "data": data}


def no(code: object, msg: str = "No.") -> dict[str, object]:
    return {"code": code, "msg": msg}


CREATED = ok({"_id": JOB, "deduction_credit": 100, "status": 1})


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


def test_a_deletion_that_is_said_to_have_failed_too_has_failed():
    both = ok({"successIds": ["a"], "noPermissionItems": [{"_id": "a", "msg": "not yours"}]})
    (removal,) = speak(Akool, answer(both))[0].delete([Ticket("a")])
    assert (removal.removed, removal.message) == (False, "not yours")


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
