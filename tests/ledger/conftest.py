"""Purses to play with, and a database that other processes can open."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator
from multiprocessing.process import BaseProcess
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connections

from studio.ledger import verbs
from studio.ledger.audit import audit
from studio.ledger.models import Unit

Start = Callable[..., BaseProcess]


@pytest.fixture
def pool() -> str:
    """A pool of 100 credits at a vendor."""
    verbs.open_account("pool", unit=Unit.MILLI, enforce=True)
    verbs.top_up("pool", 100_000, key="pool")
    return "pool"


@pytest.fixture
def budget() -> str:
    """A person's month: 10 of the currency."""
    verbs.open_account("budget", unit=Unit.MICROS, enforce=True)
    verbs.top_up("budget", 10_000_000, key="budget")
    return "budget"


@pytest.fixture
def treasurer() -> Any:
    return get_user_model().objects.create(username="treasurer")


@pytest.fixture
def balanced() -> Iterator[None]:
    """After the test the book must add up."""
    yield
    assert audit().drift == ()


@pytest.fixture
def start(transactional_db: None) -> Iterator[Start]:
    """Start a function in a process of its own, on the database of this test."""
    fork = multiprocessing.get_context("fork")
    processes: list[BaseProcess] = []

    def start(function: Callable[..., None], *args: Any) -> BaseProcess:
        connections["default"].close()  # no connection survives a fork
        process = fork.Process(target=function, args=args)
        process.start()
        processes.append(process)
        return process

    yield start
    for process in processes:
        process.kill()
        process.join()
