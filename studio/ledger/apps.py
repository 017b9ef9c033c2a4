"""The ledger's Django app: its tables, and the triggers that keep two of them append-only."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.models.signals import post_migrate


class LedgerConfig(AppConfig):
    name = "studio.ledger"
    label = "ledger"
    verbose_name = "Ledger"

    def ready(self) -> None:
        """Put the triggers back after every `migrate`.

        The one signal of the project: on SQLite an ordinary AlterField rebuilds the table and
        silently drops its triggers, so a migration that created them once would not be enough.
        """
        post_migrate.connect(_install_triggers, sender=self, dispatch_uid="ledger.triggers")


def _install_triggers(*, using: str, **kwargs: Any) -> None:
    from studio.ledger import triggers

    triggers.install(connections[using])
