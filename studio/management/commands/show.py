"""One generation as JSON: the same object that `generate --json` prints."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.core.management.base import BaseCommand, CommandError, CommandParser

from studio.models import Generation, Stage


class Command(BaseCommand):
    help = "Show one generation."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", type=UUID)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, id: UUID, **options: Any) -> None:
        """Print it. Raises CommandError for an id that is not here."""
        found = Generation.objects.drawn().filter(uuid=id).first()
        if found is None:
            raise CommandError(f"There is no generation {id}.")
        facts = describe(found)
        if options["json"]:
            self.stdout.write(json.dumps(facts))
            return
        for name, value in facts.items():
            self.stdout.write(f"{name:8} {value}")


def describe(generation: Generation) -> dict[str, Any]:
    """The generation as plain JSON; credits as the vendor counts them, `file` as a path or name."""
    kept = getattr(generation, "video", None) or generation.made_images.first()
    return {
        "id": str(generation.uuid),
        "stage": generation.stage,
        "vendor": generation.vendor,
        "model": generation.model,
        "ticket": generation.ticket or None,
        "sandbox": generation.sandbox,
        "credits": {
            "asked": credits(generation.asked_milli),
            "charged": credits(generation.charged_milli),
        },
        "file": place(kept.file) if kept and generation.stage == Stage.READY else None,
        "sha256": kept.sha256 if kept and generation.stage == Stage.READY else None,
        "error": error(generation),
    }


def error(generation: Generation) -> dict[str, str] | None:
    """What went wrong, None when nothing did."""
    if not generation.fault:
        return None
    return {"class": generation.fault, "message": generation.fault_message}


def credits(milli: int | None) -> int | float | None:
    """Thousandths as credits; whole numbers stay whole."""
    if milli is None:
        return None
    return milli // 1000 if milli % 1000 == 0 else milli / 1000


def place(name: str) -> str:
    """Where the file lies: a path on this disk, or its name in the store."""
    try:
        return default_storage.path(name)
    except NotImplementedError:
        return name
