"""System checks: what can be wrong before the first click, each with a hint and a stable id."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register(Tags.database)
def check_database(**kwargs: Any) -> list[CheckMessage]:
    """SQLite must serialise its writers: claims and holds rely on it."""
    database = settings.DATABASES["default"]
    if "sqlite3" not in database["ENGINE"]:
        return []
    if database.get("OPTIONS", {}).get("transaction_mode") != "IMMEDIATE":
        return [
            Error(
                "SQLite runs without IMMEDIATE transactions.",
                hint='Set OPTIONS["transaction_mode"] = "IMMEDIATE".',
                id="studio.E001",
            )
        ]
    return []


@register()
def check_queue(**kwargs: Any) -> list[CheckMessage]:
    """The queue's entries must live in the database of our rows, and outlast a task."""
    queue = settings.Q_CLUSTER
    found: list[CheckMessage] = []
    if queue.get("orm") != "default":
        found.append(
            Error(
                "The queue is not on the default database.",
                hint='Set Q_CLUSTER["orm"] = "default": entries commit together with rows.',
                id="studio.E002",
            )
        )
    if queue["timeout"] >= queue["retry"]:
        found.append(
            Error(
                "A task may run longer than the queue waits before it repeats it.",
                hint='Keep Q_CLUSTER["timeout"] below Q_CLUSTER["retry"].',
                id="studio.E003",
            )
        )
    return found


@register(Tags.security, deploy=True)
def check_production(**kwargs: Any) -> list[CheckMessage]:
    """What must not be true where others can reach the studio."""
    found: list[CheckMessage] = []
    if settings.STUDIO_SANDBOX:
        found.append(
            Warning(
                "The sandbox is on: its results are not real.",
                hint="Unset STUDIO_SANDBOX.",
                id="studio.W001",
            )
        )
    if not settings.STUDIO_VAULT_KEYS:
        found.append(
            Warning(
                "The vault's key lies beside the data it seals.",
                hint="Give STUDIO_VAULT_KEYS (or STUDIO_VAULT_KEYS_FILE) from outside.",
                id="studio.W002",
            )
        )
    if settings.STUDIO_PUBLIC_URL.startswith("http://"):
        found.append(
            Warning(
                "STUDIO_PUBLIC_URL is not https: links travel in the clear.",
                hint="Put a TLS front server before the studio.",
                id="studio.W003",
            )
        )
    return found
