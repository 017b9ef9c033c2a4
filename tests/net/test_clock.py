"""The one source of time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from studio import clock


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().tzinfo is UTC
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_shift_moves_both_clocks_and_ends_with_its_block() -> None:
    wall, steady = clock.now(), clock.monotonic()
    with clock.shift(3600), clock.shift(60):
        assert timedelta(seconds=3660) <= clock.now() - wall < timedelta(seconds=3670)
        assert 3660 <= clock.monotonic() - steady < 3670
    assert clock.now() - wall < timedelta(seconds=10)


def test_a_shift_ends_even_when_its_block_fails() -> None:
    with pytest.raises(KeyError), clock.shift(3600):
        raise KeyError
    assert clock.now() - datetime.now(UTC) < timedelta(seconds=5)
