"""Addresses that must never be dialled, each as literal, as DNS answer and as redirect target."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.net import Blocked, download
from studio.net.addresses import public

FORBIDDEN = [
    ("0.0.0.0", "this host"),
    ("0.1.2.3", "this network"),
    ("10.0.0.1", "private"),
    ("10.255.255.255", "private, last"),
    ("100.64.0.1", "carrier-grade NAT"),
    ("100.100.100.200", "metadata within carrier-grade NAT"),
    ("127.0.0.1", "loopback"),
    ("127.255.255.254", "loopback, last"),
    ("168.63.129.16", "Azure's wire server, global for ipaddress"),
    ("169.254.169.254", "metadata"),
    ("169.254.170.2", "container credentials"),
    ("172.16.0.1", "private"),
    ("172.31.255.255", "private, last"),
    ("192.0.0.192", "Oracle's metadata, global for ipaddress"),
    ("192.0.2.1", "documentation"),
    ("192.88.99.1", "6to4 relay"),
    ("192.168.0.1", "private"),
    ("198.18.0.1", "benchmarks"),
    ("198.51.100.1", "documentation"),
    ("203.0.113.1", "documentation"),
    ("224.0.0.1", "multicast, global for ipaddress"),
    ("239.255.255.250", "multicast, discovery"),
    ("240.0.0.1", "reserved"),
    ("255.255.255.255", "broadcast"),
    ("::", "unspecified"),
    ("::1", "loopback"),
    ("::127.0.0.1", "IPv4-compatible loopback"),
    ("::ffff:127.0.0.1", "IPv4-mapped loopback"),
    ("::ffff:169.254.169.254", "IPv4-mapped metadata"),
    ("::ffff:0:127.0.0.1", "IPv4-translated loopback"),
    ("64:ff9b::a9fe:a9fe", "NAT64 of metadata"),
    ("64:ff9b:1::a00:1", "local NAT64 of a private address"),
    ("100::1", "discard"),
    ("2001::1", "Teredo"),
    ("2001:db8::1", "documentation"),
    ("2002:7f00:1::", "6to4 of loopback"),
    ("3fff::1", "documentation"),
    ("5f00::1", "segment routing"),
    ("fc00::1", "unique local"),
    ("fd00:ec2::254", "metadata over IPv6"),
    ("fe80::1", "link-local"),
    ("fec0::1", "site-local"),
    ("ff02::1", "multicast"),
]
ADDRESSES = [address for address, _ in FORBIDDEN]
PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700:4700::1111", "::ffff:8.8.8.8", "2a00:1450::1"]


def url_of(address: str) -> str:
    return f"https://[{address}]/v.mp4" if ":" in address else f"https://{address}/v.mp4"


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_literal_address_is_refused_without_a_socket(
    address: str, dials: list[object], target: Path
) -> None:
    with pytest.raises(Blocked, match="address"):
        download(url_of(address), target, max_bytes=9, deadline=5)
    assert dials == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_name_with_such_an_address_is_refused_without_a_socket(
    address: str, dials: list[object], target: Path
) -> None:
    with pytest.raises(Blocked, match="address"):
        download(
            "https://cdn.example/v.mp4",
            target,
            max_bytes=9,
            deadline=5,
            resolver=lambda _host, _port: [address],
        )
    assert dials == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_redirect_to_such_an_address_is_refused(
    address: str, dials: list[object], serve, target: Path
) -> None:
    server = serve(lambda peer: peer.redirect(url_of(address)))
    with pytest.raises(Blocked, match="address"):
        download(
            f"{server.origin}/v.mp4", target, allow_private={server.host}, max_bytes=9, deadline=5
        )
    assert dials == [("127.0.0.1", server.port)]


@pytest.mark.parametrize("place", range(3))
def test_one_bad_address_among_good_ones_spoils_the_lookup(
    place: int, dials: list[object], target: Path
) -> None:
    answers = ["8.8.8.8", "2606:4700:4700::1111"]
    answers.insert(place, "10.0.0.1")
    with pytest.raises(Blocked, match="address"):
        download(
            "https://cdn.example/", target, max_bytes=9, deadline=5, resolver=lambda *_: answers
        )
    assert dials == []


@pytest.mark.parametrize("address", PUBLIC)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert public(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "8.8.8.8 ", "2606:4700::1%eth0", "8"])
def test_what_is_not_plainly_an_address_is_not_public(text: str) -> None:
    assert not public(text)


@settings(max_examples=500, deadline=None)
@given(st.ip_addresses())
def test_we_are_never_kinder_than_the_standard_library(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if public(str(address)):
        inner = getattr(address, "ipv4_mapped", None) or address
        assert inner.is_global
        assert not inner.is_multicast


@settings(max_examples=300, deadline=None)
@given(st.ip_addresses(v=4))
def test_a_mapped_address_is_judged_as_the_one_it_carries(inner: ipaddress.IPv4Address) -> None:
    assert public(f"::ffff:{inner}") == public(str(inner))
