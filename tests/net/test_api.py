"""What leaves for a vendor's API, byte by byte, and what comes back."""

from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
import threading
import zlib
from collections.abc import Callable
from email.parser import BytesParser
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.net import Api, Garbled, NoAnswer, NotSent, Part
from studio.net.request import Body, build

KEY = {"x-api-key": "CANARY"}


def echo(peer) -> str:
    """Answer `{}` and keep the connection."""
    peer.answer(b"{}")
    return "keep"


@pytest.fixture
def sent(serve) -> Callable[..., bytes]:
    """Send one request to a server and give what arrived there."""
    server = serve(echo)

    def run(*args: object, **options: object) -> bytes:
        with Api(server.origin, deadline=5) as api:
            assert api.send(*args, **options).status == 200
        return server.requests[-1]

    return run


def split(request: bytes) -> tuple[str, dict[str, str], bytes]:
    """Request line, headers (lower case) and body."""
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    pairs = (line.split(": ", 1) for line in lines)
    return first, {name.lower(): value for name, value in pairs}, body


def test_a_bare_request_says_no_more_than_it_must(sent) -> None:
    first, headers, body = split(sent("GET", "/v1/jobs/a%2Fb"))
    assert first == "GET /v1/jobs/a%2Fb HTTP/1.1"
    assert set(headers) == {"host", "user-agent", "accept", "accept-encoding"}
    assert headers["accept-encoding"] == "identity"
    assert body == b""


def test_headers_of_the_caller_win_over_ours(sent) -> None:
    _, headers, _ = split(sent("GET", "/", headers={"accept": "*/*", "Authorization": "bare key"}))
    assert headers["accept"] == "*/*"
    assert headers["authorization"] == "bare key"


def test_params_keep_their_order_and_repeats_and_are_escaped(sent) -> None:
    pairs = [("id", "1"), ("id", "2"), ("q", "a b&c=d/é#?"), ("empty", "")]
    first, _, _ = split(sent("GET", "/list", params=pairs))
    target = urlsplit(first.split(" ")[1])
    assert target.path == "/list"
    assert parse_qsl(target.query, keep_blank_values=True) == pairs
    assert "%20" in target.query
    assert "GET /list?a=1 " in split(sent("GET", "/list", params={"a": "1"}))[0]


def test_json_is_sent_compactly_in_utf_8(sent) -> None:
    value = {"prompt": 'grüße "🎬"\n', "n": 2, "list": [1, None, True]}
    _, headers, body = split(sent("POST", "/jobs", json=value))
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == value
    assert "🎬".encode() in body
    assert b": " not in body


def test_json_null_is_a_body_too(sent) -> None:
    _, headers, body = split(sent("POST", "/jobs", json=None))
    assert (headers["content-length"], body) == ("4", b"null")


def test_a_form_keeps_its_order_and_repeats(sent) -> None:
    pairs = [("a", "1"), ("b", "x y&z"), ("a", "ü")]
    _, headers, body = split(sent("POST", "/jobs", form=pairs))
    assert headers["content-type"] == "application/x-www-form-urlencoded"
    assert parse_qsl(body.decode()) == pairs


def multipart(request: bytes) -> list:
    _, headers, body = split(request)
    assert headers["content-type"].startswith("multipart/form-data; boundary=")
    assert int(headers["content-length"]) == len(body)
    head = f"Content-Type: {headers['content-type']}\r\n\r\n".encode()
    return BytesParser().parsebytes(head + body).get_payload()


def test_parts_without_a_file_are_multipart_all_the_same(sent) -> None:
    parts = [Part(name="prompt", value="grüße 🎬"), Part(name="n", value=b"2")]
    first, second = multipart(sent("POST", "/jobs", parts=parts))
    assert first["Content-Disposition"] == 'form-data; name="prompt"'
    assert first["Content-Type"] is None
    assert first.get_payload(decode=True).decode() == "grüße 🎬"
    assert second.get_payload(decode=True) == b"2"


def test_a_file_part_carries_its_bytes_name_and_type_untouched(sent) -> None:
    value = bytes(range(256)) * 10
    parts = [
        Part(name="image", value=value, filename="a.jpg", content_type="image/jpeg"),
        Part(name="image", value=b"2", filename="b.html"),
        Part(name="meta", value="{}", content_type="application/json"),
    ]
    first, second, third = multipart(sent("POST", "/jobs", parts=parts))
    assert first["Content-Disposition"] == 'form-data; name="image"; filename="a.jpg"'
    assert first["Content-Type"] == "image/jpeg"
    assert second["Content-Type"] == "application/octet-stream"
    assert third["Content-Type"] == "application/json"
    assert third.get_filename() is None


def test_a_file_name_cannot_break_out_of_its_header(sent) -> None:
    hostile = 'a"; x="\r\nX-Evil: 1\r\n\r\n.jpg'
    (part,) = multipart(sent("POST", "/", parts=[Part(name="f", value=b"1", filename=hostile)]))
    assert part["X-Evil"] is None
    assert part.get_payload(decode=True) == b"1"


