"""AKOOL, held against its own page."""

from __future__ import annotations

from typing import Any

import pytest

DAY = 86_400
KEY = "sandbox-akool-key-000001"
QUOTA = "/api/open/v3/faceswap/quota/info"
PARTS = (
    "Create Image to Video",
    "Get Image to Video Results",
    "Get Available Effects",
    "Update Video Audio",
    "Delete Videos",
    "",
)


def order(photo_url: str, **change: Any) -> dict[str, Any]:
    """An order by the single endpoint."""
    return {
        "image_url": photo_url,
        "prompt": "the rocket starts",
        "negative_prompt": "",
        "resolution": "720p",
        "audio_type": 3,
        "video_length": 5,
    } | change


def make(box: Any, photo_url: str, **change: Any) -> str:
    """Order; gives the id."""
    answer = box.akool("createBySourcePrompt", order(photo_url, **change))
    assert answer["code"] == 1000, answer
    return str(answer["data"]["_id"])


def ended(box: Any, name: str) -> dict[str, Any]:
    """The job once it has ended."""

    def look() -> Any:
        found = box.akool_result(name)
        return found if found["status"] > 2 else None

    result: dict[str, Any] = box.until(look)
    return result


def finished(box: Any, photo_url: str, **change: Any) -> str:
    """The id of a job that is done."""
    name = make(box, photo_url, **change)
    box.advance(11)
    assert ended(box, name)["status"] == 3
    return name


def fields(doc: Any, part: int) -> set[str]:
    """The fields that the page lists for the answer of one call."""
    return set(doc("akool").section(PARTS[part], PARTS[part + 1]).fields())


def test_every_field_of_the_pages_tables_is_in_the_answers(box, doc, photo_url):
    created = box.akool("createBySourcePrompt", order(photo_url))
    assert (created["code"], created["msg"]) == (1000, "OK")
    assert fields(doc, 0) <= set(created["data"])
    box.advance(11)
    done = ended(box, created["data"]["_id"])
    assert fields(doc, 1) - {"result"} <= set(done)
    listed = box.akool("effects")["data"]
    assert fields(doc, 2) == {"result", "count", *listed["result"][0]}
    redubbed = box.akool(
        "updateVideoAudio", {"pre_video_id": created["data"]["_id"], "audio_type": 1}
    )
    assert fields(doc, 3) <= set(redubbed["data"])
    deleted = box.akool("delbyids", {"_ids": f"{created['data']['_id']},none"})["data"]
    assert fields(doc, 4) == {*deleted, *deleted["noPermissionItems"][0]}


def test_every_required_parameter_of_the_page_is_required(box, doc, photo_url):
    table = doc("akool").section(PARTS[0], PARTS[1]).rows()
    needed = {row[0] for row in table if len(row) > 3 and row[2] == "true"}
    assert needed == set(order(photo_url))
    for name in needed:
        body = order(photo_url)
        del body[name]
        assert box.akool("createBySourcePrompt", body)["code"] == 1003, name


def test_the_price_table_of_the_page_is_what_is_charged(box, doc, photo_url):
    header, _, five, ten, *_ = doc("akool").rows()
    audio = {row[0]: row[1] for row in doc("akool").rows() if row[1:] and row[1].endswith("video")}
    for row in (five, ten):
        for resolution, price in zip(header[1:], row[1:], strict=True):
            box.control("keys", {"vendor": "akool", "key": KEY, "credits": 200})
            seconds = int(row[0].split()[0])
            body = order(photo_url, resolution=resolution, video_length=seconds)
            data = box.akool("createBySourcePrompt", body)["data"]
            assert f"{data['deduction_credit']} credits/video" == price
            assert box.akool(QUOTA)["data"]["credit"] == 200 - data["deduction_credit"]
        source = finished(box, photo_url, video_length=seconds)
        redub = box.akool("updateVideoAudio", {"pre_video_id": source, "audio_type": 1})
        assert f"{redub['data']['deduction_credit']} credits/video" == audio[row[0]]


@pytest.mark.parametrize(
    "change",
    [
        {"image_url": "rocket.jpg"},
        {"prompt": " "},
        {"resolution": "480p"},
        {"audio_type": 4},
        {"audio_type": "3"},
        {"audio_type": 2},
        {"audio_type": 2, "audio_url": ""},
        {"audio_type": 3, "audio_url": "http://example.org/a.mp3"},
        {"video_length": 8},
        {"video_length": "5"},
        {"video_length": True},
        {"is_premium_model": "no"},
        {"extend_prompt": 1},
        {"effect_code": "unheard_of"},
        {"webhookurl": "not an address"},
    ],
)
def test_a_parameter_outside_its_rule_is_1003(box, photo_url, change):
    assert box.akool("createBySourcePrompt", order(photo_url, **change))["code"] == 1003
    assert box.balance("akool") == 1000


