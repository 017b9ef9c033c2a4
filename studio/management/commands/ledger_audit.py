"""Re-adds the book and reports every drift; exit status 1 when there is any."""

from __future__ import annotations

import json
import sys
from argparse import ArgumentParser
from dataclasses import asdict
from typing import Any

from django.core.management.base import BaseCommand

from studio.ledger.audit import audit


class Command(BaseCommand):
    help = "Recompute the ledger from its entries and compare. Exits with 1 on any drift."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        found = audit()
        if options["json"]:
            self.stdout.write(json.dumps({"ok": found.ok, **asdict(found)}))
        else:
            for drift in found.drift:
                self.stdout.write(str(drift))
            verdict = "adds up" if found.ok else f"{len(found.drift)} drifts"
            self.stdout.write(f"{found.accounts} accounts, {found.entries} entries: {verdict}")
        if not found.ok:
            sys.exit(1)
