"""A file fetched from a server that may do anything."""

from __future__ import annotations

import gzip
import hashlib
import os
import stat
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from studio import clock
from studio.net import (
    BadStatus,
    Blocked,
    Download,
    DownloadError,
    Encoded,
    TooBig,
    TooSlow,
    Truncated,
    Unreachable,
    download,
)

CLIP = bytes(range(256)) * 800  # 200 kB


@pytest.fixture
def fetch(target: Path) -> Callable[..., Download]:
    """Fetch a path of a test server, which is exempt from the address guard."""

    def run(server, path: str = "/v.mp4", **options: object) -> Download:
        given = {"max_bytes": 1_000_000, "deadline": 5.0, "allow_private": {server.host}}
        return download(f"{server.origin}{path}", target, **(given | options))

    return run


def left_over(target: Path) -> list[str]:
    return os.listdir(target.parent)


def test_a_file_arrives_whole_with_its_digest_and_closed_to_others(serve, fetch, target) -> None:
    server = serve(lambda peer: peer.answer(CLIP, "Content-Type: Video/MP4; x=1"))
    kept = fetch(server)
    assert kept == Download(
        path=target,
        bytes=len(CLIP),
        sha256=hashlib.sha256(CLIP).hexdigest(),
        content_type="video/mp4",
    )
    assert target.read_bytes() == CLIP
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert left_over(target) == ["video.mp4"]


@pytest.mark.parametrize("told", ["", "nonsense", "text/html<script>", "a/b/c", "x" * 500 + "/y"])
def test_a_strange_content_type_is_not_passed_on(serve, fetch, told: str) -> None:
    server = serve(lambda peer: peer.answer(b"x", f"Content-Type: {told}"))
    assert fetch(server).content_type == ""


def test_nothing_of_ours_goes_along(serve, fetch, monkeypatch, tmp_path) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login CANARY password CANARY\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))

    def behave(peer) -> None:
        if peer.path == "/v.mp4":
            peer.answer(b"", "Set-Cookie: a=1", "Location: /2", status="302 Found")
        else:
            peer.answer(b"x")

    server = serve(behave)
    fetch(server)
    assert len(server.requests) == 2
    for request in server.requests:
        names = {line.split(b":")[0].lower() for line in request.splitlines()[1:] if line}
        assert names == {b"host", b"user-agent", b"accept", b"accept-encoding", b"connection"}
        assert b"Accept-Encoding: identity" in request
        assert b"CANARY" not in request


def test_proxies_of_the_environment_are_ignored(serve, fetch, monkeypatch, dials) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    server = serve(lambda peer: peer.answer(CLIP))
    fetch(server)
    assert dials == [("127.0.0.1", server.port)]


def test_http_1_0_without_a_length_ends_where_the_connection_ends(serve, fetch) -> None:
    server = serve(lambda peer: peer.send(b"HTTP/1.0 200 OK\r\n\r\n" + CLIP))
    assert fetch(server).bytes == len(CLIP)


def test_chunks_and_their_trailer_are_understood(serve, fetch, target) -> None:
    server = serve(
        lambda peer: peer.send(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            b"3\r\nabc\r\n2;ext=1\r\nde\r\n0\r\nX-Trailer: 1\r\n\r\n"
        )
    )
    assert fetch(server).bytes == 5
    assert target.read_bytes() == b"abcde"


def test_an_existing_target_is_replaced_at_once_or_not_at_all(serve, fetch, target) -> None:
    target.write_bytes(b"old")
    with pytest.raises(Truncated):
        fetch(serve(lambda peer: peer.answer(b"new", "Content-Length: 9")))
    assert target.read_bytes() == b"old"
    fetch(serve(lambda peer: peer.answer(b"new")))
    assert target.read_bytes() == b"new"


