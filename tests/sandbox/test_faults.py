"""Faults: how they are asked for, and what each does."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.sandbox.choice import draw
from studio.sandbox.faults import FAULTS, in_prompt, parse, without_markers
from studio.sandbox.world import SWITCHES, Settings

TEXT = {"model_name": "text-1.0-pro", "duration": "5", "prompt": "a lake"}
README = Path(__file__).parents[2] / "studio" / "sandbox" / "README.md"


@pytest.fixture
def settings() -> Settings:
    return Settings(latency=0, quick=True)


def make(box: Any, marker: str = "", **headers: str) -> dict[str, Any]:
    """Order at Remaker."""
    answer: dict[str, Any] = box.remaker(
        "create-job-text", TEXT | {"prompt": f"a lake {marker}"}, **headers
    )
    return answer


def job(box: Any, marker: str = "") -> str:
    """The id of an order."""
    return str(make(box, marker)["result"]["job_id"])


def look(box: Any, name: str) -> dict[str, Any]:
    """One poll."""
    answer: dict[str, Any] = box.remaker(f"get-job/{name}")
    return answer


def film(box: Any, name: str) -> str:
    """The film's address."""
    return str(look(box, name)["result"]["output"]["output"])


def accepted(box: Any) -> int:
    """How many orders the sandbox has taken."""
    return len(box.control("ledger?vendor=remaker&accepted=1")["entries"])


def test_markers_are_read_and_taken_out_of_the_caption():
    prompt = "a lake [[fault:http_503;retry=5;op=poll]] at [[slow:60]] dawn [[fault:nonsense]]"
    assert [str(fault) for fault in in_prompt(prompt)] == [
        "http_503;retry=5;op=poll",
        "slow;s=60",
    ]
    assert without_markers(prompt) == "a lake at dawn"


def test_every_fault_and_every_switch_is_in_the_readme():
    text = README.read_text()
    assert [name for name in FAULTS if f"`{name}`" not in text] == []
    assert [name for name in SWITCHES if f"`{name}`" not in text] == []
    assert {kind.row for kind in FAULTS.values()} >= set(range(1, 36))


def test_an_unknown_fault_in_a_header_is_told(box):
    assert "nonsense" in make(box, **{"X-Sandbox-Fault": "nonsense"})["error"]


def test_the_header_goes_before_the_prompt_and_the_prompt_before_the_plan(box):
    box.control("plan", [{"match": {"vendor": "remaker"}, "fault": "no_credits", "times": 0}])
    assert make(box)["code"] == 300002
    assert make(box, "[[fault:rate_limited]]")["code"] == 429000
    header = {"X-Sandbox-Fault": "bad_key"}
    assert make(box, "[[fault:rate_limited]]", **header)["code"] == 401


def test_a_plan_hits_the_nth_call_so_many_times(box):
    box.control(
        "plan",
        [{"match": {"vendor": "remaker", "op": "create", "nth": [2, 3]}, "fault": "bad_key"}],
    )
    assert [make(box)["code"] for _ in range(4)] == [100000, 401, 100000, 100000]
    box.control("reset", {})
    rule = {"match": {"prompt": "lake"}, "fault": {"name": "rate_limited", "retry": 7}, "times": 2}
    box.control("plan", rule)
    assert [make(box)["code"] for _ in range(3)] == [429000, 429000, 100000]
    assert box.control("plan")["plan"][0]["used"] == 2


def test_chance_depends_on_nothing_but_seed_vendor_op_and_number():
    def drawn(seed: int) -> list[str]:
        return [str(draw(seed, 0.3, "akool", "create", n)) for n in range(200)]

    assert drawn(7) == drawn(7)
    assert drawn(7) != drawn(8)
    assert 30 < Counter(drawn(7))["None"] < 175
    assert all(fault == "None" or parse(fault).kind.seeded for fault in drawn(7))
    assert draw(None, 1, "akool", "create", 1) is None


def test_dropped_before_is_not_accepted_and_dropped_after_is(box):
    for name, count in (("drop_before", 0), ("drop_after", 1), ("reset_in_body", 2)):
        with pytest.raises(httpx.TransportError):
            make(box, f"[[fault:{name}]]")
        assert accepted(box) == count


