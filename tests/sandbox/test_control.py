"""The control pages, the process, and what outlives it."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.sandbox.app import open_server
from studio.sandbox.world import Settings

ROOT = Path(__file__).parents[2]
TEXT = {"model_name": "text-1.0-pro", "duration": "5", "prompt": "a lake"}


def test_the_ledger_tells_everything_about_an_order(box, photo_url):
    fields = {"model_name": "image-1.0-pro", "duration": "10s", "prompt": "up", "images": photo_url}
    name = box.remaker("create-job-image", fields)["result"]["job_id"]
    entry = box.until(lambda: (e := box.entry("remaker", "create"))["fetches"] and e)
    assert entry["accepted_id"] == name
    assert entry["accepted_ids"] == [name]
    assert (entry["vendor"], entry["op"], entry["credits"]) == ("remaker", "create", 90)
    assert entry["key_tail"] == "aker"
    assert entry["prompt"] == "up"
    assert entry["options"]["duration"] == 10
    assert entry["image_urls"] == [photo_url]
    assert len(entry["body_sha256"]) == 64
    assert (entry["status"], entry["code"]) == (200, 100000)
    (fetch,) = entry["fetches"]
    assert (fetch["url"], fetch["status"], fetch["ok"]) == (photo_url, 200, True)


def test_the_ledger_can_be_asked_for_one_vendor_and_for_accepted_orders(box):
    box.remaker("create-job-text", TEXT)
    box.remaker("create-job-text", TEXT | {"duration": "9"})
    box.mnml("credits")
    every = box.control("ledger")["entries"]
    assert [entry["vendor"] for entry in every] == ["remaker", "remaker", "mnml"]
    assert len(box.control("ledger?vendor=remaker")["entries"]) == 2
    assert len(box.control("ledger?accepted=1")["entries"]) == 1


def test_reset_forgets_everything(box):
    box.remaker("create-job-text", TEXT)
    box.control("plan", {"fault": "bad_key"})
    box.control("switches", {"remaker.json": True})
    box.advance(1000)
    box.control("reset", {})
    assert box.control("ledger")["entries"] == []
    assert box.control("balances")["balances"] == []
    assert box.control("plan")["plan"] == []
    assert box.control("switches")["remaker.json"] is False
    assert abs(box.control("clock")["ahead"]) < 1


def test_time_can_be_sped_up(box):
    name = box.remaker("create-job-text", TEXT)["result"]["job_id"]
    box.control("clock", {"speed": 1000})
    box.until(lambda: box.remaker(f"get-job/{name}")["code"] == 100000, seconds=5)


def test_nonsense_is_refused_and_told(box):
    for path, body in (
        ("plan", {"fault": "nonsense"}),
        ("switches", {"akool.colour": "red"}),
        ("keys", {"vendor": "nobody", "key": "x"}),
        ("clock", {"advance": "soon"}),
    ):
        answer = box.http.post(f"/_sandbox/{path}", json=body)
        assert (answer.status_code, "error" in answer.json()) == (400, True), path
    assert box.http.get("/_sandbox/none").status_code == 404
    assert box.http.get("/_sandbox/reset").status_code == 405


def test_pages_of_other_origins_may_not_steer_it(box):
    headers = {"Origin": "https://elsewhere.example"}
    assert box.http.post("/_sandbox/reset", headers=headers).status_code == 403
    assert box.http.post("/_sandbox/reset", headers={"Origin": box.url}).status_code == 200


def test_results_are_on_the_public_url_when_there_is_one(tmp_path):
    server, app = open_server(
        Settings(latency=0, quick=True, public_url="https://studio.example/sandbox/")
    )
    server.start()
    try:
        root = f"{server.url}/api/remaker/v1/ai-video-generator"
        headers = {"Authorization": "sandbox-a"}
        name = httpx.post(f"{root}/create-job-text", data=TEXT, headers=headers).json()
        job = httpx.get(f"{root}/get-job/{name['result']['job_id']}", headers=headers).json()
        url = job["result"]["output"]["output"]
        assert url.startswith("https://studio.example/sandbox/files/remaker/")
    finally:
        server.stop()
        app.world.close()


@contextmanager
def process(*options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A sandbox in a process of its own, and its address."""
    command = [sys.executable, "-m", "studio.sandbox", "--port", "0", "--quick", *options]
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert running.stdout
    try:
        yield running, running.stdout.readline().split()[-1]
    finally:
        running.terminate()
        running.wait(10)
        running.stdout.close()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_even_with_a_connection_open(how):
    with process() as (running, url), httpx.Client(base_url=url) as client:
        assert client.get("/_sandbox/healthz").json() == {"status": "ok"}
        running.send_signal(how)
        assert running.wait(5) == 0


