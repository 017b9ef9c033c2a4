"""The whole studio as `up` runs it: web, worker and sandbox, in a folder of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from tests.sandboxed import ROOT, Sandbox, free_port

STANDARDS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PHOTOS = ROOT / "studio" / "demo"
SignIn = Callable[..., Page]


@dataclass(frozen=True, slots=True, kw_only=True)
class Studio:
    """Where it answers, and the sandbox behind it."""

    url: str
    sandbox: Sandbox
    env: dict[str, str]


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Studio]:
    folder: Path = tmp_path_factory.mktemp("walk")
    port, sandbox_port = free_port(), free_port()
    env = {
        **{name: value for name, value in os.environ.items() if "STUDIO" not in name},
        "STUDIO_DATA_DIR": str(folder),
        "STUDIO_PORT": str(port),
        "STUDIO_SANDBOX_PORT": str(sandbox_port),
        "STUDIO_SANDBOX": "1",
    }
    log = (folder / "up.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "manage.py", "up"], cwd=ROOT, env=env, stdout=log, stderr=log
    )
    url = f"http://127.0.0.1:{port}"
    until = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{url}/readyz", timeout=5).close()
            break
        except OSError:
            assert process.poll() is None, (folder / "up.log").read_text()[-3000:]
            assert time.monotonic() < until, (folder / "up.log").read_text()[-3000:]
            time.sleep(0.1)
    yield Studio(url=url, sandbox=Sandbox(sandbox_port), env=env)
    process.send_signal(signal.SIGINT)
    process.wait(40)
    log.close()


def meant(line: str) -> bool:
    """The browser's own word on a 422 that the test provoked."""
    return "status of 422" in line or "Response Status Error Code 422" in line


@pytest.fixture
def sign_in(studio: Studio, browser: Browser) -> Iterator[SignIn]:
    """A browser in which demo has signed in by the form; its console must stay silent."""
    said: list[str] = []
    contexts = []

    def signed_in(*, width: int = 1440, theme: str = "dark", script: bool = True) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, java_script_enabled=script
        )
        contexts.append(context)
        context.add_cookies([{"name": "theme", "value": theme, "url": studio.url}])
        page = context.new_page()
        page.on(
            "console",
            lambda message: (
                said.append(message.text) if message.type in ("error", "warning") else None
            ),
        )
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(f"{studio.url}/accounts/login/")
        page.locator("#id_username").fill("demo")
        page.locator("#id_password").fill("demo")
        page.locator("#id_password").press("Enter")
        page.get_by_role("heading", name="demo", exact=True).wait_for()
        return page

    yield signed_in
    for context in contexts:
        context.close()
    assert [line for line in said if not meant(line)] == []


def faults(page: Page) -> list[str]:
    """What axe finds on the page as it stands."""
    found = Axe().run(page, options={"runOnly": STANDARDS}).response["violations"]
    return [f"{fault['id']}: {[node['html'][:160] for node in fault['nodes']]}" for fault in found]
