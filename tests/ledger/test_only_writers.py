"""Nobody but the ledger itself writes the ledger."""

from __future__ import annotations

import re
from pathlib import Path

import studio

ROOT = Path(studio.__file__).parent
OUTSIDE = [
    path
    for path in ROOT.rglob("*.py")
    if not path.is_relative_to(ROOT / "ledger") and "ledger" in path.read_text()
]
IMPORTED = re.compile(r"from studio\.ledger\.models import \(?([\w\s,]+)")
WRITES = r"\.(\w*create|bulk_update|update|update_or_create|delete|save)\("


def test_nobody_else_uses_the_way_the_book_is_written():
    assert [path for path in OUTSIDE if "ledger.book" in path.read_text()] == []


def test_nobody_else_names_the_tables_in_sql():
    table = re.compile(r"\bledger_(account|hold|event|entry)\b")
    assert [path for path in OUTSIDE if table.search(path.read_text())] == []


def test_nobody_else_writes_through_the_models():
    offenders = []
    for path in OUTSIDE:
        text = path.read_text()
        names = {name for found in IMPORTED.findall(text) for name in re.findall(r"\w+", found)}
        tables = "|".join(names & {"Account", "Hold", "Event", "Entry"})
        if tables and re.search(rf"\b({tables})\b(\.objects)?[^\n]*{WRITES}", text):
            offenders.append(path)
    assert offenders == []
