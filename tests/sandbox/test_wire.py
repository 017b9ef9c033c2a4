"""What really goes over the wire: seen through bare sockets."""

from __future__ import annotations

import gzip
import socket
from typing import Any
from urllib.parse import urlsplit

import pytest

from studio.sandbox.world import Settings


@pytest.fixture
def settings() -> Settings:
    return Settings(latency=0, quick=True)


def talk(box: Any, *lines: str, body: bytes = b"", most: int = 10_000_000) -> bytes:
    """Send a request and read until the other side closes."""
    address = urlsplit(box.url)
    head = "\r\n".join([*lines, "Host: sandbox", "Connection: close", "", ""]).encode()
    with socket.create_connection((address.hostname, address.port), timeout=10) as sock:
        sock.sendall(head + body)
        got = b""
        while len(got) < most:
            try:
                part = sock.recv(65536)
            except ConnectionResetError:
                return got + b"<reset>"
            if not part:
                break
            got += part
        return got


def credits(box: Any, fault: str) -> bytes:
    """A small call with a fault."""
    return talk(
        box,
        "GET /v1/credits HTTP/1.1",
        "Authorization: Bearer sandbox-a",
        f"X-Sandbox-Fault: {fault}",
    )


BODY = b'{"status": "success", "credits": 1000}'


@pytest.fixture
def film(box: Any) -> str:
    """The path of a film."""
    fields = {"model_name": "text-1.0-pro", "duration": "5", "prompt": "a"}
    name = box.remaker("create-job-text", fields)["result"]["job_id"]
    url = box.remaker(f"get-job/{name}")["result"]["output"]["output"]
    return urlsplit(url).path


def test_a_good_answer_is_good(box):
    head, body = credits(box, "latency;s=0").split(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert f"Content-Length: {len(BODY)}".encode() in head
    assert body == BODY


def test_http_1_0(box):
    assert credits(box, "protocol;kind=http10").startswith(b"HTTP/1.0 200 OK\r\n")


def test_a_chunked_answer_with_a_trailer(box):
    got = credits(box, "protocol;kind=trailer")
    assert b"Transfer-Encoding: chunked" in got
    assert got.endswith(b"\r\n0\r\nX-Sum: 1\r\n\r\n")


def test_a_header_of_five_megabytes(box):
    assert len(credits(box, "protocol;kind=big_header")) > 5_000_000


def test_a_zero_byte_in_a_header(box):
    assert b"X-Odd: a\0b\r\n" in credits(box, "protocol;kind=nul_header")


def test_a_second_answer_that_nobody_asked_for(box):
    assert credits(box, "protocol;kind=pipelined").count(b"HTTP/1.1 200 OK") == 2


def test_garbage(box):
    assert not credits(box, "protocol;kind=garbage").startswith(b"HTTP")


def test_a_drop_is_a_reset_without_a_byte(box):
    assert credits(box, "drop_after;op=balance") == b"<reset>"


def test_a_reset_inside_the_body(box):
    got = credits(box, "reset_in_body")
    assert got.endswith(BODY[: len(BODY) // 2] + b"<reset>")


def test_a_drip_is_the_same_bytes_in_the_end(box):
    assert credits(box, "drip;ms=1").endswith(BODY)
    assert credits(box, "drip_header;ms=1").endswith(BODY)


def test_a_gzip_bomb_is_small_on_the_wire(box):
    got = credits(box, "gzip_bomb")
    head, body = got.split(b"\r\n\r\n", 1)
    assert b"Content-Encoding: gzip" in head
    assert len(body) < 200_000
    assert len(gzip.decompress(body)) == 100_000_000


def test_lengths_that_lie(box, film):
    def got(fault: str, most: int = 10_000_000) -> tuple[int | None, int]:
        answer = talk(box, f"GET {film} HTTP/1.1", f"X-Sandbox-Fault: {fault}", most=most)
        head, body = answer.split(b"\r\n\r\n", 1)
        lengths = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length")]
        return (int(lengths[0].split(b":")[1]) if lengths else None), len(body)

    size = got("latency;s=0")[1]
    assert got("truncated") == (size, size // 2)
    assert got("truncated;length=none") == (None, size // 2)
    assert got("wrong_length") == (size - 100, size)
    assert got("huge_length;s=0") == (10**13, size)
    length, sent = got("endless;mb=2")
    assert length is None
    assert sent == size + 2 * 2**20


def test_a_request_that_is_none_is_400(box):
    assert talk(box, "HELLO").startswith(b"HTTP/1.1 400 ")
    assert talk(box, "GET / HTTP/1.1", "no colon here").startswith(b"HTTP/1.1 400 ")
    assert talk(box, "POST / HTTP/1.1", "Content-Length: -1").startswith(b"HTTP/1.1 400 ")


def test_expect_continue_and_chunked_bodies_are_understood(box):
    body = b"e\r\nprompt=a+lake&\r\n20\r\nmodel_name=text-1.0-pro&duration\r\n2\r\n=5\r\n0\r\n\r\n"
    got = talk(
        box,
        "POST /api/remaker/v1/ai-video-generator/create-job-text HTTP/1.1",
        "Authorization: sandbox-a",
        "Content-Type: application/x-www-form-urlencoded",
        "Transfer-Encoding: chunked",
        "Expect: 100-continue",
        body=body,
    )
    assert got.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")
    assert b'"code": 100000' in got


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-99", 206, slice(0, 100)),
        ("bytes=100-", 206, slice(100, None)),
        ("bytes=-50", 206, slice(-50, None)),
        ("bytes=0-999999999", 206, slice(0, None)),
        ("bytes=999999999-", 416, slice(0, 0)),
        ("rows=1-2", 200, slice(0, None)),
    ],
)
def test_ranges(box, film, asked, status, part):
    whole = box.http.get(film).content
    answer = box.http.get(film, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, whole[part])


def test_head_has_the_length_and_no_body(box, film):
    answer = box.http.head(film)
    assert int(answer.headers["content-length"]) == len(box.http.get(film).content)
    assert answer.content == b""
    assert box.http.post(film).status_code == 405
    assert box.http.get("/files/remaker/none.mp4").status_code == 404


def test_a_stale_if_range_gets_the_whole(box, film):
    headers = {"Range": "bytes=0-9", "If-Range": '"another"'}
    assert box.http.get(film, headers=headers).status_code == 200
