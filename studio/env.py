"""Reads the environment: each variable is declared once with type, default and help.

The only reader of os.environ. Knows nothing of Django; settings.py declares, docs are generated.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote, urlsplit

T = TypeVar("T")
TRUE, FALSE = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


class BadVariable(Exception):
    """A variable has a value that cannot be read. The message names it and never shows a secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    name: str
    kind: str
    default: str
    help: str
    secret: bool


DECLARED: dict[str, Variable] = {}


def flag(text: str) -> bool:
    """Read a yes or no; raises ValueError on anything else."""
    lowered = text.strip().lower()
    if lowered in TRUE:
        return True
    if lowered in FALSE:
        return False
    raise ValueError("expected 1 or 0")


def words(text: str) -> list[str]:
    """Read a comma list, blanks dropped."""
    return [word.strip() for word in text.split(",") if word.strip()]


KINDS: dict[Callable[[str], Any], str] = {
    str: "text",
    int: "number",
    flag: "1 or 0",
    words: "comma list",
    Path: "path",
}


def load_dotenv(path: Path) -> None:
    """Fill in variables from a `.env` file; the real environment wins."""
    if not path.is_file():
        return
    for line in path.read_text().splitlines():
        name, found, value = line.strip().removeprefix("export ").partition("=")
        if found and not name.startswith("#"):
            os.environ.setdefault(name.strip(), value.strip().strip("\"'"))


def var(name: str, read: Callable[[str], T], default: str, help: str, *, secret: bool = False) -> T:
    """Declare and read one variable; `NAME_FILE` may name a file that holds the value.

    Raises BadVariable with the variable's name; the value of a secret is never shown.
    """
    kind = KINDS.get(read, "text")
    DECLARED[name] = Variable(name=name, kind=kind, default=default, help=help, secret=secret)
    text = os.environ.get(name)
    if text is None and (file := os.environ.get(f"{name}_FILE")):
        try:
            text = Path(file).read_text().strip()
        except OSError as error:
            raise BadVariable(f"{name}_FILE: cannot read it ({error.strerror})") from None
    try:
        return read(default if text is None else text)
    except ValueError as error:
        shown = "" if secret else f" (it is {text!r})"
        raise BadVariable(f"{name}: {error}{shown}") from None


def unknown_names() -> list[tuple[str, str]]:
    """`STUDIO_*` variables that nobody declared, each with the nearest declared name or ''."""
    found = []
    for name in sorted(os.environ):
        if not name.startswith("STUDIO_") or name.removesuffix("_FILE") in DECLARED:
            continue
        near = difflib.get_close_matches(name, DECLARED, 1)
        found.append((name, near[0] if near else ""))
    return found


def database(url: str, folder: Path) -> dict[str, Any]:
    """Turn a database URL into Django's dictionary; '' means SQLite inside `folder`."""
    parts = urlsplit(url)
    if parts.scheme in ("", "sqlite"):
        path = unquote(parts.path).lstrip("/")
        name = (
            path if path == ":memory:" else Path("/" + path if path else folder / "studio.sqlite3")
        )
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": name,
            "OPTIONS": {
                # IMMEDIATE serialises writers, so claims need no row locks. synchronous stays at
                # FULL, SQLite's default: a lost commit could be an intent, and be paid twice.
                "transaction_mode": "IMMEDIATE",
                "timeout": 20,
                "init_command": (
                    "PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL;"
                    "PRAGMA mmap_size=134217728;PRAGMA cache_size=-20000;"
                ),
            },
        }
    if parts.scheme not in ("postgres", "postgresql"):
        raise BadVariable("STUDIO_DATABASE_URL: expected sqlite:/// or postgres://")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": dict(parse_qsl(parts.query)),
    }
