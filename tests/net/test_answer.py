"""Reading what a vendor said: clean JSON or Garbled, a wait in seconds or none."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from studio.net import Answer, Garbled

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def answer(body: bytes = b"", **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status=200, headers=named, body=body)


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b'{"a": [1, 2.5, null, true]}', {"a": [1, 2.5, None, True]}),
        (b"\xef\xbb\xbf{}", {}),
        ('"grüße 🎬"'.encode(), "grüße 🎬"),
        (rb'"\ud83c\udfac \u00e4"', "🎬 ä"),
        (rb'"C:\\u0000 and \\ud800"', r"C:\u0000 and \ud800"),
        (b" [] \n", []),
        (b'{"a":1,"a":2}', {"a": 2}),
        (b"1e300", 1e300),
    ],
)
def test_clean_json_is_read(body: bytes, value: object) -> None:
    assert answer(body).json() == value


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"<html>502 Bad Gateway</html>",
        b"{",
        b"{} {}",
        b'{"a": NaN}',
        b"[Infinity]",
        b"[-Infinity]",
        b"1e999",
        b"-1e999",
        b"9" * 5000,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[" * 5000 + b"]" * 5000,
        b"\xff\xfe{\x00}\x00",
        b'"\xff"',
        b'"a\nb"',
        rb'"\ud800"',
        rb'{"\udc00": 1}',
        rb'"\u0000"',
        rb'"\\\u0000"',
        b"\x1f\x8b\x08\x00",
    ],
)
def test_anything_else_is_garbled(body: bytes) -> None:
    with pytest.raises(Garbled):
        answer(body).json()


@settings(max_examples=500, deadline=None)
@given(st.one_of(st.binary(), st.text().map(lambda text: json.dumps(text).encode())))
@example(rb'"\\\\u0000"')
def test_no_body_raises_anything_but_garbled_and_all_that_is_read_can_be_stored(
    body: bytes,
) -> None:
    try:
        value = answer(body).json()
    except Garbled:
        return
    stored = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    assert json.loads(stored) == value
    if isinstance(value, str):
        assert "\0" not in value


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("0", 0.0),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("3600", 3600.0),
        ("3601", 3600.0),
        ("1000000000", 3600.0),
        ("9" * 5000, 3600.0),
        (format_datetime(NOW + timedelta(seconds=90), usegmt=True), 90.0),
        (format_datetime(NOW, usegmt=True), 0.0),
        (format_datetime(NOW + timedelta(days=400), usegmt=True), 3600.0),
        ("Sun, 01 Mar 2026 12:01:00 -0000", 60.0),
        ("Sunday, 01-Mar-26 12:01:00 GMT", 60.0),
        (format_datetime(NOW - timedelta(seconds=1), usegmt=True), None),
        ("-1", None),
        ("1.5", None),
        ("١٢", None),
        ("²", None),
        ("soon", None),
        ("", None),
        ("5, 7", None),
        ("Sun, 99 Mar 2026 12:01:00 GMT", None),
        ("Sun, 01 Mar 99999999999 12:01:00 GMT", None),
    ],
)
def test_retry_after_is_read_in_both_forms_and_nonsense_in_none(
    header: str, seconds: float | None
) -> None:
    assert answer(retry_after=header).retry_after(NOW) == seconds


def test_without_the_header_there_is_no_wait() -> None:
    assert answer().retry_after(NOW) is None


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_no_header_breaks_the_reading(header: str) -> None:
    seconds = answer(retry_after=header).retry_after(NOW)
    assert seconds is None or 0 <= seconds <= 3600


def test_an_answer_shows_neither_body_nor_headers_when_printed() -> None:
    assert repr(answer(b"CANARY", x="CANARY")) == "Answer(status=200)"
