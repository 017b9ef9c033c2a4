"""Total readers: the value when there is one, a calm nothing otherwise."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.vendors import reading

ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-(10**40), 10**40)
    | st.floats()
    | st.text()
    | st.sampled_from(["1e999", "NaN", " 7 ", "-0", "http://", "https://a b", "२"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
READERS = [
    reading.fields,
    reading.items,
    reading.text,
    reading.word,
    reading.whole,
    reading.seconds,
    reading.thousandths,
    reading.milli,
    reading.ticket,
    reading.link,
    reading.moment,
    reading.nested,
    reading.kept,
]


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_raises(reader):
    @settings(max_examples=300)
    @given(ANYTHING)
    def takes_anything(value: object) -> None:
        reader(value)

    takes_anything()


@pytest.mark.parametrize(
    ("value", "milli"),
    [
        (20, 20_000),
        (22.5, 22_500),
        ("20", 20_000),
        (" 22.50 ", 22_500),
        (0, 0),
        (0.0004, 0),
        (0.0005, 1),
        (10_000_000, 10_000_000_000),
        (10_000_001, None),
        (-1, None),
        (-0.5, None),
        (True, None),
        (None, None),
        ("", None),
        ("free", None),
        ("1e3", None),
        (1e30, None),
        (10**30, None),
        (float("nan"), None),
        (float("inf"), None),
        ([20], None),
        ({"credits": 20}, None),
    ],
)
def test_credits_are_read_in_thousandths_and_believed_within_reason(value, milli):
    assert reading.milli(value) == milli


@pytest.mark.parametrize(
    ("value", "whole"),
    [
        (3, 3),
        (3.0, 3),
        ("3", 3),
        ("-3", -3),
        (3.5, None),
        ("3.0", None),
        (True, None),
        (10**18, None),
        ("1" * 19, None),
        ("٣", None),
        (None, None),
        ([3], None),
    ],
)
def test_whole_numbers(value, whole):
    assert reading.whole(value) == whole


@pytest.mark.parametrize(
    "value",
    ["", "a b", "a/b", "../a", "a\n", "ü", "a,b", "x" * 201, None, [], {}, True, 1.5, "a\0"],
)
def test_an_id_that_could_do_harm_is_none(value):
    assert reading.ticket(value) == ""


def test_an_id_may_be_a_number_and_uuids_and_dotted_ids_pass():
    assert reading.ticket(42) == "42"
    for good in ("68919a464b4dbdd4ab3d3034", "a-b_c:d.e", "x" * 200):
        assert reading.ticket(good) == good


@pytest.mark.parametrize(
    "value",
    ["", "javascript:x", "//x/y", "ftp://x/y", "http://", "http://a b", "x" * 9000, 7, None],
)
def test_a_link_is_http_or_nothing(value):
    assert reading.link(value) == ""


def test_links_are_kept_in_order_and_once():
    values = ["https://b/1", 7, "http://a/1", "https://b/1", " HTTPS://c/1 "]
    assert reading.links(values) == ("https://b/1", "http://a/1", "HTTPS://c/1")


def test_a_moment_may_be_in_seconds_or_milliseconds():
    expected = datetime(2025, 8, 5, 5, 44, 38, tzinfo=UTC)
    assert reading.moment(1754372678000) == reading.moment("1754372678") == expected
    for nonsense in (0, -5, 10**17, "soon", None, 1e300):
        assert reading.moment(nonsense) is None


def test_json_in_a_string_is_opened_once():
    assert reading.nested('{"a": 1}') == {"a": 1}
    assert reading.nested({"a": 1}) == {"a": 1}
    for nonsense in ("{...}", "", "NaN", '"\\ud800"', "[" * 100_000):
        assert reading.nested(nonsense) is None


@given(ANYTHING)
def test_evidence_is_json_and_small(value):
    assert len(json.dumps(reading.kept(value))) < 12 * reading.LARGEST_RAW


def test_evidence_of_a_large_answer_is_cut_and_of_a_small_one_whole():
    small = {"code": 1000, "data": [{"_id": "x", "n": None, "t": True}]}
    assert reading.kept(small) == small
    for large in (
        {"text": "x" * 10**6},
        {str(n): "x" * 100 for n in range(10**4)},
        [[["x" * 50] * 50] * 50] * 50,
        {"k" * 10**6: 1},
    ):
        assert len(json.dumps(reading.kept(large))) < 3 * reading.LARGEST_RAW
    deep: object = "bottom"
    for _ in range(500):
        deep = [deep]
    assert "bottom" not in json.dumps(reading.kept(deep))
