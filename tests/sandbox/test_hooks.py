"""AKOOL's callbacks: sealed, signed, and as unreliable as callbacks are."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from studio.sandbox import keys
from studio.sandbox.akool_hooks import sealed
from studio.sandbox.world import Settings

KEY = "sandbox-akool-key-000001"


@pytest.fixture
def settings() -> Settings:
    return Settings(latency=0.2, quick=True)


def opened(body: dict[str, Any], client_id: str, secret: str) -> dict[str, Any]:
    """What is inside a callback; fails when its signature is wrong."""
    parts = sorted([client_id, str(body["timestamp"]), body["nonce"], body["dataEncrypt"]])
    assert hashlib.sha1("".join(parts).encode()).hexdigest() == body["signature"]
    box = Cipher(algorithms.AES(secret.encode()), modes.CBC(client_id.encode()[:16])).decryptor()
    plain = box.update(base64.b64decode(body["dataEncrypt"])) + box.finalize()
    found: dict[str, Any] = json.loads(plain[: -plain[-1]])
    return found


@pytest.mark.parametrize(
    ("secret", "data", "signature"),
    [
        (
            "0123456789abcdef01234567",
            "W8ho4YUzgGWrFOzTMiZxIf3DR2HKBTr45O4jdI4dBshma+dTZWYUlttzmHNsz0Jfk5eY/86GraI6z14J/sm"
            "dhEmVehx5gxKfwBQQ5rDLsv+I+MT+9VSWCE3mRTIPZjx8Vkb027A9leHymRSmbtZ1xA==",
            "d314dca3abe710acca69c25b5cd53fe51e21554d",
        ),
        (
            "0123456789abcdef0123456789abcdef",
            "GFhDwn9NJed6NprmFaKLYhz6PtxKlu1nWWlNcAsimrRH6VRJrabaoVwmipZQk+x/kMQmquA8xAlyKYAciPN"
            "Yqg2SNrYVlcXUbx1M4Hcw+JYCfNY3hqek3rvO7sltS7rGgPPvopGkPj/t0A7rbyF7Wg==",
            "41ee7ea4335d2f7d8f85b55564a49bf23ef496e9",
        ),
    ],
)
def test_sealing_gives_what_crypto_js_gives(secret, data, signature):
    owner = keys.new("akool", secret, 0)
    owner.client_id = "64db241f6d9e5c4bd136c187"
    payload = {
        "_id": "65f8c1d2e3f4a5b6c7d8e9f0",
        "status": 3,
        "type": "image2video",
        "url": "https://cdn.example/v.mp4",
    }
    body = sealed(owner, payload, 1760000000000, "4821")
    assert (body["dataEncrypt"], body["signature"]) == (data, signature)


def test_a_key_that_is_no_aes_key_gets_a_secret_that_is_one():
    assert keys.new("akool", KEY, 0).client_secret == KEY
    assert len(keys.new("akool", "sandbox-odd", 0).client_secret) == 24


def make(box: Any, origin: Any, photo_url: str, fault: str = "") -> str:
    """Order with a callback address; gives the id."""
    body = {
        "image_url": photo_url,
        "prompt": f"a {fault}",
        "negative_prompt": "",
        "resolution": "720p",
        "audio_type": 3,
        "video_length": 5,
        "webhookurl": f"{origin.url}/hook",
    }
    return str(box.akool("createBySourcePrompt", body)["data"]["_id"])


def inside(box: Any, origin: Any) -> list[dict[str, Any]]:
    """What every callback so far says."""
    owner = box.control("keys", {"vendor": "akool", "key": KEY})
    return [opened(body, owner["client_id"], owner["client_secret"]) for body in origin.posts]


def wait_for(box: Any, origin: Any, count: int) -> None:
    """Until so many callbacks have come."""
    box.until(lambda: len(origin.posts) >= count)


def test_a_callback_comes_at_the_start_and_at_the_end(box, origin, photo_url):
    name = make(box, origin, photo_url)
    wait_for(box, origin, 2)
    first, last = inside(box, origin)
    assert first == {"_id": name, "status": 2, "type": "image2video", "url": ""}
    assert (last["_id"], last["status"]) == (name, 3)
    assert last["url"] == box.akool_result(name)["video_url"]


def test_a_failure_is_called_back_as_four(box, origin):
    make(box, origin, f"{origin.url}/none.jpg")
    wait_for(box, origin, 2)
    assert inside(box, origin)[-1]["status"] == 4


def test_anything_but_200_brings_it_again(box, origin, photo_url):
    origin.answers += [500, 204]
    make(box, origin, photo_url)
    wait_for(box, origin, 2)
    box.advance(5)
    wait_for(box, origin, 4)
    assert sorted(body["status"] for body in inside(box, origin)) == [2, 2, 3, 3]


def test_the_ledger_knows_every_callback(box, origin, photo_url):
    make(box, origin, photo_url)
    calls = box.until(
        lambda: len(found := box.entry("akool", "create")["callbacks"]) == 2 and found
    )
    assert [call["http_status"] for call in calls] == [200, 200]


def test_twice_means_the_last_one_twice(box, origin, photo_url):
    make(box, origin, photo_url, "[[fault:webhook;kind=twice]]")
    wait_for(box, origin, 3)
    assert sorted(body["status"] for body in inside(box, origin)) == [2, 3, 3]


def test_an_early_callback_overtakes_the_answer(box, origin, photo_url):
    make(box, origin, photo_url, "[[fault:webhook;kind=early]]")
    assert origin.posts, "it was there before the answer to the order"


def test_a_forged_callback_has_a_wrong_signature(box, origin, photo_url):
    make(box, origin, photo_url, "[[fault:webhook;kind=forged]]")
    wait_for(box, origin, 3)
    owner = box.control("keys", {"vendor": "akool", "key": KEY})
    broken = 0
    for body in origin.posts:
        try:
            opened(body, owner["client_id"], owner["client_secret"])
        except AssertionError:
            broken += 1
    assert broken == 1


def test_never_is_never_and_late_is_late(box, origin, photo_url):
    make(box, origin, photo_url, "[[fault:webhook;kind=never]]")
    make(box, origin, photo_url, "[[fault:webhook;kind=late;s=600]]")
    wait_for(box, origin, 1)
    box.advance(300)
    assert [body["status"] for body in inside(box, origin)] == [2]
    box.advance(301)
    wait_for(box, origin, 2)
    assert [body["status"] for body in inside(box, origin)] == [2, 3]


def test_a_callback_may_tell_of_a_job_that_was_deleted(box, origin, photo_url):
    name = make(box, origin, photo_url, "[[fault:webhook;kind=deleted]]")
    wait_for(box, origin, 2)
    assert box.akool("resultsByIds", {"_ids": name})["data"] == {"result": []}