def test_it_is_light_until_it_has_work():
    program = (
        "import sys; from studio.sandbox.app import open_server; "
        "from studio.sandbox.world import Settings; "
        "server, app = open_server(Settings()); app.world.close(); "
        "print([m for m in ('av', 'PIL', 'django', 'httpx', 'cryptography') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_it_imports_nothing_of_the_studio():
    for path in (ROOT / "studio" / "sandbox").glob("*.py"):
        for line in path.read_text().splitlines():
            if line.strip().startswith(("from studio", "import studio")):
                assert "studio.sandbox" in line, (path.name, line)


def ask(url: str, call: str, data: Any = None) -> dict[str, Any]:
    """One call to Remaker."""
    headers = {"Authorization": "sandbox-a"}
    full = f"{url}/api/remaker/v1/ai-video-generator/{call}"
    method = "GET" if data is None else "POST"
    found: dict[str, Any] = httpx.request(method, full, data=data, headers=headers).json()
    return found


def test_a_restart_keeps_jobs_balances_ledger_and_films(tmp_path):
    options = ("--data", str(tmp_path / "data"), "--latency", "0", "--credits", "500")
    with process(*options) as (_, url):
        name = ask(url, "create-job-text", TEXT)["result"]["job_id"]
        film = ask(url, f"get-job/{name}")["result"]["output"]["output"]
        data = httpx.get(film).content
        httpx.post(f"{url}/_sandbox/clock", json={"advance": 86_400})
    with process(*options) as (_, url):
        path = film.split("/files/")[1]
        assert httpx.get(f"{url}/files/{path}").content == data
        assert ask(url, f"get-job/{name}")["code"] == 100000
        (balance,) = httpx.get(f"{url}/_sandbox/balances").json()["balances"]
        assert balance["credits"] == 455
        entries = httpx.get(f"{url}/_sandbox/ledger?accepted=1").json()["entries"]
        assert [entry["accepted_id"] for entry in entries] == [name]
        assert httpx.get(f"{url}/_sandbox/clock").json()["ahead"] > 86_000


def test_a_fetch_that_a_restart_cut_off_is_taken_up(tmp_path, origin, photo):
    options = ("--data", str(tmp_path / "data"), "--latency", "0")
    url_of_photo = f"{origin.url}/late.jpg"
    fields = {"model_name": "image-1.0-pro", "duration": "5", "images": url_of_photo}
    fields["prompt"] = "a [[fault:fetch;kind=late;s=3600]]"
    with process(*options) as (_, url):
        name = ask(url, "create-job-image", fields)["result"]["job_id"]
        assert ask(url, f"get-job/{name}")["code"] == 300013
    origin.add("late.jpg", photo)
    with process(*options) as (_, url):
        httpx.post(f"{url}/_sandbox/clock", json={"advance": 3700})
        end = time.monotonic() + 10
        while ask(url, f"get-job/{name}")["code"] != 100000:
            assert time.monotonic() < end
            time.sleep(0.05)


def test_temporary_files_are_removed_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with process("--latency", "0") as (_, url):
        ask(url, "create-job-text", TEXT)
        assert list(tmp_path.iterdir())
    assert list(tmp_path.iterdir()) == []
