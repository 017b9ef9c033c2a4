"""NotSent or NoAnswer: the difference between sending again and paying twice."""

from __future__ import annotations

import os
import pickle
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from studio.net import Api, BadStatus, Blocked, NetError, NoAnswer, NotSent, Part

LINES = [{"fresh": True}, {"fresh": False}]
LATE = 0.25  # seconds: the deadline of the cases that end by it


def submit(origin: str, **options: object) -> None:
    """Send an order that must fail, with a canary in all that must not be told."""
    with Api(origin, deadline=LATE) as api:
        api.send(
            "POST",
            "/jobs/CANARY",
            headers={"Authorization": "CANARY"},
            params={"key": "CANARY"},
            json={"prompt": "CANARY"},
            **options,
        )


def told(error: NetError) -> str:
    return f"{error!s} {error!r} {error.__cause__!r} {error.args}"


@pytest.fixture
def full() -> Iterator[str]:
    """A port whose queue is full: the kernel drops further connections without a word."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    address = listener.getsockname()
    waiting = []
    for _ in range(4):
        sock = socket.socket()
        sock.setblocking(False)
        sock.connect_ex(address)
        waiting.append(sock)
    yield f"http://127.0.0.1:{address[1]}"
    for sock in [*waiting, listener]:
        sock.close()


@pytest.mark.parametrize("line", LINES)
def test_a_refused_connection_sent_nothing(line, serve) -> None:
    server = serve(lambda peer: None)
    server.stop()
    with pytest.raises(NotSent, match="refused") as caught:
        submit(server.origin, **line)
    assert "CANARY" not in told(caught.value)


@pytest.mark.parametrize("line", LINES)
def test_a_connection_that_is_never_accepted_sent_nothing(line, full) -> None:
    with pytest.raises(NotSent, match="timeout"):
        submit(full, **line)


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("error", [socket.gaierror, UnicodeError, OSError])
def test_a_name_without_an_address_sent_nothing(line, error, monkeypatch, dials) -> None:
    def getaddrinfo(*_args: object, **_options: object) -> list:
        raise error

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(NotSent, match="name"):
        submit("https://api.example", **line)
    assert dials == []


def test_a_lookup_that_hangs_ends_at_the_deadline_and_sent_nothing(monkeypatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: over.wait(20) and [])
    start = time.monotonic()
    with pytest.raises(NotSent, match="timeout"):
        submit("https://api.example")
    assert time.monotonic() - start < 5
    over.set()


def test_waiting_in_vain_for_a_free_connection_sent_nothing(serve) -> None:
    server = serve(lambda peer: peer.hang())
    with Api(server.origin, connections=1, deadline=5) as api:

        def hog() -> None:
            with pytest.raises(NoAnswer):
                api.send("GET", "/", deadline=0.6)

        thread = threading.Thread(target=hog)
        thread.start()
        while not server.requests:
            os.sched_yield()
        with pytest.raises(NotSent, match="busy"):
            api.send("POST", "/jobs", json={}, deadline=0.2)
        thread.join()
    assert len(server.requests) == 1


LEFT: dict[str, tuple[Callable, str]] = {
    "closes without a word": (lambda p: None, "protocol"),
    "resets without a word": (lambda p: p.reset(), "broken"),
    "never answers": (lambda p: p.hang(), "timeout"),
    "drips the header": (lambda p: p.drip(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 900), "timeout"),
    "says continue for ever": (lambda p: p.pour(b"HTTP/1.1 100 Continue\r\n\r\n"), "timeout"),
    "drips the body": (
        lambda p: (p.send(b"HTTP/1.1 200 OK\r\n\r\n"), p.drip(b"a" * 900)),
        "timeout",
    ),
    "closes inside the header": (lambda p: p.send(b"HTTP/1.1 200 OK\r\nX-A: 1"), "protocol"),
    "closes inside the body": (lambda p: p.answer(b'{"id"', "Content-Length: 99"), "protocol"),
    "resets inside the body": (
        lambda p: (p.answer(b'{"id"', "Content-Length: 99"), p.stop.wait(0.1), p.reset()),
        "broken",
    ),
    "talks garbage": (lambda p: p.send(b"\x00\x01\x02\r\n\r\n"), "protocol"),
    "quotes our canary in garbage": (lambda p: p.send(b"CANARY CANARY\r\n\r\n"), "protocol"),
    "has a NUL in a header": (lambda p: p.answer(b"{}", "X: a\0CANARY"), "protocol"),
    "has an endless header": (lambda p: p.answer(b"", "X: " + "y" * 5_000_000), "protocol"),
    "answers 6 MB": (lambda p: p.answer(b"1" * 6_000_000), "oversize"),
    "answers without end": (
        lambda p: (p.send(b"HTTP/1.1 200 OK\r\n\r\n"), p.pour(b"1" * 65536)),
        "",
    ),
    "switches protocols": (
        lambda p: (
            p.send(b"HTTP/1.1 101 Go\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
            p.hang(),
        ),
        "",
    ),
}


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("way", LEFT)
def test_once_the_request_left_there_is_no_answer_and_it_is_not_sent_again(
    way: str, line, serve
) -> None:
    behave, kind = LEFT[way]
    server = serve(behave)
    start = time.monotonic()
    with pytest.raises(NoAnswer) as caught:
        submit(server.origin, **line)
    assert time.monotonic() - start < 5
    assert kind in {caught.value.kind, ""}
    assert "CANARY" not in told(caught.value)
    assert len(server.requests) == 1


def test_a_server_that_hangs_up_before_reading_leaves_it_open_whether_it_read(serve) -> None:
    # not at once: a reset during the handshake is a connection that never was
    server = serve(lambda peer: (time.sleep(0.1), peer.reset()), deaf=True)
    with pytest.raises(NoAnswer):
        submit(server.origin, fresh=True)


def test_a_server_that_stops_reading_cannot_stretch_the_deadline(serve) -> None:
    server = serve(lambda peer: peer.hang(), deaf=True)
    image = Part(name="image", value=bytes(30_000_000), filename="a.jpg")
    start = time.monotonic()
    with (
        Api(server.origin, deadline=LATE) as api,
        pytest.raises(NoAnswer, match="timeout"),
    ):
        api.send("POST", "/", parts=[image], fresh=True)
    assert time.monotonic() - start < 5


def test_an_early_refusal_of_a_large_body_is_an_answer(serve) -> None:
    def behave(peer) -> None:
        peer.conn.recv(1000)
        peer.answer(b'{"code":413}', "Connection: close", status="413 Too Large")
        while peer.conn.recv(65536):
            pass

    server = serve(behave, deaf=True)
    image = Part(name="image", value=bytes(3_000_000), filename="a.jpg")
    with Api(server.origin, deadline=5) as api:
        assert api.send("POST", "/", parts=[image], fresh=True).status == 413


def test_a_line_recovers_after_each_fault(serve) -> None:
    def behave(peer) -> str:
        if peer.path == "/bad":
            peer.reset()
        else:
            peer.answer(b"{}")
        return "keep"

    server = serve(behave)
    with Api(server.origin, connections=1, deadline=5) as api:
        for _ in range(3):
            with pytest.raises(NoAnswer):
                api.send("GET", "/bad")
            assert api.send("GET", "/good").json() == {}


def test_closing_the_line_lets_a_call_under_way_finish(serve) -> None:
    asked, closed = threading.Event(), threading.Event()

    def behave(peer) -> str:
        asked.set()
        closed.wait(5)
        peer.answer(b"{}")
        return "keep"

    server = serve(behave)
    api = Api(server.origin, deadline=5)
    statuses: list[int] = []
    thread = threading.Thread(target=lambda: statuses.append(api.send("POST", "/").status))
    thread.start()
    asked.wait(5)
    api.close()
    closed.set()
    thread.join()
    assert api.send("POST", "/").status == 200
    assert statuses == [200]
    assert server.connections == 2


@pytest.mark.parametrize("error", [NotSent("busy"), BadStatus(503), Blocked("address")])
def test_errors_survive_a_journey_between_processes(error: NetError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), again.kind) == (str(error), error.kind)