def test_hanging_ends_when_the_caller_gives_up(box):
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(
            f"{box.url}/api/remaker/v1/ai-video-generator/create-job-text",
            data=TEXT | {"prompt": "[[fault:hang_after]]"},
            headers={"Authorization": "sandbox-remaker"},
            timeout=0.3,
        )
    assert accepted(box) == 1


@pytest.mark.parametrize(
    ("retry", "header"), [("7", "7"), ("nonsense", "nonsense"), ("none", None)]
)
def test_too_many_requests_with_retry_after(box, retry, header):
    answer = box.remaker_http(
        "create-job-text", TEXT, **{"X-Sandbox-Fault": f"rate_limited;retry={retry}"}
    )
    assert answer.json()["code"] == 429000
    assert answer.headers.get("retry-after") == header


def test_http_errors_are_pages_and_may_come_after_accepting(box):
    answer = box.remaker_http("create-job-text", TEXT, **{"X-Sandbox-Fault": "http_503;retry=9"})
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "9")
    assert "text/html" in answer.headers["content-type"]
    assert accepted(box) == 0
    header = {"X-Sandbox-Fault": "http_502;accepted=1"}
    assert box.remaker_http("create-job-text", TEXT, **header).status_code == 502
    assert accepted(box) == 1


def test_a_fault_meant_for_polls_waits_for_polls(box):
    name = job(box, "[[fault:http_500;op=poll;times=2]]")
    answers = [box.remaker_http(f"get-job/{name}").status_code for _ in range(3)]
    assert answers == [500, 500, 200]


@pytest.mark.parametrize("kind", ["cut", "empty", "bom", "deep", "html"])
def test_bad_json_is_bad(box, kind):
    answer = box.remaker_http(
        "create-job-text", TEXT, **{"X-Sandbox-Fault": f"bad_json;kind={kind}"}
    )
    assert accepted(box) == 1
    with pytest.raises((ValueError, RecursionError)):
        json.loads(answer.content.decode())


@pytest.mark.parametrize("kind", ["huge", "nan", "duplicate"])
def test_some_odd_json_can_be_read(box, kind):
    answer = box.remaker_http(
        "create-job-text", TEXT, **{"X-Sandbox-Fault": f"bad_json;kind={kind}"}
    )
    assert isinstance(json.loads(answer.content), dict)
    assert len(answer.content) > (5_000_000 if kind == "huge" else 100)


def test_types_and_ids_go_wrong(box):
    def got(fault: str) -> dict[str, Any]:
        return make(box, **{"X-Sandbox-Fault": fault})

    assert got("wrong_types;kind=id")["result"]["job_id"] == 4711
    assert got("wrong_types;kind=code")["code"] == "100000"
    assert isinstance(got("wrong_types;kind=list")["result"], list)
    assert "job_id" not in got("bad_id")["result"]
    assert got("bad_id;kind=empty")["result"]["job_id"] == ""
    assert ".." in got("bad_id;kind=path")["result"]["job_id"]
    first = got("latency;s=0")["result"]["job_id"]
    assert got("duplicate_id")["result"]["job_id"] == first
    assert accepted(box) == 8


def test_states_flap_stall_and_vanish(box):
    flaps, failed = job(box, "[[fault:flap]]"), job(box, "[[fault:flap_failed]]")
    assert [look(box, flaps)["code"] for _ in range(3)] == [100000, 300013, 100000]
    assert [look(box, failed)["code"] for _ in range(2)] == [600001, 100000]
    assert look(box, job(box, "[[fault:stall]]"))["code"] == 300013
    assert look(box, job(box, "[[fault:vanish]]"))["code"] == 300004
    odd = job(box, "[[fault:unknown_status;s=60]]")
    assert look(box, odd)["code"] == 300999
    box.advance(61)
    assert look(box, odd)["code"] == 100000


def test_slow_jobs_are_slow(box):
    name = job(box, "[[slow:60]]")
    box.advance(59)
    assert look(box, name)["code"] == 300013
    box.advance(1.1)
    assert look(box, name)["code"] == 100000


