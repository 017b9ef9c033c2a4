"""A server that writes down the very bytes which an adapter sends, and the sandbox."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from studio.net import Api
from studio.vendors.base import Vendor
from tests.vendors.hearing import KEY, Seen, Wire
from tests.vendors.playing import Sandbox, at_home, playing


@pytest.fixture
def wire() -> Iterator[Wire]:
    """A server on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            heads = {name.lower(): value for name, value in self.headers.items()}
            heard.seen.append(Seen(self.command, self.path, heads, body))
            said = heard.says if isinstance(heard.says, bytes) else json.dumps(heard.says).encode()
            self.send_response(heard.status)
            for name, value in {"Content-Length": str(len(said)), **heard.headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def do_GET(self) -> None:
            self.do_POST()

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        heard = Wire(origin=f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        yield heard
        server.shutdown()
        thread.join()


@pytest.fixture
def on_wire(wire: Wire) -> Iterator[Callable[[type[Vendor]], Vendor]]:
    """Adapters that really speak HTTP, to `wire`."""
    with Api(wire.origin) as api:
        yield lambda vendor: vendor(api, lambda: KEY)


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """The sandbox as a process of its own, with our side of the wire."""
    with at_home() as home, playing(home, tmp_path_factory.mktemp("sandbox")) as played:
        yield played