def test_ten_seconds_and_premium_need_a_pro_plan(box, photo_url):
    box.control("keys", {"vendor": "akool", "key": KEY, "plan": "free"})
    for change in ({"video_length": 10}, {"is_premium_model": True}):
        assert box.akool("createBySourcePrompt", order(photo_url, **change))["code"] == 1009
    assert box.akool("createBySourcePrompt", order(photo_url))["code"] == 1000


def test_authorization_comes_first_and_hides_a_good_key(box):
    known = {"x-api-key": KEY}
    assert box.akool(QUOTA, **known)["code"] == 1000
    assert box.akool(QUOTA, **known, Authorization="Bearer stale")["code"] == 1101
    assert box.akool(QUOTA, **{"x-nothing": "1"})["code"] == 1102
    assert box.akool(QUOTA, **{"x-api-key": "nobody"})["code"] == 1109


def test_a_token_is_got_with_id_and_secret_and_lasts_a_year(box):
    key = box.control("keys", {"vendor": "akool", "key": KEY})
    body = {"clientId": key["client_id"], "clientSecret": key["client_secret"]}
    answer = box.akool("/api/open/v3/getToken", body)
    assert set(answer) == {"code", "token"}
    bearer = {"Authorization": f"Bearer {answer['token']}"}
    assert box.akool(QUOTA, **bearer)["data"]["credit"] == 1000
    box.advance(365 * DAY)
    assert box.akool(QUOTA, **bearer)["code"] == 1000
    box.advance(2 * DAY)
    assert box.akool(QUOTA, **bearer)["code"] == 1101
    assert box.akool("/api/open/v3/getToken", {**body, "clientSecret": "x"})["code"] == 1101


def test_the_client_id_is_no_key_and_a_banned_account_is_1200(box):
    key = box.control("keys", {"vendor": "akool", "key": KEY})
    answer = box.akool(QUOTA, **{"x-api-key": key["client_id"]})
    assert (answer["code"], answer["msg"]) == (1109, "account does not exist")
    box.control("keys", {"vendor": "akool", "key": KEY, "banned": True})
    assert box.akool(QUOTA)["code"] == 1200


def test_a_job_is_queueing_processing_completed(box, photo_url):
    name = make(box, photo_url)
    seen = [box.akool_result(name)["status"]]
    box.advance(5)
    seen.append(box.akool_result(name)["status"])
    box.advance(6)
    seen.append(ended(box, name)["status"])
    assert seen == [1, 2, 3]


def test_ids_are_one_string_and_unknown_ones_are_left_out(box, photo_url):
    names = [make(box, photo_url) for _ in range(2)]
    found = box.akool("resultsByIds", {"_ids": f"{names[0]},{'0' * 24},{names[1]}"})
    assert [result["_id"] for result in found["data"]["result"]] == names
    assert box.akool("resultsByIds", {"_ids": names})["msg"] == "Failed to get results"
    assert box.akool("resultsByIds", {"_ids": "0" * 24})["data"] == {"result": []}
    foreign = box.akool("resultsByIds", {"_ids": names[0]}, **{"x-api-key": "sandbox-x"})
    assert foreign["data"] == {"result": []}


def test_results_are_gone_after_seven_days(box, photo_url):
    name = finished(box, photo_url)
    url = box.akool_result(name)["video_url"]
    box.advance(7 * DAY)
    assert box.akool("resultsByIds", {"_ids": name})["data"] == {"result": []}
    assert box.http.get(url).status_code == 404
    answer = box.akool("updateVideoAudio", {"pre_video_id": name, "audio_type": 1})
    assert answer["code"] == 1008


def test_a_picture_must_be_png_or_jpeg_and_reachable(box, origin, photo_url):
    webp = make(box, origin.add("a.webp", _webp()))
    none = make(box, f"{origin.url}/none.jpg")
    box.advance(11)
    assert [ended(box, name)["status"] for name in (webp, none)] == [4, 4]
    assert ended(box, none)["video_url"] == ""


def _webp() -> bytes:
    import io

    from PIL import Image

    file = io.BytesIO()
    Image.new("RGB", (64, 64)).save(file, "WEBP")
    return file.getvalue()


def test_new_sound_is_a_job_of_its_own(box, photo_url):
    source = finished(box, photo_url)
    answer = box.akool("updateVideoAudio", {"pre_video_id": source, "audio_type": 1})["data"]
    assert answer["_id"] != source
    assert (answer["pre_video_id"], answer["only_add_audio"]) == (source, True)
    box.advance(11)
    assert ended(box, answer["_id"])["video_url"] != ended(box, source)["video_url"]
    assert box.balance("akool") == 1000 - 20 - 5


def test_new_sound_needs_a_finished_video_and_a_known_kind(box, photo_url):
    running = make(box, photo_url)
    assert box.akool("updateVideoAudio", {"pre_video_id": running, "audio_type": 1})["code"] == 1003
    box.advance(11)
    ended(box, running)
    for body in ({"audio_type": 3}, {"audio_type": 2}, {"audio_type": 2, "audio_url": "x"}):
        assert box.akool("updateVideoAudio", {"pre_video_id": running, **body})["code"] == 1003
    assert box.akool("updateVideoAudio", {"pre_video_id": "0", "audio_type": 1})["code"] == 1008


