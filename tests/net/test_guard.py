"""Names: resolved once, judged, and dialled at the very address that was judged."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from studio import clock
from studio.net import Blocked, Unreachable, download
from studio.net.guard import GuardedDialler
from studio.net.wire import Dialler


def soon() -> float:
    return clock.monotonic() + 5


@pytest.fixture
def detour(monkeypatch) -> Iterator[dict]:
    """Lead every connection to a local port, and write down where it should have gone."""
    real = socket.create_connection
    kept: dict = {"port": None, "asked": []}

    def create(address, timeout, **options):
        kept["asked"].append(address)
        return real(("127.0.0.1", kept["port"]), timeout, **options)

    monkeypatch.setattr(socket, "create_connection", create)
    return kept


def test_a_public_name_is_looked_up_once_and_dialled_at_the_address_that_was_judged(
    serve, authority, detour, target
) -> None:
    lookups: list[tuple[str, int]] = []

    def flipping(host: str, port: int) -> list[str]:
        lookups.append((host, port))
        return ["93.184.216.34"] if len(lookups) == 1 else ["127.0.0.1"]

    server = serve(lambda peer: peer.answer(b"abc"), authority.server("cdn.example"))
    detour["port"] = server.port
    options = {"max_bytes": 9, "deadline": 5, "resolver": flipping, "tls": authority.client()}

    assert download("https://cdn.example/v.mp4", target, **options).bytes == 3
    assert lookups == [("cdn.example", 443)]
    assert detour["asked"] == [("93.184.216.34", 443)]
    assert server.names == ["cdn.example"]
    assert b"Host: cdn.example\r\n" in server.requests[0]

    with pytest.raises(Blocked, match="address"):
        download("https://cdn.example/v.mp4", target, **options)
    assert len(lookups) == 2
    assert len(detour["asked"]) == 1


def test_each_redirect_is_looked_up_and_judged_anew(serve, authority, detour, target) -> None:
    answers = {"cdn.example": ["93.184.216.34"], "inner.example": ["10.0.0.1"]}
    server = serve(
        lambda peer: peer.redirect("https://inner.example/"), authority.server("cdn.example")
    )
    detour["port"] = server.port
    with pytest.raises(Blocked, match="address"):
        download(
            "https://cdn.example/",
            target,
            max_bytes=9,
            deadline=5,
            resolver=lambda host, _port: answers[host],
            tls=authority.client(),
        )
    assert detour["asked"] == [("93.184.216.34", 443)]


@pytest.mark.parametrize(
    ("location", "kind"),
    [
        ("http://cdn.example/", "scheme"),
        ("http://127.0.0.1:9000/", "downgrade"),
        ("https://127.0.0.1:9000/", "redirect"),
    ],
)
def test_a_stranger_cannot_send_us_down_or_home(
    serve, authority, detour, target, location: str, kind: str
) -> None:
    server = serve(lambda peer: peer.redirect(location), authority.server("cdn.example"))
    detour["port"] = server.port
    with pytest.raises(Blocked) as caught:
        download(
            "https://cdn.example/",
            target,
            allow_private={"127.0.0.1:9000"},
            max_bytes=9,
            deadline=5,
            resolver=lambda *_: ["93.184.216.34"],
            tls=authority.client(),
        )
    assert caught.value.kind == kind
    assert len(detour["asked"]) == 1


def test_the_second_address_is_tried_when_the_first_is_dead(serve, dials) -> None:
    server = serve(lambda peer: None)
    dialler = Dialler(lambda *_: ["127.0.0.2", "127.0.0.1"])
    dialler.connect_tcp("two.example", server.port, timeout=soon()).close()
    assert dials == [("127.0.0.2", server.port), ("127.0.0.1", server.port)]


def test_strangers_names_never_meet_the_search_domains(monkeypatch, target) -> None:
    asked: list[str] = []

    def getaddrinfo(host: str, *_args: object, **_options: object) -> list:
        asked.append(host)
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with pytest.raises(Unreachable, match="name"):
        download("https://cdn.example/", target, max_bytes=9, deadline=5)
    with pytest.raises(Unreachable, match="name"):
        download("http://sandbox/", target, allow_private={"sandbox"}, max_bytes=9, deadline=5)
    assert asked == ["cdn.example.", "sandbox"]


def test_an_exemption_for_one_port_leaves_the_others_guarded() -> None:
    dialler = GuardedDialler({"sandbox:9000"}, lambda *_: ["10.0.0.1"], patience=5)
    assert dialler.addresses("sandbox", 9000, soon()) == ["10.0.0.1"]
    with pytest.raises(Blocked):
        dialler.addresses("sandbox", 9001, soon())


@pytest.mark.parametrize("answer", [["not an address"], ["127.1"], ["8.8.8.8", ""], ["fe80::1%lo"]])
def test_an_odd_answer_of_the_resolver_is_blocked(answer: list[str]) -> None:
    dialler = GuardedDialler(frozenset(), lambda *_: answer, patience=5)
    with pytest.raises(Blocked):
        dialler.addresses("cdn.example", 443, soon())
