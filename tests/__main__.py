"""`python -m tests`: everything on SQLite, then money, claims and races again on PostgreSQL.

Looks for what the machine has. What is missing is said loudly; REQUIRE_BROWSER=1 and
REQUIRE_POSTGRES=1 make it a failure instead.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import psycopg

DEFAULT = "postgres://postgres@127.0.0.1:5432/test"


def main() -> int:
    """Run both; the exit code of the first that failed."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    url = os.environ.get("TEST_DATABASE_URL", DEFAULT)
    missing = []
    if not chromium:
        missing.append(("browser tests", "no Chromium", "REQUIRE_BROWSER"))
    if not answers(url):
        missing.append(
            ("tests on PostgreSQL", "no answer at TEST_DATABASE_URL", "REQUIRE_POSTGRES")
        )
    for what, why, switch in missing:
        print(f"\n!!! {what} do NOT run: {why}\n", flush=True)
        if os.environ.get(switch) == "1":
            print(f"!!! {switch}=1: that is a failure")
            return 1
    asked = sys.argv[1:]
    code = pytest([*asked, *([] if chromium else ["-m", "not browser"])], {})
    if code == 0 and answers(url):
        print("\n--- the same on PostgreSQL: money, claims, races ---\n", flush=True)
        code = pytest(["-m", "both", *asked], {"STUDIO_DATABASE_URL": url})
    for what, why, _switch in missing:
        print(f"\n!!! {what} did NOT run: {why}")
    return code


def pytest(arguments: list[str], environment: dict[str, str]) -> int:
    """One run of pytest in a process of its own."""
    command = [sys.executable, "-m", "pytest", *arguments]
    return subprocess.call(command, env={**os.environ, **environment})


def answers(url: str) -> bool:
    """Does a PostgreSQL server answer at this address?"""
    try:
        psycopg.connect(url.replace("postgres://", "postgresql://", 1), connect_timeout=3).close()
    except psycopg.Error:
        return False
    return True


if __name__ == "__main__":
    sys.exit(main())
