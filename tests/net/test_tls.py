"""Certificates: the name decides, whatever address is dialled."""

from __future__ import annotations

import ssl
import time

import pytest

from studio.net import Api, NotSent, Unreachable, download
from studio.net.transport import trust


def fetch(server, target, tls: ssl.SSLContext | None):
    """Fetch from cdn.example, which resolves to the test server and is exempt from the guard."""
    place = f"cdn.example:{server.port}"
    return download(
        f"https://{place}/v.mp4",
        target,
        allow_private={place},
        max_bytes=9,
        deadline=5,
        resolver=lambda *_: ["127.0.0.1"],
        tls=tls,
    )


def test_the_right_name_from_a_trusted_authority_passes(serve, authority, target) -> None:
    server = serve(lambda peer: peer.answer(b"abc"), authority.server("cdn.example"))
    assert fetch(server, target, authority.client()).bytes == 3
    assert server.names == ["cdn.example"]
    assert f"Host: cdn.example:{server.port}\r\n".encode() in server.requests[0]


@pytest.mark.parametrize("name", ["evil.example", "127.0.0.1", "example"])
def test_a_certificate_for_another_name_is_refused(serve, authority, target, name: str) -> None:
    server = serve(lambda peer: peer.answer(b"abc"), authority.server(name))
    with pytest.raises(Unreachable, match="trust"):
        fetch(server, target, authority.client())
    assert server.requests == []


def test_an_unknown_authority_is_refused(serve, authority, target) -> None:
    server = serve(lambda peer: peer.answer(b"abc"), authority.server("cdn.example"))
    with pytest.raises(Unreachable, match="trust"):
        fetch(server, target, None)
    assert server.requests == []


def test_an_api_behind_a_private_authority_is_reached_only_with_its_trust(serve, authority) -> None:
    server = serve(lambda peer: peer.answer(b"{}"), authority.server("127.0.0.1"))
    with Api(server.origin, tls=authority.client()) as api:
        assert api.send("GET", "/", fresh=True).json() == {}
        assert api.send("GET", "/").json() == {}
    with Api(server.origin) as api, pytest.raises(NotSent, match="trust"):
        api.send("GET", "/", headers={"Authorization": "CANARY"})
    assert not any(b"CANARY" in request for request in server.requests)


def test_a_server_that_does_not_speak_tls_is_not_trusted_with_a_byte(serve, authority) -> None:
    server = serve(lambda peer: peer.answer(b"{}"), deaf=True)
    with (
        Api(f"https://{server.host}", tls=authority.client()) as api,
        pytest.raises(NotSent, match="trust"),
    ):
        api.send("POST", "/", json={}, fresh=True, deadline=3)


def test_a_handshake_that_never_ends_sends_nothing(serve, authority) -> None:
    server = serve(lambda peer: peer.hang(), deaf=True)
    start = time.monotonic()
    with (
        Api(f"https://{server.host}", tls=authority.client()) as api,
        pytest.raises(NotSent, match="timeout"),
    ):
        api.send("POST", "/", json={}, fresh=True, deadline=0.3)
    assert time.monotonic() - start < 5


def blind() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    return context


def blinder() -> ssl.SSLContext:
    context = blind()
    context.verify_mode = ssl.CERT_NONE
    return context


@pytest.mark.parametrize("make", [blind, blinder])
def test_a_context_that_checks_nothing_is_refused(make, target) -> None:
    with pytest.raises(ValueError, match="check"):
        Api("https://api.example", tls=make())
    with pytest.raises(ValueError, match="check"):
        download("https://cdn.example/", target, max_bytes=9, deadline=5, tls=make())


def test_the_trust_store_is_made_once_and_checks_everything() -> None:
    assert trust() is trust()
    assert trust().check_hostname
    assert trust().verify_mode is ssl.CERT_REQUIRED
    assert trust().minimum_version >= ssl.TLSVersion.TLSv1_2
    assert trust().get_ca_certs()