FAULTS: dict[str, tuple[Callable, type[DownloadError], str]] = {
    "less than promised": (
        lambda p: p.answer(b"abc", "Content-Length: 100"),
        Truncated,
        "protocol",
    ),
    "a chunk cut off": (
        lambda p: p.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nabc"),
        Truncated,
        "protocol",
    ),
    "no last chunk": (
        lambda p: p.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        Truncated,
        "protocol",
    ),
    "nonsense for a chunk": (
        lambda p: p.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"),
        Truncated,
        "protocol",
    ),
    "a reset inside the body": (
        lambda p: (p.answer(b"abc", "Content-Length: 100"), p.stop.wait(0.1), p.reset()),
        Truncated,
        "broken",
    ),
    "nothing at all": (lambda p: p.answer(b""), Truncated, "empty"),
    "announced too big": (
        lambda p: p.answer(b"", "Content-Length: 10000000000000"),
        TooBig,
        "announced",
    ),
    "too big without a word": (
        lambda p: (p.send(b"HTTP/1.1 200 OK\r\n\r\n"), p.pour(CLIP)),
        TooBig,
        "received",
    ),
    "a gzip bomb": (
        lambda p: p.answer(gzip.compress(bytes(10_000_000)), "Content-Encoding: gzip"),
        Encoded,
        "encoding",
    ),
    "another encoding": (lambda p: p.answer(b"x", "Content-Encoding: br"), Encoded, "encoding"),
    "two encodings": (
        lambda p: p.answer(b"x", "Content-Encoding: identity, gzip"),
        Encoded,
        "encoding",
    ),
    "garbage": (lambda p: p.send(b"\x16\x03\x01 not http at all\r\n\r\n"), Unreachable, "protocol"),
    "a bad length": (lambda p: p.answer(b"x", "Content-Length: -1"), Unreachable, "protocol"),
    "two lengths": (
        lambda p: p.answer(b"x", "Content-Length: 1", "Content-Length: 2"),
        Unreachable,
        "protocol",
    ),
    "a NUL in a header": (lambda p: p.answer(b"x", "X-Odd: a\0b"), Unreachable, "protocol"),
    "5 MB of header": (lambda p: p.answer(b"x", "X: " + "y" * 5_000_000), Unreachable, ""),
    "closed without a word": (lambda p: p.conn.close(), Unreachable, "protocol"),
    "reset without a word": (lambda p: p.reset(), Unreachable, "broken"),
    "a redirect to nowhere": (lambda p: p.answer(b"x", status="302 Found"), BadStatus, "302"),
    "not found": (lambda p: p.answer(b"x", status="404 Not Found"), BadStatus, "404"),
    "a part": (lambda p: p.answer(b"x", status="206 Partial Content"), BadStatus, "206"),
    "no content": (lambda p: p.send(b"HTTP/1.1 204 No Content\r\n\r\n"), BadStatus, "204"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_has_its_error_and_leaves_nothing_behind(
    fault: str, serve, fetch, target
) -> None:
    behave, error, kind = FAULTS[fault]
    with pytest.raises(error) as caught:
        fetch(serve(behave), "/v.mp4?signature=CANARY")
    assert type(caught.value) is error
    assert kind in {caught.value.kind, ""}
    assert "CANARY" not in f"{caught.value!s}{caught.value!r}{caught.value.__cause__}"
    assert left_over(target) == []


def test_more_than_promised_is_cut_at_the_promise(serve, fetch, target) -> None:
    server = serve(lambda peer: peer.answer(b"abcdef", "Content-Length: 3"))
    assert fetch(server).bytes == 3
    assert target.read_bytes() == b"abc"


def test_exactly_the_limit_passes_and_one_byte_more_does_not(serve, fetch) -> None:
    server = serve(lambda peer: peer.send(b"HTTP/1.0 200 OK\r\n\r\n" + CLIP))
    assert fetch(server, max_bytes=len(CLIP)).bytes == len(CLIP)
    with pytest.raises(TooBig):
        fetch(server, max_bytes=len(CLIP) - 1)


@pytest.mark.parametrize(
    ("status", "heals"),
    [(400, False), (403, False), (404, False), (408, True), (429, True), (500, True), (503, True)],
)
def test_the_status_tells_whether_it_may_heal(serve, fetch, status: int, heals: bool) -> None:
    with pytest.raises(BadStatus) as caught:
        fetch(serve(lambda peer: peer.answer(b"", status=f"{status} Oh")))
    assert (caught.value.status, caught.value.may_heal) == (status, heals)


SLOW: dict[str, Callable] = {
    "hangs before the status line": lambda p: p.hang(),
    "drips the header": lambda p: p.drip(b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 900),
    "sends header after header": lambda p: p.drip(b"HTTP/1.1 100 Continue\r\n\r\n" * 90),
    "drips the body": lambda p: (p.send(b"HTTP/1.1 200 OK\r\n\r\n"), p.drip(b"a" * 900)),
    "stops within the body": lambda p: (p.answer(b"abc", "Content-Length: 9"), p.hang()),
    "drips chunks": lambda p: (
        p.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        p.drip(b"1\r\na\r\n" * 200),
    ),
}


@pytest.mark.parametrize("way", SLOW)
def test_no_server_can_stretch_the_deadline(way: str, serve, fetch, target) -> None:
    start = time.monotonic()
    with pytest.raises(TooSlow, match="timeout"):
        fetch(serve(SLOW[way]), deadline=0.4)
    assert 0.3 < time.monotonic() - start < 3  # the drips would last for a minute
    assert left_over(target) == []


def test_an_endless_body_ends_at_the_deadline_too(serve, fetch, target) -> None:
    server = serve(lambda peer: (peer.send(b"HTTP/1.1 200 OK\r\n\r\n"), peer.pour(b"a" * 999)))
    with pytest.raises(TooSlow):
        fetch(server, deadline=0.3, max_bytes=10**15)
    assert left_over(target) == []


def test_redirects_share_one_deadline(serve, fetch) -> None:
    def behave(peer) -> None:
        peer.stop.wait(0.15)
        peer.redirect(peer.path + "x")

    with pytest.raises(TooSlow):
        fetch(serve(behave), deadline=0.4)


def test_a_crawl_is_given_up_long_before_the_deadline(serve, fetch, target) -> None:
    def behave(peer) -> None:
        peer.send(b"HTTP/1.1 200 OK\r\n\r\nabc")
        peer.stop.wait(0.2)
        with clock.shift(60):
            peer.send(b"abc")
            peer.stop.wait(2)

    with pytest.raises(TooSlow, match="rate"):
        fetch(serve(behave), deadline=300)
    assert left_over(target) == []


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_followed(serve, fetch, status: int) -> None:
    def behave(peer) -> None:
        if peer.path == "/a/v.mp4":
            peer.redirect("../b?c#d", status=f"{status} Go")
        else:
            peer.answer(CLIP)

    server = serve(behave)
    assert fetch(server, "/a/v.mp4").bytes == len(CLIP)
    assert server.requests[1].startswith(b"GET /b?c HTTP/1.1\r\n")


def test_four_redirects_are_followed_and_a_fifth_is_not(serve, fetch) -> None:
    def behave(peer) -> None:
        left = int(peer.path[1:])
        peer.redirect(f"/{left - 1}") if left else peer.answer(CLIP)

    server = serve(behave)
    assert fetch(server, "/4").bytes == len(CLIP)
    with pytest.raises(Blocked, match="hops"):
        fetch(server, "/5")


@pytest.mark.parametrize("ring", [["/a"], ["/b", "/a"], ["/b", "/c", "/b"]])
def test_a_ring_of_redirects_is_left(serve, fetch, ring: list[str]) -> None:
    steps = dict(zip(["/a", *ring], ring, strict=False))
    server = serve(lambda peer: peer.redirect(steps[peer.path]))
    with pytest.raises(Blocked, match="loop"):
        fetch(server, "/a")


@pytest.mark.parametrize(
    "location",
    [
        "file:///etc/passwd",
        "javascript:alert(1)",
        "//evil.example\\@x/",
        "/\\evil.example/",
        "http://evil.example/",
        "https://evil.example:8443/",
        "https://user@evil.example/",
        "https://localhost/",
        "https://ev\til.example/",
        "https://[::1/",
        "//[",
        "https://\xe4\xf6\xfc/",
    ],
)
def test_a_redirect_to_a_forbidden_url_is_blocked(serve, fetch, dials, location: str) -> None:
    server = serve(lambda peer: peer.redirect(location))
    with pytest.raises(Blocked):
        fetch(server)
    assert dials == [("127.0.0.1", server.port)]


def test_two_locations_are_none(serve, fetch) -> None:
    server = serve(
        lambda peer: peer.answer(
            b"", "Location: /a", "Location: https://b.example/", status="302 Found"
        )
    )
    with pytest.raises((Blocked, BadStatus)):
        fetch(server)


def test_a_name_that_does_not_resolve_is_unreachable(target, dials) -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise OSError

    for resolver in (nowhere, lambda *_: []):
        with pytest.raises(Unreachable, match="name") as caught:
            download("https://cdn.example/", target, max_bytes=9, deadline=5, resolver=resolver)
        assert caught.value.may_heal
    assert dials == []


def test_a_resolver_that_hangs_cannot_stretch_the_deadline(target, serve) -> None:
    server = serve(lambda peer: None)

    def slow(_host: str, _port: int) -> list[str]:
        server.stopped.wait(20)
        return ["8.8.8.8"]

    with pytest.raises(Unreachable, match="timeout"):
        download("https://cdn.example/", target, max_bytes=9, deadline=0.3, resolver=slow)


def test_a_closed_port_is_unreachable(target, serve) -> None:
    server = serve(lambda peer: None)
    server.stop()
    with pytest.raises(Unreachable, match="refused"):
        download(server.origin, target, allow_private={server.host}, max_bytes=9, deadline=5)


def test_a_slow_file_tells_how_much_has_arrived(serve, fetch) -> None:
    heard: list[int] = []

    def slow(peer) -> None:
        peer.send(f"HTTP/1.1 200 OK\r\nContent-Length: {len(CLIP)}\r\n\r\n".encode())
        for start in range(0, len(CLIP), len(CLIP) // 4):
            peer.send(CLIP[start : start + len(CLIP) // 4])
            time.sleep(0.4)

    kept = fetch(serve(slow), arrived=heard.append)
    assert kept.bytes == len(CLIP)
    assert heard
    assert heard == sorted(heard)
    assert 0 < heard[0] <= len(CLIP)