def test_deleting_may_half_succeed(box, photo_url):
    done = finished(box, photo_url)
    running = make(box, photo_url)
    box.advance(5)
    answer = box.akool("delbyids", {"_ids": f"{done},{running},nothing"})
    assert (answer["code"], answer["msg"]) == (1000, "Delete successfully")
    assert answer["data"]["successIds"] == [done]
    refused = {item["_id"]: item["msg"] for item in answer["data"]["noPermissionItems"]}
    assert refused[running] == "video resource is processing, please try again later"
    assert set(refused) == {running, "nothing"}
    assert box.akool("resultsByIds", {"_ids": done})["data"] == {"result": []}


def test_delete_and_results_are_posts(box):
    for call in ("delbyids", "resultsByIds", "createBySourcePrompt", "updateVideoAudio"):
        assert box.http.delete(f"/api/open/v4/image2Video/{call}").status_code == 405
    assert box.http.post("/api/open/v4/image2video/resultsByIds").status_code == 404


def test_effects_have_a_preview_and_a_logo(box):
    listed = box.akool("effects")["data"]
    assert listed["count"] == len(listed["result"]) >= 5
    effect = listed["result"][0]
    assert box.http.get(effect["video_url"]).headers["content-type"] == "video/mp4"
    assert box.http.get(effect["logo"]).headers["content-type"] == "image/png"


def test_an_effect_makes_the_prompt_needless(box, photo_url):
    code = box.akool("effects")["data"]["result"][0]["effect_code"]
    body = order(photo_url, prompt="", effect_code=code)
    assert box.akool("createBySourcePrompt", body)["data"]["effect_name"]


def test_the_model_list_is_bare_and_needs_its_types(box):
    answer = box.akool("/api/open/v4/aigModel/list?types[]=1501")
    assert isinstance(answer["data"], list)
    assert {model["type"] for model in answer["data"]} == {1501}
    assert box.akool("/api/open/v4/aigModel/list?types%5B%5D=2101")["data"] == []
    assert box.akool("/api/open/v4/aigModel/list")["code"] == 1003


def test_a_batch_is_charged_by_the_model_list(box, photo_url):
    models = box.akool("/api/open/v4/aigModel/list?types[]=1501")["data"]
    for model in models:
        box.control("keys", {"vendor": "akool", "key": KEY, "credits": 5000})
        resolution, seconds = model["resolutionList"][-1], model["durationList"][-1]
        body = {
            "image_url": photo_url,
            "prompt": "a",
            "model_name": model["value"],
            "resolution": resolution["value"].lower(),
            "video_length": seconds,
        }
        (made,) = box.akool("createBySourcePrompt/batch", body)["data"]["successList"]
        assert made["deduction_credit"] == round(resolution["unit_credit"] * seconds)
        if model["generate_audio"]:
            sound = box.akool("createBySourcePrompt/batch", {**body, "generate_audio": True})
            (loud,) = sound["data"]["successList"]
            factor = model["generate_audio"]["extra_credit_multiplier"]
            assert loud["deduction_credit"] == round(made["deduction_credit"] * factor)


@pytest.mark.parametrize(
    "change",
    [
        {"count": 0},
        {"count": 11},
        {"count": "2"},
        {"model_name": "unheard/of"},
        {"resolution": "480p"},
        {"video_length": 6},
        {"last_image_url": "http://example.org/a.jpg"},
        {"generate_audio": True},
    ],
)
def test_a_batch_outside_its_models_rules_is_1003(box, photo_url, change):
    body = {"image_url": photo_url, "prompt": "a", "resolution": "720p", "video_length": 5}
    assert box.akool("createBySourcePrompt/batch", body | change)["code"] == 1003


def test_a_batch_that_runs_out_of_credits_half_succeeds(box, photo_url):
    box.control("keys", {"vendor": "akool", "key": KEY, "credits": 59})
    body = {"image_url": photo_url, "prompt": "a", "resolution": "720p", "video_length": 5}
    answer = box.akool("createBySourcePrompt/batch", body | {"count": 4})
    assert answer["code"] == 1000
    assert len(answer["data"]["successList"]) == 2
    assert [error["code"] for error in answer["data"]["errorList"]] == [1006, 1006]
    assert len({made["batch_id"] for made in answer["data"]["successList"]}) == 1
    assert box.akool("createBySourcePrompt/batch", body)["code"] == 1006


def test_the_surcharge_is_a_switch(box, photo_url):
    box.control("switches", {"akool.price_factor": 5})
    assert ended_credit(box, make(box, photo_url)) == 100


def ended_credit(box: Any, name: str) -> int:
    """What a job has cost at its end."""
    box.advance(11)
    return int(ended(box, name)["deduction_credit"])


def test_the_end_may_cost_other_than_the_start(box, photo_url):
    name = make(box, photo_url, prompt="a [[fault:price;credits=30;final=12]]")
    assert box.balance("akool") == 970
    assert ended_credit(box, name) == 12
    assert box.balance("akool") == 988