def test_a_request_with_two_bodies_is_a_mistake_of_ours() -> None:
    with Api("https://api.example") as api, pytest.raises(ValueError, match="one body"):
        api.send("POST", "/", json={}, form=[])


HOSTILE_PATHS = [
    "",
    "jobs",
    "@evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "https://evil.example/",
    ":8080/jobs",
    ".evil.example/",
    "/jobs/../admin",
    "/jobs/..",
    "/./jobs",
    "/jobs/%2e%2E/admin",
    "/jobs/.%2e",
    "/jobs//1",
    "/jobs?x=1",
    "/jobs#x",
    "/jobs HTTP/1.1\r\nX-Evil: 1",
    "/jobs\n",
    "/jobs\t",
    "/jobs\0",
    "/jobs/é",
    "/jobs/%",
    "/jobs/%zz",
]


@pytest.mark.parametrize("path", HOSTILE_PATHS)
def test_a_hostile_path_is_never_sent(path: str, serve, dials) -> None:
    server = serve(echo)
    with Api(server.origin) as api, pytest.raises(NotSent, match="request") as caught:
        api.send("GET", path, headers=KEY)
    assert "evil" not in str(caught.value)
    assert dials == []


@pytest.mark.parametrize(
    "path", ["/", "/a/", "/a.b/..c/d..", "/a;v=1,2/b:c@d", "/%C3%A9/~x_-!$&'()*+="]
)
def test_an_ordinary_path_arrives_unchanged(path: str, sent) -> None:
    assert split(sent("GET", path))[0] == f"GET {path} HTTP/1.1"


@settings(max_examples=800, deadline=None)
@given(
    st.one_of(
        st.text(max_size=20),
        st.lists(
            st.sampled_from(
                ["/", "\\", "@", ":", ".", "..", "%2e", "%2f", "evil.example", "?", "#"]
            )
        ).map("".join),
    )
)
def test_no_path_at_all_changes_the_host(path: str) -> None:
    origin = httpx.URL("https://api.example:8443/")
    try:
        request = build(origin, "GET", path, headers={}, params=None, body=Body())
    except NotSent:
        return
    assert (request.url.scheme, request.url.host, request.url.port) == (
        "https",
        "api.example",
        8443,
    )
    assert request.headers["host"] == "api.example:8443"
    assert request.url.raw_path.decode() == path


@pytest.mark.parametrize(
    "headers",
    [
        {"X-A": "1\r\nX-Evil: 1"},
        {"X-A": "1\n"},
        {"X-A": " 1"},
        {"X-A": ""},
        {"X-A": "é"},
        {"X-A": "\0"},
        {"X-A\r\nX-Evil": "1"},
        {"X A": "1"},
        {"": "1"},
        {"Host": "evil.example"},
        {"hOsT": "evil.example"},
        {"Content-Length": "0"},
        {"Transfer-Encoding": "chunked"},
        {"Connection": "keep-alive"},
        {"Cookie": "a=1"},
    ],
)
def test_a_header_that_could_mislead_is_never_sent(headers, serve, dials) -> None:
    server = serve(echo)
    with Api(server.origin) as api, pytest.raises(NotSent, match="request"):
        api.send("GET", "/", headers=headers)
    assert dials == []


@pytest.mark.parametrize(
    "options",
    [
        {"json": {"a": float("nan")}},
        {"json": {"a": "\ud800"}},
        {"form": [("a", "\ud800")]},
        {"params": [("a", "\ud800")]},
        {"parts": [Part(name="a", value="\ud800")]},
        {"parts": [Part(name="a", value=b"", filename="x", content_type="a\r\nX-Evil: 1")]},
        {"parts": [Part(name="a", value=b"", filename="\ud800")]},
    ],
)
def test_what_cannot_be_written_down_is_surely_not_sent(options, serve, dials) -> None:
    server = serve(echo)
    with Api(server.origin) as api, pytest.raises(NotSent, match="request"):
        api.send("POST", "/", **options)
    assert dials == []


@pytest.mark.parametrize("method", ["", "get", "GET /x HTTP/1.1\r\n", "G T"])
def test_an_odd_method_is_never_sent(method: str, dials) -> None:
    with Api("http://127.0.0.1:9") as api, pytest.raises(NotSent, match="request"):
        api.send(method, "/")
    assert dials == []


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "api.example",
        "//api.example",
        "ftp://api.example",
        "https://",
        "https://user:CANARY@api.example",
        "https://api.example/v1",
        "https://api.example/?key=CANARY",
        "https://api.example/#x",
        "https://api.example:99999",
        "https://api.example:0",
        "https://api.example:x",
        "http://api.example",
        "http://10.0.0.1:8000",
        "http://localhost.evil.example",
        "http://sandbox:8000",
    ],
)
def test_what_is_no_origin_or_no_safe_one_is_refused_at_once(origin: str) -> None:
    with pytest.raises(ValueError, match=r"origin|clear") as caught:
        Api(origin)
    assert "CANARY" not in str(caught.value)


