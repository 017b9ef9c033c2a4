"""URLs that parsers read in different ways, and those that are simply not for us."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio.net import Blocked, safe_url

DIFFERENTIAL = [
    "https://good.example\\@127.0.0.1/",
    "https://good.example\\.evil.example/",
    "https://user@good.example/",
    "https://user:pass@good.example/",
    "https://good.example@127.0.0.1/",
    "https://@good.example/",
    "https://good.example#@127.0.0.1:80\\/",
    "https://good.example:80@127.0.0.1/",
    "https://good.example\t.evil.example/",
    "https://good.example\r\nHost: evil.example/",
    " https://good.example/",
    "https://good.example /",
    "https://good.example%2f@127.0.0.1/",
    "https://good.example%00.evil.example/",
    "https:good.example/",
    "https:/good.example/",
    "https:///good.example/",
    "//good.example/",
    "https://[good.example]/",
    "https://[::1/",
    "https://[fe80::1%25eth0]/",
    "https://good.example:443:80/",
    "https://2130706433/",
    "https://0x7f.1/",
    "https://0x7f.0x1/",
    "https://127.1/",
    "https://0177.0.0.1/",
    "https://①②⑦.⓪.⓪.①/",
    "https://127。0。0。1/",
    "https://good.example./",
    "https://localhost/",
    "https://intranet/",
    "https://.example/",
    "https://good..example/",
    "https://-good.example/",
    f"https://{'a' * 64}.example/",
    f"https://{'a.' * 130}example/",
    f"https://good.example/{'a' * 9000}",
    f"https://good.example:{'9' * 5000}/",
    "https:///",
    "https://",
    "",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "data:text/html,x",
    "ftp://good.example/",
    "gopher://good.example/",
    "httpſ://good.example/",
]


@pytest.mark.parametrize("url", DIFFERENTIAL)
def test_a_doubtful_url_is_blocked(url: str) -> None:
    with pytest.raises(Blocked):
        safe_url(url)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("http://good.example/", "scheme"),
        ("https://good.example:80/", "port"),
        ("https://good.example:8443/", "port"),
        ("https://good.example:0/", "port"),
        ("https://good.example:99999/", "port"),
        ("https://127.0.0.1/", "address"),
        ("https://[::1]/", "address"),
        ("https://localhost/", "host"),
        ("https://user@good.example/", "form"),
    ],
)
def test_the_kind_says_which_rule_was_broken(url: str, kind: str) -> None:
    with pytest.raises(Blocked) as caught:
        safe_url(url)
    assert caught.value.kind == kind
    assert not caught.value.may_heal


@pytest.mark.parametrize(
    ("url", "fetched"),
    [
        ("https://cdn.example/v.mp4?sig=a%2Fb&e=1", "https://cdn.example/v.mp4?sig=a%2Fb&e=1"),
        ("HTTPS://CDN.Example:443/V.mp4#t=1", "https://cdn.example/V.mp4"),
        ("https://cdn.example/my video.mp4", "https://cdn.example/my%20video.mp4"),
        ("https://cdn.example/a@b", "https://cdn.example/a@b"),
        ("https://münchen.example/ä", "https://xn--mnchen-3ya.example/%C3%A4"),
        ("https://my_bucket.s3.example/x", "https://my_bucket.s3.example/x"),
        ("https://8.8.8.8/x", "https://8.8.8.8/x"),
        ("https://[2606:4700:4700::1111]/x", "https://[2606:4700:4700::1111]/x"),
    ],
)
def test_an_ordinary_url_passes_in_its_normal_form(url: str, fetched: str) -> None:
    assert safe_url(url) == fetched
    assert safe_url(fetched) == fetched


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://127.0.0.1:9000/x", "127.0.0.1:9000"),
        ("http://127.0.0.1:9000/x", "127.0.0.1"),
        ("http://sandbox/x", "sandbox"),
        ("http://sandbox/x", "sandbox:80"),
        ("https://sandbox/x", "sandbox:443"),
        ("http://[::1]:9000/x", "[::1]:9000"),
        ("http://[::1]:9000/x", "[::1]"),
    ],
)
def test_the_operators_own_hosts_may_be_private_and_plain(url: str, entry: str) -> None:
    assert safe_url(url, {entry}) == url
    with pytest.raises(Blocked):
        safe_url(url)


@pytest.mark.parametrize(
    ("url", "entry"),
    [
        ("http://127.0.0.1:9001/x", "127.0.0.1:9000"),
        ("http://127.0.0.2:9000/x", "127.0.0.1"),
        ("http://sandbox.evil.example/x", "sandbox"),
        ("http://evil.example/sandbox", "sandbox"),
        ("http://user@sandbox/x", "sandbox"),
        ("ftp://sandbox/x", "sandbox"),
        ("http://sandbox:99999/x", "sandbox"),
        ("http://sandbox:0/x", "sandbox"),
        ("http://sandbox:-1/x", "sandbox"),
        ("http://sandbox\\.evil.example/x", "sandbox"),
    ],
)
def test_an_exemption_reaches_no_further_than_it_says(url: str, entry: str) -> None:
    with pytest.raises(Blocked):
        safe_url(url, {entry})


PIECES = [
    *("https://", "http://", "//", "127.0.0.1", "::1", "a.example", "xn--", "99999"),
    *("\\", "@", ":", "[", "]", "%", ".", "..", "。", "①", "é", "#", "?", "/", " ", "\0", "\t"),
]
pieces = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=4)), max_size=8).map("".join)


@settings(max_examples=1500, deadline=None)
@given(st.one_of(pieces, pieces.map("https://".__add__), st.text()))
@example("https://xn--/")
@example("https://xn--a.example/")
@example("https://a\udcff.example/")
def test_any_string_is_either_safe_or_blocked(url: str) -> None:
    try:
        fetched = safe_url(url)
    except Blocked:
        return
    assert fetched.startswith("https://")
    assert safe_url(fetched) == fetched
