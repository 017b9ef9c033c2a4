"""Remaker, held against its own page."""

from __future__ import annotations

from typing import Any

import pytest

DAY = 86_400
TEXT = {"model_name": "text-1.0-pro", "prompt": "a lake", "duration": "5"}


def prices(doc: Any) -> list[tuple[str, str, int]]:
    """The two price tables of the page: model, duration, credits."""
    rows, found, model = doc("remaker").rows(), [], ""
    for row in rows:
        if row[-1].isdigit() and len(row[-1]) < 3:
            model = row[0] if row[0].startswith(("text-", "image-")) else model
            found.append((model, row[-2], int(row[-1])))
    return found


def payloads(doc: Any) -> list[dict[str, Any]]:
    """The two demos' form fields."""
    return [value for value in doc("remaker").values() if "prompt" in value]


def answers(doc: Any) -> list[dict[str, Any]]:
    """The three answers that the page shows: create, create, get."""
    return [value for value in doc("remaker").values() if "code" in value]


def end(box: Any, job: str) -> Any:
    """The answer once the job is no longer in progress."""
    box.advance(11)

    def look() -> Any:
        answer = box.remaker(f"get-job/{job}")
        return answer if answer["code"] != 300013 else None

    return box.until(look)


def test_the_text_demo_of_the_page_is_answered_in_the_shape_of_the_page(box, doc, shape):
    demo = payloads(doc)[0]
    created = box.remaker("create-job-text", demo)
    assert shape(created) == shape(answers(doc)[0])
    assert created["message"] == answers(doc)[0]["message"]
    assert shape(end(box, created["result"]["job_id"])) == shape(answers(doc)[2])


def test_the_image_demo_of_the_page_is_accepted(box, doc, photo_url):
    demo = payloads(doc)[1]
    assert isinstance(demo["images"], list)
    created = box.remaker("create-job-image", {**demo, "images": [photo_url]})
    assert created["code"] == 100000
    done = end(box, created["result"]["job_id"])["result"]["output"]
    assert done["output"].endswith(".mp4")
    assert done["thumbnail_path"].endswith(".png")


def test_every_price_of_the_page_is_what_is_charged(box, doc, photo_url):
    table = prices(doc)
    assert len(table) == 12
    for model, duration, credits in table:
        box.control("keys", {"vendor": "remaker", "key": "sandbox-remaker", "credits": 500})
        fields = {"model_name": model, "prompt": "a", "duration": duration}
        kind = model.partition("-")[0]
        if kind == "image":
            fields["images"] = photo_url
        assert box.remaker(f"create-job-{kind}", fields)["code"] == 100000, model
        assert box.balance("remaker") == 500 - credits, (model, duration)


def test_every_duration_outside_the_page_is_a_params_error(box, doc):
    allowed = {(model, duration) for model, duration, _ in prices(doc)}
    for model in {model for model, _ in allowed if model.startswith("text")}:
        for duration in ("4s", "5s", "8s", "10s", "6", "", "5 s", "-5", "5.0"):
            code = box.remaker(
                "create-job-text", TEXT | {"model_name": model, "duration": duration}
            )
            wanted = 100000 if (model, duration) in allowed else 400301
            assert code["code"] == wanted, (model, duration)


def test_the_codes_are_those_of_the_page(box, doc):
    table = {int(row[0]): row[1] for row in doc("remaker").rows() if row[0].isdigit()}
    from studio.sandbox.remaker import CODES, OK

    ours = {OK: "Request Success", **dict(CODES.values())}
    assert {code: ours[code] for code in table} == table


@pytest.mark.parametrize(
    "change",
    [
        {"model_name": "image-1.0-pro"},
        {"model_name": "text-2.0"},
        {"prompt": ""},
        {"prompt": "x" * 1501},
        {"video_ratio": "4:3"},
        {"duration": None},
    ],
)
def test_a_field_outside_the_rules_is_a_params_error_and_costs_nothing(box, change):
    fields = {k: v for k, v in (TEXT | change).items() if v is not None}
    assert box.remaker("create-job-text", fields)["code"] == 400301
    assert box.balance("remaker") == 1000


def test_a_prompt_of_exactly_1500_characters_is_taken(box):
    assert box.remaker("create-job-text", TEXT | {"prompt": "é" * 1500})["code"] == 100000


@pytest.mark.parametrize(
    ("model", "duration", "count", "code"),
    [
        ("image-1.0-turbo", "4", 2, 100000),
        ("image-1.0-turbo", "4", 3, 400301),
        ("image-1.0-standard", "5", 2, 400301),
        ("image-1.0-pro", "5", 0, 400301),
        ("image-1.0-animation", "5", 1, 100000),
    ],
)
def test_the_number_of_images_depends_on_the_model(box, photo_url, model, duration, count, code):
    fields = {
        "model_name": model,
        "prompt": "a",
        "duration": duration,
        "images": [photo_url] * count,
    }
    assert box.remaker("create-job-image", fields)["code"] == code


def test_images_are_repeated_form_fields_without_brackets(box, photo_url):
    fields = {"model_name": "image-1.0-standard", "prompt": "a", "duration": "5"}
    assert box.remaker("create-job-image", fields | {"images[]": photo_url})["code"] == 400301


