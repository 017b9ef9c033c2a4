"""A pytest plugin: lets transactional tests empty the append-only tables of the ledger.

Django flushes the database after such a test; the triggers would refuse that. They are taken away
just before and stand again for the next test.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import TransactionTestCase

from studio.ledger import triggers


def drop(connection: BaseDatabaseWrapper) -> None:
    """Take the triggers away."""
    absent = triggers.missing(connection)
    with connection.cursor() as cursor:
        for name, (table, _) in triggers.wanted(connection).items():
            if name not in absent:
                on_table = "" if connection.vendor == "sqlite" else f" ON {table}"
                cursor.execute(f"DROP TRIGGER {name}{on_table}")


@pytest.fixture(autouse=True, scope="session")
def _triggers_step_aside_for_the_flush() -> Iterator[None]:
    flush = TransactionTestCase._fixture_teardown

    def flush_without_triggers(self: TransactionTestCase) -> None:
        for alias in self._databases_names(include_mirrors=False):
            drop(connections[alias])
        try:
            flush(self)
        finally:
            for alias in self._databases_names(include_mirrors=False):
                triggers.install(connections[alias])

    # TestCase rolls back instead and comes here only where there are no transactions
    TransactionTestCase._fixture_teardown = flush_without_triggers
    yield
    TransactionTestCase._fixture_teardown = flush