def test_a_film_may_have_no_address_or_a_bad_one(box):
    name = job(box, "[[fault:no_url;n=2]]")
    assert [bool(film(box, name)) for _ in range(3)] == [False, False, True]
    for kind in ("javascript", "internal", "userinfo", "file"):
        assert not film(box, job(box, f"[[fault:bad_url;kind={kind}]]")).startswith(box.url)


def test_an_expired_address_works_again_after_a_fresh_look(box):
    name = job(box, "[[fault:expired_url;status=410]]")
    url = film(box, name)
    assert [box.http.get(url).status_code for _ in range(2)] == [410, 410]
    assert box.http.get(film(box, name)).status_code == 200
    gone = film(box, job(box, "[[fault:expired_url;forever=1]]"))
    look(box, gone)
    assert box.http.get(gone).status_code == 403


def test_films_arrive_as_something_else(box):
    got = {
        name: box.http.get(film(box, job(box, f"[[fault:{name}]]")))
        for name in ("html_file", "playlist_file", "empty_file", "wrong_content_type")
    }
    assert got["html_file"].content.startswith(b"<html>")
    assert got["html_file"].headers["content-type"] == "video/mp4"
    assert got["playlist_file"].content.startswith(b"#EXTM3U")
    assert got["empty_file"].content == b""
    assert got["wrong_content_type"].headers["content-type"] == "text/plain"


def test_credits_and_keys_can_go_in_mid_flight(box):
    assert make(box, "[[fault:no_credits;drain=1]]")["code"] == 300002
    assert make(box)["code"] == 300002
    assert box.balance("remaker") == 0
    make(box, "[[fault:revoke]]")
    assert look(box, "anything")["code"] == 401


def test_the_price_may_surprise(box):
    make(box, "[[fault:price;credits=77]]")
    make(box, "[[fault:price;factor=3]]")
    assert box.balance("remaker") == 1000 - 77 - 135


def test_failures_may_be_refunded_late(box):
    name = job(box, "[[fault:fail;refund=late]]")
    balances = []
    for _ in range(4):
        assert look(box, name)["code"] == 600001
        balances.append(box.balance("remaker"))
    assert balances == [955, 955, 1000, 1000]


def test_results_of_a_batch_come_in_any_order(box, photo_url):
    body = {"image_url": photo_url, "prompt": "a", "resolution": "720p", "video_length": 5}
    made = box.akool("createBySourcePrompt/batch", body | {"count": 3})["data"]["successList"]
    names = [one["_id"] for one in made]

    def got(fault: str) -> list[str]:
        headers = {"x-api-key": "sandbox-akool-key-000001", "X-Sandbox-Fault": fault}
        answer = box.akool("resultsByIds", {"_ids": ",".join(names)}, **headers)
        return [one["_id"] for one in answer["data"]["result"]]

    assert got("latency;s=0") == names
    assert sorted(got("batch_order")) == sorted(names)
    assert got("batch_order") != names
    assert len(got("batch_order;kind=missing")) == 2
    assert set(got("batch_order;kind=foreign")) > set(names)


def test_deletions_and_redubs_go_wrong(box, photo_url):
    body = {
        "image_url": photo_url,
        "prompt": "a",
        "negative_prompt": "",
        "resolution": "720p",
        "audio_type": 3,
        "video_length": 5,
    }
    names = [box.akool("createBySourcePrompt", body)["data"]["_id"] for _ in range(3)]
    for name in names:
        box.until(lambda name=name: box.akool_result(name)["status"] == 3)
    key = {"x-api-key": "sandbox-akool-key-000001"}

    def said(call: str, body: dict[str, Any], fault: str) -> Any:
        return box.akool(call, body, **key, **{"X-Sandbox-Fault": fault})

    dub = {"pre_video_id": names[0], "audio_type": 1}
    assert said("updateVideoAudio", dub, "redub;kind=expired")["code"] == 1008
    assert said("updateVideoAudio", dub, "redub;kind=foreign")["code"] == 1009
    both = {"_ids": f"{names[0]},{names[1]}"}
    half = said("delbyids", both, "delete;kind=partial")["data"]
    assert (half["successIds"], half["noPermissionItems"][0]["_id"]) == ([names[1]], names[0])
    response = box.http.post(
        "/api/open/v4/image2Video/delbyids",
        json={"_ids": names[2]},
        headers=key | {"X-Sandbox-Fault": "delete;kind=late500"},
    )
    assert response.status_code == 500
    assert box.akool("resultsByIds", {"_ids": names[2]})["data"]["result"] == []


