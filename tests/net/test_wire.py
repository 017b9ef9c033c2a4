"""One socket: every wait ends at its moment, or when patience does."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import httpcore
import pytest

from studio import clock
from studio.net.wire import Wire


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


def test_no_single_wait_outlasts_the_patience(pair) -> None:
    ours, theirs = pair
    wire = Wire(ours, patience=0.1)
    theirs.sendall(b"abc")
    assert wire.read(9, timeout=clock.monotonic() + 60) == b"abc"
    start = time.monotonic()
    with pytest.raises(httpcore.ReadTimeout):
        wire.read(9, timeout=clock.monotonic() + 60)
    assert time.monotonic() - start < 10


def test_a_write_to_one_who_does_not_read_ends_at_its_moment(pair) -> None:
    wire = Wire(pair[0])
    with pytest.raises(httpcore.WriteTimeout):
        wire.write(bytes(10_000_000), timeout=clock.monotonic() + 0.2)


@pytest.mark.parametrize("moment", [None, 0.0])
def test_without_a_moment_or_after_it_nothing_is_read_or_written(pair, moment) -> None:
    ours, theirs = pair
    wire = Wire(ours)
    theirs.sendall(b"abc")
    with pytest.raises(httpcore.ReadTimeout):
        wire.read(9, timeout=moment)
    with pytest.raises(httpcore.WriteTimeout):
        wire.write(b"abc", timeout=moment)


def test_a_clock_that_jumps_ahead_ends_every_wait_to_come(pair) -> None:
    moment = clock.monotonic() + 60
    with clock.shift(61), pytest.raises(httpcore.ReadTimeout):
        Wire(pair[0]).read(9, timeout=moment)
