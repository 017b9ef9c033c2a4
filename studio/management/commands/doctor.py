"""Can this studio run, and is it at work? One line a finding; exit 1 when something is broken."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from studio import env, vault
from studio.ledger.audit import audit
from studio.models import Account, Key, KeyState
from studio.pipeline.health import health
from studio.vendors import VENDORS

Finding = tuple[str, str]  # ("ok" | "warn" | "bad", sentence)


class Command(BaseCommand):
    help = "Look at everything that can be wrong, and say what to do."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Print every finding; exit 1 if any is bad."""
        marks = {"ok": self.style.SUCCESS, "warn": self.style.WARNING, "bad": self.style.ERROR}
        broken = False
        for level, sentence in findings():
            self.stdout.write(f"{marks[level](f'{level:5}')} {sentence}")
            broken |= level == "bad"
        if broken:
            sys.exit(1)


def findings() -> Iterator[Finding]:
    """Everything, one after the other; what cannot be looked at ends the list."""
    yield "ok", f"Rushes {settings.VERSION} on Python {sys.version.split()[0]}"
    for name, near in env.unknown_names():
        hint = f"; did you mean {near}?" if near else ""
        yield "warn", f"{name} is not a setting{hint}"
    for message in checks.run_checks():
        yield ("bad" if message.level >= checks.ERROR else "warn"), f"{message.id} {message.msg}"
    try:
        pending = pending_migrations()
    except DatabaseError as error:
        yield "bad", f"The database does not answer ({type(error).__name__})"
        return
    if pending:
        yield "bad", f"{pending} migrations are pending: python manage.py migrate"
        return
    yield "ok", f"The database answers ({connection.vendor})"
    yield from vault_findings()
    yield from account_findings()
    yield from work_findings()
    drift = audit().drift
    yield (
        ("bad", f"The ledger drifts in {len(drift)} places")
        if drift
        else ("ok", "The ledger adds up")
    )


def pending_migrations() -> int:
    """How many migrations the database lacks."""
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def vault_findings() -> Iterator[Finding]:
    """Every key that is in use must open."""
    for key in Key.objects.exclude(state=KeyState.REVOKED).select_related("account"):
        try:
            key.open()
        except vault.VaultError as error:
            yield "bad", f"The key {key} does not open: {type(error).__name__}"


def account_findings() -> Iterator[Finding]:
    """What each vendor can be ordered with."""
    live = False
    for vendor, adapter in VENDORS.items():
        accounts = Account.objects.serving(vendor)
        first = accounts.first()
        if first is None:
            yield "warn", f"{adapter.label}: no account. python manage.py account add {vendor} …"
            continue
        live |= not first.sandbox
        kind = "sandbox, nothing is spent" if first.sandbox else "live"
        paused = f", paused: {first.get_pause_display()}" if first.pause else ""
        yield "ok", f"{adapter.label}: {first.name} ({kind}{paused})"
    host = urlsplit(settings.STUDIO_PUBLIC_URL).hostname or ""
    if live and not host:
        yield "warn", "STUDIO_PUBLIC_URL is not set: most vendors cannot fetch your pictures"


def work_findings() -> Iterator[Finding]:
    """Is anybody at work, and is there room?"""
    found = health(fresh=True)
    for banner in found.banners:
        yield "warn", banner.sentence
    if found.worker:
        yield "ok", "A worker is running"
    yield "ok", f"{found.disk_free // 1_000_000_000} GB free for files"