def test_a_batch_may_be_accepted_in_part(box, photo_url):
    body = {"image_url": photo_url, "prompt": "a [[fault:partial_batch;ok=1]]", "count": 3}
    body |= {"resolution": "720p", "video_length": 5}
    data = box.akool("createBySourcePrompt/batch", body)["data"]
    assert (len(data["successList"]), len(data["errorList"])) == (1, 2)


def test_the_vendors_clock_may_be_wrong(box, photo_url):
    def created(marker: str) -> Any:
        body = {"image_url": photo_url, "prompt": f"a {marker}", "count": 1}
        body |= {"resolution": "720p", "video_length": 5}
        return box.akool("createBySourcePrompt/batch", body)["data"]["successList"][0]

    right = created("")["create_time"]
    assert created("[[fault:clock;skew=86400]]")["create_time"] - right > 86_000_000
    assert created("[[fault:create_time;kind=s]]")["create_time"] * 1000 - right < 100_000
    assert "create_time" not in created("[[fault:create_time;kind=missing]]")


@pytest.mark.parametrize(
    ("fault", "seen"),
    [
        ("never", []),
        ("many;n=4", [("GET", "")] * 4),
        ("head", [("HEAD", ""), ("GET", "")]),
        ("range", [("GET", "bytes=0-1023"), ("GET", "bytes=0-")]),
    ],
)
def test_sources_are_fetched_in_odd_ways(box, origin, photo_url, fault, seen):
    fields = {"model_name": "image-1.0-standard", "duration": "5", "images": photo_url}
    fields["prompt"] = f"a [[fault:fetch;kind={fault}]]"
    name = box.remaker("create-job-image", fields)["result"]["job_id"]
    box.until(lambda: look(box, name)["code"] == 100000)
    assert [(method, ranged) for method, _, ranged in origin.seen] == seen


def test_a_late_fetch_waits_for_its_time(box, origin, photo_url):
    fields = {"model_name": "image-1.0-standard", "duration": "5", "images": photo_url}
    fields["prompt"] = "a [[fault:fetch;kind=late;s=600]]"
    name = box.remaker("create-job-image", fields)["result"]["job_id"]
    box.advance(590)
    assert (origin.seen, look(box, name)["code"]) == ([], 300013)
    box.advance(11)
    box.until(lambda: look(box, name)["code"] == 100000)


def test_an_outage_comes_and_goes(box):
    box.control("outage", {"s": 100, "up": 10, "down": 10})
    statuses = []
    for _ in range(4):
        statuses.append(box.remaker_http("create-job-text", TEXT).status_code)
        box.advance(10)
    assert statuses == [503, 200, 503, 200]
    box.advance(100)
    assert make(box)["code"] == 100000


def test_jobs_wait_for_each_other_and_end_at_once(box):
    names = [job(box, "[[fault:gather;n=3]]") for _ in range(2)]
    box.advance(100)
    assert {look(box, name)["code"] for name in names} == {300013}
    names.append(job(box, "[[fault:gather;n=3]]"))
    assert {look(box, name)["code"] for name in names} == {100000}


def test_a_closed_port_refuses_and_opens_again(box):
    with pytest.raises(httpx.TransportError):
        make(box, "[[fault:closed;s=0.4]]")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{box.url}/_sandbox/healthz")

    def again() -> bool:
        try:
            return httpx.get(f"{box.url}/_sandbox/healthz").status_code == 200
        except httpx.TransportError:
            return False

    box.until(again)


def test_redirects_chain_loop_and_lead_astray(box):
    name = job(box)
    url = film(box, name)
    for kind, where in (
        ("loop", url),
        ("chain", f"{url}?hop=1"),
        ("internal", "http://169.254.169.254/"),
        ("cross", "http://elsewhere.invalid/"),
    ):
        answer = box.http.get(url, headers={"X-Sandbox-Fault": f"redirect;kind={kind}"})
        assert answer.status_code == 302
        assert answer.headers["location"].startswith(where)
