"""The sandbox as a process, our own side of the wire, and orders to send from one to the other."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from studio.net import Api
from studio.vendors import find_model
from studio.vendors.base import Accepted, File, Report, Request, State, Vendor
from studio.vendors.options import Picture
from tests.vendors.hearing import DOCS, KEY

DATA = DOCS.parent
FILES = {"/coffee.jpg": "image/jpeg", "/tone.mp3": "audio/mpeg"}


@dataclass
class Home:
    """Our own side: it serves a picture and a sound, and hears webhooks."""

    origin: str
    heard: list[bytes] = field(default_factory=list)

    @property
    def picture(self) -> File:
        return File(
            url=self.origin + "/coffee.jpg",
            body=(DATA / "coffee.jpg").read_bytes(),
            name="coffee.jpg",
            mime="image/jpeg",
        )

    @property
    def sound(self) -> File:
        return File(url=self.origin + "/tone.mp3", name="tone.mp3", mime="audio/mpeg")


@dataclass
class Sandbox:
    """The sandbox's address, its control pages, and adapters that speak to it."""

    origin: str
    home: Home
    apis: list[Api] = field(default_factory=list)

    def control(self, page: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.origin}/_sandbox/{page}", data=data)
        with urllib.request.urlopen(request, timeout=10) as reply:
            return json.load(reply)

    def adapter(self, vendor: type[Vendor], key: str = KEY, *, known: bool = True) -> Any:
        if known:
            self.control("keys", {"vendor": vendor.slug, "key": key, "credits": 100_000})
        self.apis.append(Api(self.origin, deadline=10))
        return vendor(self.apis[-1], lambda: key)

    def spoil(self, vendor: type[Vendor], call: str, fault: str) -> None:
        """Let the next call of this kind go wrong."""
        match = {"vendor": vendor.slug, "op": call}
        self.control("plan", [{"match": match, "fault": fault, "times": 1}])

    def request(self, name: str, prompt: str = "A quiet harbour", **values: object) -> Request:
        """A complete order of a model, with every picture and sound it can take."""
        model = find_model(name)[1]
        pictures = {entry.name for entry in model.options if isinstance(entry, Picture)}
        defaults: dict[str, Any] = {**model.defaults({}), "prompt": prompt, **values}
        return Request(
            model=model.slug,
            values=defaults,
            images=(self.home.picture,) if "image" in pictures else (),
            end_image=self.home.picture if "end_image" in pictures else None,
            audio=self.home.sound,
        )


@contextmanager
def server(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Run a server on a free port of this machine."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}"
        running.shutdown()
        thread.join()


@contextmanager
def at_home() -> Iterator[Home]:
    """Serve the files and hear the webhooks."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path in FILES
            body = (DATA / self.path[1:]).read_bytes() if found else b""
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", FILES.get(self.path, "text/plain"))
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_POST(self) -> None:
            here.heard.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            pass

    here = Home(origin="")
    with server(Handler) as here.origin:
        yield here


@contextmanager
def playing(home: Home, folder: Path) -> Iterator[Sandbox]:
    """Start the sandbox on a free port, and stop it."""
    command = [sys.executable, "-m", "studio.sandbox", "--port", "0", "--latency", "0.3", "--quick"]
    with subprocess.Popen(
        [*command, "--data", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = next(said for said in process.stdout if "http://" in said)
        played = Sandbox(origin=line.split()[-1].rstrip("/"), home=home)
        yield played
        for api in played.apis:
            api.close()
        process.terminate()


def finish(adapter: Any, accepted: Accepted, seconds: float = 30) -> Report:
    """Ask until the job has come to an end."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        report = adapter.poll([accepted.ticket]).get(accepted.ticket.id)
        if report and report.state not in {State.QUEUED, State.WORKING}:
            return report
        time.sleep(0.05)
    raise AssertionError("the job never ended")
