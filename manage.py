#!/usr/bin/env python3
"""The operator's door. Falls back to the project's own .venv when Django is not importable."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path


def main() -> None:
    venv_python = Path(__file__).resolve().parent / ".venv" / "bin" / "python"
    if importlib.util.find_spec("django") is None:
        if not venv_python.exists() or Path(sys.prefix) == venv_python.parent.parent:
            sys.exit("Django is not installed here. Run `make run` once: it sets everything up.")
        os.execv(venv_python, [str(venv_python), *sys.argv])  # noqa: S606 our own interpreter
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
