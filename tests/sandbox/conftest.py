"""A sandbox in this process, four clients for it, and the vendors' own pages as the oracle."""

from __future__ import annotations

import ast
import json
import re
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from studio.sandbox.app import open_server
from studio.sandbox.world import Settings

DATA = Path(__file__).parent.parent / "data"
AKOOL_KEY = "sandbox-akool-key-000001"  # 24 bytes, so that it is an AES key as it stands
DAY = 86_400
Read = dict[str, Any]


class Box:
    """A running sandbox and the four vendors as its callers see them."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.Client(base_url=url, timeout=30)

    def control(self, path: str, body: object = None) -> Read:
        """Ask a control page, or tell it something."""
        if body is None:
            answer = self.http.get(f"/_sandbox/{path}")
        else:
            answer = self.http.post(f"/_sandbox/{path}", json=body)
        assert answer.status_code == 200, answer.text
        found: Read = answer.json()
        return found

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.control("clock", {"advance": seconds})

    def balance(self, vendor: str) -> int:
        """Credits of the one key that has been used at a vendor."""
        (key,) = [k for k in self.control("balances")["balances"] if k["vendor"] == vendor]
        return int(key["credits"])

    def entry(self, vendor: str = "", op: str = "") -> Read:
        """The last line of the ledger."""
        found: list[Read] = self.control(f"ledger?vendor={vendor}&op={op}")["entries"]
        return found[-1]

    def remaker(self, path: str, data: Any = None, **headers: str) -> Read:
        """Remaker: POST with form fields, GET without."""
        found: Read = self.remaker_http(path, data, **headers).json()
        return found

    def remaker_http(self, path: str, data: Any = None, **headers: str) -> httpx.Response:
        """Remaker's whole answer."""
        url = f"/api/remaker/v1/ai-video-generator/{path}"
        sent = {"Authorization": "sandbox-remaker"} | headers
        if data is None:
            return self.http.get(url, headers=sent)
        return self.http.post(url, headers=sent, data=data)

    def reelbyte(self, call: str, body: object, **headers: str) -> Read:
        """Reelbyte: `generate` or `query`."""
        sent = headers or {"Authorization": "Bearer sandbox-reelbyte"}
        found: Read = self.http.post(f"/api/v1/ai/{call}", json=body, headers=sent).json()
        return found

    def mnml(self, path: str, fields: Any = None, image: bytes | None = None) -> httpx.Response:
        """mnml: POST with parts, GET without."""
        headers = {"Authorization": "Bearer sandbox-mnml"}
        if fields is None:
            return self.http.get(f"/v1/{path}", headers=headers)
        parts: dict[str, Any] = {name: (None, str(value)) for name, value in fields.items()}
        if image is not None:
            parts["image"] = ("reference.jpg", image, "image/jpeg")
        return self.http.post(f"/v1/{path}", files=parts, headers=headers)

    def akool(self, path: str, body: object = None, **headers: str) -> Read:
        """AKOOL: POST with a body, GET without; short paths are those of image2Video."""
        sent = headers or {"x-api-key": AKOOL_KEY}
        url = path if path.startswith("/") else f"/api/open/v4/image2Video/{path}"
        if body is None:
            found: Read = self.http.get(url, headers=sent).json()
        else:
            found = self.http.post(url, json=body, headers=sent).json()
        return found

    def akool_result(self, name: str) -> Read:
        """One AKOOL job."""
        (found,) = self.akool("resultsByIds", {"_ids": name})["data"]["result"]
        result: Read = found
        return result

    def until(self, look: Callable[[], Any], *, seconds: float = 20) -> Any:
        """What `look` gives as soon as it gives something: fetches take a moment of real time."""
        end = time.monotonic() + seconds
        while not (found := look()):
            assert time.monotonic() < end, "nothing came of it"
            time.sleep(0.02)
        return found


@pytest.fixture
def settings() -> Settings:
    """What the sandbox is started with; a test file may say otherwise."""
    return Settings(latency=10, quick=True)


@pytest.fixture
def box(settings: Settings) -> Iterator[Box]:
    """A fresh sandbox."""
    server, app = open_server(settings)
    server.start()
    found = Box(server.url)
    yield found
    found.http.close()
    server.stop()
    app.world.close()


class Origin:
    """A place that pictures and sounds are fetched from; it remembers who asked for what."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.seen: list[tuple[str, str, str]] = []
        self.posts: list[Read] = []
        self.answers: list[int] = []  # statuses of the next POSTs; 200 when there are none
        self.url = ""

    def add(self, name: str, data: bytes) -> str:
        """Offer a file; gives its address."""
        self.files[f"/{name}"] = data
        return f"{self.url}/{name}"


@pytest.fixture
def origin() -> Iterator[Origin]:
    """An HTTP server with a photograph on it."""
    found = Origin()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found.seen.append((self.command, self.path, self.headers.get("Range", "")))
            data = found.files.get(self.path)
            self.send_response(200 if data is not None else 404)
            self.send_header("Content-Length", str(len(data or b"")))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(data or b"")

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            found.posts.append(json.loads(body))
            self.send_response(found.answers.pop(0) if found.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def photo() -> bytes:
    """A photograph (JPEG, 640 x 427)."""
    return (DATA / "photos" / "rocket.jpg").read_bytes()


@pytest.fixture
def photo_url(origin: Origin, photo: bytes) -> str:
    """The photograph's address."""
    return origin.add("rocket.jpg", photo)


class Page:
    """A vendor's page, and what can be read out of it."""

    def __init__(self, vendor: str) -> None:
        self.text = (DATA / "vendor-docs" / f"{vendor}.txt").read_text()

    def rows(self) -> list[list[str]]:
        """Every table row, cell by cell."""
        lines = [line.strip() for line in self.text.splitlines() if "|" in line]
        return [[cell.strip() for cell in line.split("|") if cell.strip()] for line in lines]

    def values(self) -> list[Any]:
        """Every object written out in the page, as JSON or as Python."""
        found, at = [], 0
        while (start := self.text.find("{", at)) >= 0:
            end, depth = start, 0
            while end < len(self.text):
                depth += {"{": 1, "}": -1}.get(self.text[end], 0)
                end += 1
                if not depth:
                    break
            try:
                found.append(ast.literal_eval(_python(self.text[start:end])))
                at = end
            except (SyntaxError, ValueError):
                at = start + 1
        return found

    def section(self, start: str, end: str = "") -> Page:
        """The part from one heading to another (or to the end), as a page."""
        part = object.__new__(Page)
        part.text = self.text.split(f"\n{start}\n", 1)[1]
        part.text = part.text.split(f"\n{end}\n", 1)[0] if end else part.text
        return part

    def fields(self) -> set[str]:
        """Names of the answer's fields inside `data`, which AKOOL marks with a dash."""
        return {
            row[0].lstrip("-— ") for row in self.rows() if row[0][0] in "-—" and row[0][1] == " "
        }


def _python(text: str) -> str:
    return re.sub(
        r"\b(true|false|null)\b", lambda m: str({"true": True, "false": False}.get(m[0])), text
    )


@pytest.fixture
def doc() -> type[Page]:
    """The vendors' pages: `doc("akool")`."""
    return Page


def shape(value: Any) -> Any:
    """A value with every leaf replaced by the name of its type: what must match a documented one."""
    if isinstance(value, dict):
        return {name: shape(item) for name, item in sorted(value.items())}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return type(value).__name__


@pytest.fixture(name="shape")
def shape_fixture() -> Callable[[Any], Any]:
    """`shape` for tests."""
    return shape
