"""Every setting of a deployer: name, kind, default and what it is for."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from studio import env


class Command(BaseCommand):
    help = "Print the settings that the environment decides."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--markdown", action="store_true", help="As docs/configuration.md.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print them as a table for the eye, or as the page of the documentation."""
        if options["markdown"]:
            self.stdout.write(page(), ending="")
            return
        for variable in env.DECLARED.values():
            default = variable.default or "-"
            self.stdout.write(f"{variable.name:32} {default:24} {variable.help}")


def page() -> str:
    """The page of the documentation, whole."""
    lines = [
        "# Configuration",
        "",
        "Every variable is read in `studio/settings.py`. `NAME_FILE` may name a file that holds",
        "the value. A `.env` file beside `manage.py` is read too; the real environment wins.",
        "This page is written by `manage.py config --markdown`.",
        "",
        "| variable | kind | default | what it is for |",
        "|---|---|---|---|",
    ]
    root = str(settings.BASE_DIR)
    for variable in env.DECLARED.values():
        default = variable.default.replace(root + "/", "")
        shown = f"`{default}`" if default else ""
        lines.append(f"| `{variable.name}` | {variable.kind} | {shown} | {variable.help} |")
    return "\n".join(lines) + "\n"
