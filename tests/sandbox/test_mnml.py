"""mnml, held against its own page."""

from __future__ import annotations

import re
from typing import Any

import pytest

FIELDS = {"prompt": "snowy mountain landscape with aurora borealis"}


def documented_errors(doc: Any) -> dict[str, tuple[int, dict[str, str]]]:
    """The errors written out on the page, by code: HTTP status and body."""
    statuses = re.findall(r"// (\d{3}) ", doc("mnml").text)
    bodies = [body for body in doc("mnml").values() if body.get("status") == "error"]
    pairs = zip(statuses, bodies, strict=True)
    return {body["code"]: (int(status), body) for status, body in pairs}


def curl_fields(doc: Any, heading: str) -> dict[str, str]:
    """The -F arguments of the page's example under a heading."""
    example = doc("mnml").text.split(heading, 1)[1].split("Example", 1)[0]
    return dict(re.findall(r'-F "(\w+)=([^"]+)"', example))


def make(box: Any, photo: bytes, **fields: Any) -> dict[str, Any]:
    """Order and get the answer."""
    answer = box.mnml("video-ai", FIELDS | fields, photo)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def status(box: Any, name: str) -> dict[str, Any]:
    """The status once it is final."""

    def look() -> Any:
        answer = box.mnml(f"status/{name}").json()
        return answer if answer["status"] not in ("starting", "processing") else None

    found: dict[str, Any] = box.until(look)
    return found


def test_the_answer_is_the_one_on_the_page(box, doc, photo, shape):
    (wanted,) = [v for v in doc("mnml").values() if "id" in v]
    got = make(box, photo, movement_type="horizontal", direction="left", seed=wanted["seed"])
    assert shape(got) == shape(wanted)
    assert {**got, "id": ""} == {**wanted, "id": ""}
    assert len(got["id"]) == len(wanted["id"])


def test_every_error_on_the_page_is_answered_word_for_word(box, doc, photo):
    errors = documented_errors(doc)
    headers = {"Authorization": "Bearer nobody"}
    got = {
        "MISSING_PROMPT": box.mnml("video-ai", {"duration": "5"}, photo),
        "MISSING_IMAGE": box.mnml("video-ai", FIELDS),
        "IMAGE_TOO_LARGE": box.mnml("video-ai", FIELDS, photo + bytes(10_000_000)),
        "INVALID_IMAGE_TYPE": box.mnml("video-ai", FIELDS, b"<svg></svg>"),
        "UNAUTHORIZED": box.http.post("/v1/video-ai", headers=headers),
    }
    box.control("keys", {"vendor": "mnml", "key": "sandbox-mnml", "credits": 9})
    got["NO_CREDITS"] = box.mnml("video-ai", FIELDS, photo)
    assert {code: (a.status_code, a.json()) for code, a in got.items()} == errors


def test_the_examples_duration_of_15_breaks_the_pages_own_rule(box, doc, photo):
    fields = curl_fields(doc, "Advanced Example with All Parameters")
    assert fields.pop("image") == "@/path/to/reference.jpg"
    assert box.mnml("video-ai", fields, photo).status_code == 400
    assert box.mnml("video-ai", fields | {"duration": "5"}, photo).status_code == 200


def test_the_url_example_is_accepted(box, doc, origin, photo):
    fields = curl_fields(doc, "URL-Based Example (No File Upload)")
    for name in ("start_image_url", "end_image_url"):
        fields[name] = origin.add(f"{name}.jpg", photo)
    job = box.mnml("video-ai", fields).json()["id"]
    box.advance(11)
    assert status(box, job)["status"] == "success"
    assert sorted(path for _, path, _ in origin.seen) == [
        "/end_image_url.jpg",
        "/start_image_url.jpg",
    ]


@pytest.mark.parametrize("duration", ["5", "10"])
def test_ten_credits_whatever_the_length(box, photo, duration):
    make(box, photo, duration=duration)
    assert box.mnml("credits").json() == {"status": "success", "credits": 990}


def test_the_defaults_are_those_of_the_page(box, doc, photo):
    rows = {row[0]: row[2] for row in doc("mnml").rows() if len(row) > 3}
    make(box, photo)
    options = box.entry("mnml", "create")["options"]
    for name in ("duration", "cfg_scale", "aspect_ratio", "movement_type", "direction"):
        assert str(options[name]) == rows[name].strip('"'), name


@pytest.mark.parametrize(
    "change",
    [
        {"duration": "7"},
        {"duration": "5s"},
        {"movement_type": "spin"},
        {"direction": "north"},
        {"cfg_scale": "1.5"},
        {"cfg_scale": "much"},
        {"aspect_ratio": "wide"},
        {"seed": "1.5"},
    ],
)
def test_values_outside_the_rules_are_400_and_cost_nothing(box, photo, change):
    answer = box.mnml("video-ai", FIELDS | change, photo)
    assert answer.status_code == 400
    assert answer.json()["details"]["field"] in change
    assert box.balance("mnml") == 1000


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "multipart/form-data"]
)
def test_a_body_without_parts_or_boundary_is_a_missing_image(box, content_type):
    headers = {"Authorization": "Bearer sandbox-mnml", "Content-Type": content_type}
    body = "prompt=a&start_image_url=http%3A%2F%2Fexample.org%2Fa.jpg"
    answer = box.http.post("/v1/video-ai", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (400, "MISSING_IMAGE")


@pytest.mark.parametrize(
    "header", [{"x-api-key": "sandbox-mnml"}, {"Authorization": "sandbox-mnml"}]
)
def test_only_bearer_is_a_key(box, header):
    assert box.http.get("/v1/credits", headers=header).status_code == 401


@pytest.mark.parametrize("format", ["JPEG", "PNG", "GIF", "WEBP"])
def test_the_four_formats_are_taken(box, format):
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(file, format)
    make(box, file.getvalue())


def test_the_states_in_their_order(box, photo):
    job = make(box, photo)["id"]
    seen = [box.mnml(f"status/{job}").json()]
    box.advance(5)
    seen.append(box.mnml(f"status/{job}").json())
    assert seen == [{"status": "starting"}, {"status": "processing"}]
    box.advance(6)
    done = status(box, job)
    assert (done["status"], len(done["message"])) == ("success", 1)


def test_a_failure_says_why_and_keeps_the_credits(box, photo):
    job = make(box, photo, prompt="a [[fault:fail;reason=no such scene]]")["id"]
    box.advance(11)
    assert status(box, job) == {"status": "failed", "error": "no such scene"}
    assert box.balance("mnml") == 990


def test_ids_are_malformed_or_unknown(box, photo):
    answer = box.mnml("status/short")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request_id")
    answer = box.mnml("status/" + "a" * 26)
    assert (answer.status_code, answer.json()["code"]) == (404, "resource_not_found")
    job = make(box, photo)["id"]
    other = {"Authorization": "Bearer sandbox-other"}
    assert box.http.get(f"/v1/status/{job}", headers=other).status_code == 404


def test_the_other_dialect_of_errors_is_a_switch(box, photo):
    box.control("switches", {"mnml.codes": "errors", "mnml.no_credits_status": 403})
    box.control("keys", {"vendor": "mnml", "key": "sandbox-mnml", "credits": 1})
    answer = box.mnml("video-ai", FIELDS, photo)
    assert answer.status_code == 403
    assert answer.json()["code"] == "insufficient_credits"
    assert answer.json()["details"] == {"required_credits": 10, "available_credits": 1}
