"""Reelbyte, held against its own page."""

from __future__ import annotations

import json
from typing import Any

import pytest

BODY: dict[str, Any] = {
    "mediaType": "video",
    "provider": "replicate",
    "model": "bytedance/seedance-1-lite",
    "scene": "text-to-video",
    "prompt": "a lake",
    "options": {"duration": 5, "resolution": "720p"},
}


def examples(doc: Any) -> list[dict[str, Any]]:
    """The page's objects: two orders, an answer, a query, an answer."""
    return [v for v in doc("reelbyte").values() if isinstance(v, dict)]


def make(box: Any, **change: Any) -> dict[str, Any]:
    """Order and get the `data` of the answer."""
    answer = box.reelbyte("generate", BODY | change)
    assert answer["code"] == 0, answer
    data: dict[str, Any] = answer["data"]
    return data


def ended(box: Any, task: str) -> dict[str, Any]:
    """`data` of the query once the task has ended."""

    def look() -> Any:
        data = box.reelbyte("query", {"taskId": task})["data"]
        return data if data["status"] not in ("pending", "processing") else None

    found: dict[str, Any] = box.until(look)
    return found


def video(data: dict[str, Any]) -> str:
    """The film's address, out of the string."""
    return str(json.loads(data["taskInfo"])["videos"][0]["videoUrl"])


def test_the_text_example_is_answered_as_the_page_shows_price_and_all(box, doc):
    order, answer = examples(doc)[0], examples(doc)[2]
    got = box.reelbyte("generate", order)
    assert got == {**answer, "data": {**answer["data"], "taskId": got["data"]["taskId"]}}
    assert answer["data"]["costCredits"] == 18


def test_the_image_example_is_accepted(box, doc, photo_url):
    order = examples(doc)[1]
    order["options"]["image_input"] = [photo_url]
    task = box.reelbyte("generate", order)["data"]["taskId"]
    box.advance(11)
    assert ended(box, task)["status"] == "success"


def test_the_query_of_the_page_is_answered_in_its_shape(box, doc, shape):
    query, answer = examples(doc)[3], examples(doc)[4]
    task = make(box)["taskId"]
    box.advance(11)
    ended(box, task)
    assert shape(box.reelbyte("query", dict.fromkeys(query, task))) == shape(answer)


def test_a_task_passes_pending_and_processing(box):
    task = make(box)["taskId"]
    seen = []
    for step in (0, 4, 7):
        box.advance(step)
        seen.append(box.reelbyte("query", {"taskId": task})["data"]["status"])
    assert seen == ["pending", "processing", "success"]


def test_results_are_strings_that_hold_json(box):
    task = make(box)["taskId"]
    assert box.reelbyte("query", {"taskId": task})["data"]["taskInfo"] == "{}"
    box.advance(11)
    data = ended(box, task)
    info, prediction = json.loads(data["taskInfo"]), json.loads(data["taskResult"])
    assert info["status"] == prediction["status"] == "succeeded"
    assert prediction["output"] == video(data)
    assert prediction["input"]["prompt"] == "a lake"


def test_either_header_carries_the_key(box):
    assert box.reelbyte("generate", BODY, **{"x-api-key": "sandbox-a"})["code"] == 0
    assert box.reelbyte("generate", BODY, Authorization="Bearer sandbox-a")["code"] == 0
    for headers in ({"x-api-key": "live"}, {"Authorization": "sandbox-a"}, {"X-Nothing": "1"}):
        answer = box.reelbyte("generate", BODY, **headers)
        assert answer == {"code": -1, "message": "invalid api key"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mediaType": "hologram"}, "invalid mediaType"),
        ({"mediaType": None}, "invalid params"),
        ({"provider": "nobody"}, "invalid provider"),
        ({"scene": "video-to-smell"}, "invalid scene"),
        ({"scene": "text-to-image"}, "invalid scene"),
        ({"model": ""}, "invalid params"),
        ({"model": "seedance"}, "invalid params"),
        ({"prompt": "", "options": None}, "prompt or options is required"),
        ({"prompt": ""}, "prompt is required"),
        ({"scene": "image-to-video"}, "invalid params"),
    ],
)
def test_wrong_orders_are_refused_with_http_200(box, change, message):
    response = box.http.post(
        "/api/v1/ai/generate", json=BODY | change, headers={"x-api-key": "sandbox-a"}
    )
    assert response.status_code == 200
    assert response.json() == {"code": -1, "message": message}
    assert box.balance("reelbyte") == 1000


@pytest.mark.parametrize(
    "options",
    [
        {"duration": 1},
        {"duration": 13},
        {"duration": "5"},
        {"resolution": "4k"},
        {"aspect_ratio": "2:1"},
        {"fps": 30},
        {"camera_fixed": "yes"},
        {"seed": "one"},
    ],
)
def test_options_outside_the_schema_bring_replicates_own_words(box, options):
    answer = box.reelbyte("generate", BODY | {"options": options})
    assert answer["code"] == -1
    assert "422" in answer["message"]
    assert next(iter(options)) in answer["message"]