def test_a_json_body_is_refused_until_the_switch_allows_it(box):
    path = "/api/remaker/v1/ai-video-generator/create-job-text"
    headers = {"Authorization": "sandbox-remaker"}
    assert box.http.post(path, json=TEXT, headers=headers).json()["code"] == 400301
    box.control("switches", {"remaker.json": True})
    assert box.http.post(path, json=TEXT, headers=headers).json()["code"] == 100000


def test_the_key_is_sent_bare(box):
    assert box.remaker("create-job-text", TEXT, Authorization="")["code"] == 200007
    bearer = box.remaker_http("create-job-text", TEXT, Authorization="Bearer sandbox-remaker")
    assert (bearer.status_code, bearer.json()["code"]) == (401, 401)
    assert box.remaker("create-job-text", TEXT, Authorization="my-live-key")["code"] == 401


def test_a_refused_key_is_kept_nowhere(box):
    box.remaker("create-job-text", TEXT, Authorization="my-live-key")
    assert "live" not in box.http.get("/_sandbox/balances").text
    assert "live" not in box.http.get("/_sandbox/ledger").text


def test_too_few_credits_are_300002_and_nothing_is_accepted(box):
    box.control("keys", {"vendor": "remaker", "key": "sandbox-remaker", "credits": 44})
    assert box.remaker("create-job-text", TEXT)["code"] == 300002
    assert box.entry("remaker")["accepted_ids"] == []


def test_a_job_is_in_progress_until_its_time_has_come(box):
    job = box.remaker("create-job-text", TEXT)["result"]["job_id"]
    assert box.remaker(f"get-job/{job}")["code"] == 300013
    box.advance(5)
    assert box.remaker(f"get-job/{job}")["code"] == 300013
    assert end(box, job)["code"] == 100000


def test_the_address_of_the_film_stays_the_same(box):
    job = box.remaker("create-job-text", TEXT)["result"]["job_id"]
    assert end(box, job) == end(box, job)


def test_film_and_job_are_gone_after_thirty_days(box):
    job = box.remaker("create-job-text", TEXT)["result"]["job_id"]
    url = end(box, job)["result"]["output"]["output"]
    box.advance(29.9 * DAY)
    assert box.http.get(url).status_code == 200
    box.advance(0.2 * DAY)
    assert box.http.get(url).status_code == 404
    assert box.remaker(f"get-job/{job}")["code"] == 300004


def test_the_job_of_another_key_does_not_exist(box):
    job = box.remaker("create-job-text", TEXT)["result"]["job_id"]
    assert box.remaker(f"get-job/{job}", Authorization="sandbox-other")["code"] == 300004
    assert box.remaker("get-job/nothing")["code"] == 300004


def test_a_picture_that_cannot_be_fetched_fails_the_job_not_the_order(box, origin):
    fields = {"model_name": "image-1.0-standard", "prompt": "a", "duration": "5"}
    created = box.remaker("create-job-image", fields | {"images": f"{origin.url}/none.jpg"})
    assert created["code"] == 100000
    assert end(box, created["result"]["job_id"])["code"] == 600001
    assert box.balance("remaker") == 1000 - 27, "the page promises no refund"


def test_a_page_that_is_no_picture_fails_the_job(box, origin):
    url = origin.add("page.jpg", b"<html>not a picture</html>")
    fields = {"model_name": "image-1.0-standard", "prompt": "a", "duration": "5", "images": url}
    job = box.remaker("create-job-image", fields)["result"]["job_id"]
    assert end(box, job)["code"] == 600001
    assert box.entry("remaker", "create")["fetches"][0]["ok"] is True


def test_a_picture_over_ten_megabytes_fails_the_job(box, origin, photo):
    url = origin.add("large.jpg", photo + bytes(10_000_001 - len(photo)))
    fields = {"model_name": "image-1.0-standard", "prompt": "a", "duration": "5", "images": url}
    job = box.remaker("create-job-image", fields)["result"]["job_id"]
    assert end(box, job)["code"] == 600001


def test_refunds_are_a_switch(box):
    box.control("switches", {"remaker.refund": True})
    job = box.remaker("create-job-text", TEXT | {"prompt": "x [[fault:fail]]"})["result"]["job_id"]
    assert box.balance("remaker") == 955
    assert end(box, job)["code"] == 600001
    end(box, job)
    assert box.balance("remaker") == 1000


def test_other_methods_and_paths_are_refused(box):
    path = "/api/remaker/v1/ai-video-generator"
    wrong = box.http.get(f"{path}/create-job-text")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    assert box.http.post(f"{path}/get-job/x").status_code == 405
    assert box.http.post(f"{path}/Create-Job-Text").status_code == 404


def test_the_dialect_of_http_statuses_is_a_switch(box):
    box.control("switches", {"remaker.http_errors": True})
    answer = box.remaker_http("create-job-text", TEXT | {"duration": "7"})
    assert (answer.status_code, answer.json()["code"]) == (400, 400)
    assert box.remaker_http("get-job/nothing").status_code == 404


def test_the_rate_limit_is_a_switch(box):
    box.control("switches", {"remaker.per_minute": 2})
    codes = [box.remaker("create-job-text", TEXT)["code"] for _ in range(3)]
    assert codes == [100000, 100000, 429000]
    box.advance(61)
    assert box.remaker("create-job-text", TEXT)["code"] == 100000
