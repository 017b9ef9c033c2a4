"""Keeps keys, jobs and records over a restart, one JSON document each, in one SQLite file."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Store:
    """Documents by kind and name. Without a file everything is forgotten at the end."""

    def __init__(self, path: Path | None) -> None:
        self._lock = threading.Lock()
        self._db = sqlite3.connect(
            path or ":memory:", check_same_thread=False, isolation_level=None
        )
        self._kept = path is not None
        if self._kept:
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS document"
            " (kind TEXT, name TEXT, body TEXT, PRIMARY KEY (kind, name)) WITHOUT ROWID"
        )

    def put(self, kind: str, name: str, body: dict[str, Any]) -> None:
        """Write one document."""
        if not self._kept:
            return
        with self._lock:
            self._db.execute(
                "INSERT OR REPLACE INTO document VALUES (?, ?, ?)", (kind, name, json.dumps(body))
            )

    def all(self, kind: str) -> Iterator[dict[str, Any]]:
        """Every document of a kind, by name."""
        with self._lock:
            rows = self._db.execute(
                "SELECT body FROM document WHERE kind = ? ORDER BY name", (kind,)
            ).fetchall()
        for (body,) in rows:
            yield json.loads(body)

    def clear(self) -> None:
        """Forget all documents."""
        with self._lock:
            self._db.execute("DELETE FROM document")

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()
