"""Figures and marks as people read them."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.template import Context, Template

from studio import clock
from studio.templatetags import studio as tags

THIN = "\u202f"


@pytest.mark.parametrize(
    ("milli", "text"),
    [
        (0, "0"),
        (27_000, "27"),
        (27_500, "27.5"),
        (27_050, "27.05"),
        (1, "0.001"),
        (1_240_000, f"1{THIN}240"),
        (1_234_567_890, f"1{THIN}234{THIN}567.89"),
        (-45_000, "−45"),
        (None, "?"),
    ],
)
def test_credits_are_whole_where_they_are_whole(milli: int | None, text: str) -> None:
    assert tags.credits(milli) == text


@pytest.mark.parametrize(
    ("micros", "currency", "text"),
    [
        (810_000, "USD", "$0.81"),
        (9_700_000, "EUR", "€9.70"),
        (1_234_567_890, "GBP", f"£1{THIN}234.57"),
        (7_500, "USD", "$0.0075"),
        (0, "USD", "$0.00"),
        (-810_000, "USD", "−$0.81"),
        (810_000, "CHF", "0.81 CHF"),
        (None, "USD", "?"),
    ],
)
def test_money_shows_fractions_of_a_cent_only_below_a_cent(
    micros: int | None, currency: str, text: str
) -> None:
    assert tags.money(micros, currency) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(5, "5 s"), (4.5, "4.5 s"), (5.04, "5 s"), (72, "1:12"), (4000, "1:06:40"), (None, "")],
)
def test_durations_are_short(seconds: float | None, text: str) -> None:
    assert tags.duration(seconds) == text


@pytest.mark.parametrize(
    ("past", "text"),
    [
        (timedelta(seconds=3), "just now"),
        (timedelta(minutes=2), "2 min ago"),
        (timedelta(hours=5), "5 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=12), "12 days ago"),
        (-timedelta(minutes=5), "just now"),
    ],
)
def test_times_say_how_long_it_is_since(past: timedelta, text: str) -> None:
    shown = tags.ago(clock.now() - past)
    assert f">{text}</time>" in shown
    assert "datetime=" in shown


def test_a_time_that_never_was_says_so() -> None:
    assert tags.ago(None) == "never"
    assert tags.when(None) == ""


def test_times_of_another_day_name_the_day() -> None:
    now = clock.now()
    assert len(tags.when(now).split(">")[1]) == len("14:03</time")
    assert "," in tags.when(now - timedelta(days=40)).split(">")[1]


def test_icons_are_decoration_and_drawn_once() -> None:
    first = tags.icon("film", 20)
    assert 'aria-hidden="true"' in first
    assert 'width="20"' in first
    assert first is tags.icon("film", 20)


def test_a_mark_carries_the_vendor_as_data_and_escapes_it() -> None:
    shown = Template("{% mark vendor %}").render(Context({"vendor": '"><script>'}))
    assert "<script>" not in shown
    assert 'aria-hidden="true"' in shown