@pytest.mark.parametrize(
    ("model", "resolution", "seconds", "credits"),
    [
        ("bytedance/seedance-1-lite", "720p", 5, 18),
        ("bytedance/seedance-1-lite", "480p", 5, 9),
        ("bytedance/seedance-1-lite", "1080p", 10, 80),
        ("bytedance/seedance-1-lite", "720p", 12, 44),
        ("bytedance/seedance-1-pro", "1080p", 5, 75),
        ("someone/else", "720p", 5, 25),
    ],
)
def test_the_price_depends_on_model_resolution_and_length(box, model, resolution, seconds, credits):
    options = {"duration": seconds, "resolution": resolution}
    assert make(box, model=model, options=options)["costCredits"] == credits
    assert box.balance("reelbyte") == 1000 - credits


def test_a_prompt_inside_the_options_wins(box):
    make(box, options={"prompt": "the other one"})
    assert box.entry("reelbyte")["prompt"] == "the other one"


def test_a_failure_is_refunded_when_a_query_sees_it_and_not_before(box):
    task = make(box, prompt="a [[fault:fail;reason=too strange]]")["taskId"]
    box.advance(3600)
    assert box.balance("reelbyte") == 982
    data = ended(box, task)
    assert data["status"] == "failed"
    assert json.loads(data["taskInfo"])["errorMessage"] == "too strange"
    assert data["usage"]["credits"] == 0
    ended(box, task)
    assert box.balance("reelbyte") == 1000


def test_a_canceled_task_is_not_refunded(box):
    task = make(box, prompt="a [[fault:cancel]]")["taskId"]
    box.advance(11)
    assert ended(box, task)["status"] == "canceled"
    assert box.balance("reelbyte") == 982


def test_an_aborted_task_answers_minus_one_for_ever(box):
    task = make(box, prompt="a [[fault:abort]]")["taskId"]
    box.advance(11)
    for _ in range(3):
        answer = box.reelbyte("query", {"taskId": task})
        assert answer == {"code": -1, "message": "unknown status: aborted"}
    assert box.balance("reelbyte") == 982


def test_each_look_gives_a_new_address_of_the_same_film(box):
    task = make(box)["taskId"]
    box.advance(11)
    one, two = video(ended(box, task)), video(ended(box, task))
    assert one != two
    assert box.http.get(one).content == box.http.get(two).content


def test_results_are_removed_after_an_hour(box):
    task = make(box)["taskId"]
    box.advance(11)
    url = video(ended(box, task))
    box.advance(3600)
    data = ended(box, task)
    assert data["status"] == "success"
    assert "videos" not in json.loads(data["taskInfo"])
    assert json.loads(data["taskResult"])["data_removed"] is True
    assert box.http.get(url).status_code == 404


def test_unknown_and_foreign_tasks(box):
    assert box.reelbyte("query", {"taskId": "nothing"})["message"] == "task not found"
    assert box.reelbyte("query", {"id": "nothing"})["message"] == "invalid params"
    task = make(box)["taskId"]
    answer = box.reelbyte("query", {"taskId": task}, **{"x-api-key": "sandbox-other"})
    assert answer["message"] == "no permission"


def test_query_is_a_post(box):
    answer = box.http.get("/api/v1/ai/query", headers={"x-api-key": "sandbox-a"})
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_the_whole_row_is_a_switch_and_then_id_is_what_query_wants(box):
    box.control("switches", {"reelbyte.full_row": True})
    row = make(box)
    assert row["id"] != row["taskId"]
    assert box.reelbyte("query", {"taskId": row["taskId"]})["message"] == "task not found"
    assert box.reelbyte("query", {"taskId": row["id"]})["code"] == 0


def test_too_few_credits_create_no_task(box):
    box.control("keys", {"vendor": "reelbyte", "key": "sandbox-reelbyte", "credits": 17})
    assert box.reelbyte("generate", BODY)["message"] == "insufficient credits"
    assert box.balance("reelbyte") == 17


@pytest.mark.parametrize(("kind", "magic"), [("png", b"\x89PNG"), ("jpg", b"\xff\xd8\xff")])
def test_image_scenes_give_pictures(box, kind, magic):
    data = make(
        box,
        mediaType="image",
        scene="text-to-image",
        options={"aspect_ratio": "4:3", "output_format": kind},
    )
    assert data["costCredits"] == 4
    box.advance(11)
    info = json.loads(ended(box, data["taskId"])["taskInfo"])
    url = info["images"][0]["imageUrl"]
    assert url.endswith(kind)
    assert box.http.get(url).content.startswith(magic)