@pytest.mark.parametrize(
    "origin",
    ["https://api.example", "http://127.0.0.1:8000/", "http://[::1]:80", "http://localhost"],
)
def test_https_and_this_machine_are_origins(origin: str) -> None:
    Api(origin).close()


def test_plain_http_to_a_neighbour_needs_to_be_said() -> None:
    Api("http://sandbox:8000", insecure_ok=True).close()


def test_any_status_is_an_answer_and_redirects_are_not_followed(serve, dials) -> None:
    server = serve(lambda peer: peer.redirect("https://evil.example/", status="307 Go"))
    with Api(server.origin) as api:
        answer = api.send("POST", "/jobs", headers=KEY, json={})
    assert answer.status == 307
    assert answer.headers["location"] == "https://evil.example/"
    assert dials == [("127.0.0.1", server.port)]


def test_headers_of_an_answer_are_in_lower_case_and_cannot_be_changed(serve) -> None:
    server = serve(lambda peer: peer.answer(b"{}", "X-Request-ID: 7", "Retry-After: 3"))
    with Api(server.origin) as api:
        answer = api.send("GET", "/")
    assert answer.headers["x-request-id"] == "7"
    with pytest.raises(TypeError):
        answer.headers["x"] = "1"


def test_cookies_and_proxies_and_netrc_stay_out(serve, monkeypatch, tmp_path, dials) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password CANARY\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    server = serve(lambda peer: (peer.answer(b"{}", "Set-Cookie: a=1"), "keep")[1])
    with Api(server.origin) as api:
        for _ in range(2):
            api.send("GET", "/")
    for request in server.requests:
        assert b"ookie" not in request
        assert b"uthorization" not in request
    assert set(dials) == {("127.0.0.1", server.port)}


def test_a_line_is_used_again_and_a_fresh_request_has_its_own(serve) -> None:
    server = serve(echo)
    with Api(server.origin) as api:
        for _ in range(3):
            api.send("GET", "/")
        assert server.connections == 1
        for _ in range(2):
            api.send("POST", "/", fresh=True)
        assert server.connections == 3
        api.send("GET", "/")
    assert server.connections == 3
    closing = [b"Connection: close" in request for request in server.requests]
    assert closing == [False, False, False, True, True, False]


def test_a_line_that_the_server_has_closed_is_not_used_again(serve) -> None:
    server = serve(lambda peer: peer.answer(b"{}"))
    with Api(server.origin) as api:
        api.send("GET", "/")
        threading.Event().wait(0.1)  # until its FIN is here
        assert api.send("GET", "/").status == 200
    assert server.connections == 2


def test_many_threads_share_few_connections_and_never_mix_answers(serve) -> None:
    def behave(peer) -> str:
        peer.answer(json.dumps(peer.path).encode())
        return "keep"

    server = serve(behave)
    wrong: list[object] = []
    with Api(server.origin, connections=3) as api:

        def work(number: int) -> None:
            for turn in range(10):
                path = f"/{number}/{turn}"
                if (said := api.send("GET", path).json()) != path:
                    wrong.append((path, said))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
    assert len(server.requests) == 120
    assert server.connections <= 3


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("x-gzip", gzip.compress), ("deflate", zlib.compress)],
)
def test_an_answer_that_was_packed_unasked_is_unpacked(serve, encoding: str, pack) -> None:
    server = serve(lambda peer: peer.answer(pack(b'{"a":1}'), f"Content-Encoding: {encoding}"))
    with Api(server.origin) as api:
        assert api.send("GET", "/").json() == {"a": 1}


@pytest.mark.parametrize(
    "body", [b'{"a":1}', gzip.compress(b'{"a":1}')[:-9], b"", gzip.compress(b"1" * 99)[:20]]
)
def test_an_answer_that_cannot_be_unpacked_is_garbled_but_keeps_its_status(serve, body) -> None:
    server = serve(lambda peer: peer.answer(body, "Content-Encoding: br"))
    broken = serve(lambda peer: peer.answer(body[:-1], "Content-Encoding: gzip", status="500 Oh"))
    with Api(broken.origin) as api:
        answer = api.send("GET", "/")
        assert answer.status == 500
        with pytest.raises(Garbled):
            answer.json()
    with Api(server.origin) as api:
        assert api.send("GET", "/").body == body


def test_a_bomb_stops_at_the_cap(serve) -> None:
    bomb = gzip.compress(bytes(50_000_000))
    server = serve(lambda peer: peer.answer(bomb, "Content-Encoding: gzip"))
    with Api(server.origin) as api, pytest.raises(NoAnswer, match="oversize"):
        api.send("GET", "/")


def test_keys_and_paths_reach_no_log(serve, caplog) -> None:
    server = serve(echo)
    with caplog.at_level(logging.DEBUG), Api(server.origin) as api:
        api.send("POST", "/CANARY", headers=KEY, params={"a": "CANARY"}, json="CANARY")
        api.send("POST", "/CANARY", headers=KEY, fresh=True)
    assert b"CANARY" in server.requests[0]
    assert "CANARY" not in caplog.text
    assert caplog.records == []


def test_the_door_opens_without_django() -> None:
    code = "import sys, studio.net; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
