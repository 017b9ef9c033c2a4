"""`python -m tests.chaos`: many more kills than `make test` has time for. The seed is printed.

KILLS, ORDERS and CHAOS_SEED from the environment win; CHAOS_SEED replays a run's dice.
"""

from __future__ import annotations

import os
import subprocess
import sys


def main() -> int:
    """300 kills and 1,000 orders on each database."""
    env = {"KILLS": "300", "ORDERS": "1000", "REQUIRE_POSTGRES": "1", **os.environ}
    command = [sys.executable, "-m", "pytest", "-q", "-m", "kills", "-o", "timeout=3600"]
    return subprocess.call([*command, "tests/kills", *sys.argv[1:]], env=env)


if __name__ == "__main__":
    sys.exit(main())
