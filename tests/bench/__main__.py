"""`python -m tests.bench [NAME ...]`: prints one JSON line per figure.

Each figure is a ratio or a count measured against its limit or its peer in the same run.
"""

from __future__ import annotations

import subprocess
import sys

PARTS = ("media", "gallery", "live", "poll")


def main() -> int:
    """Run every part in a process of its own; the exit code counts those that failed."""
    wanted = sys.argv[1:] or PARTS
    return sum(
        subprocess.call([sys.executable, "-m", f"tests.bench.{part}"]) != 0 for part in wanted
    )


if __name__ == "__main__":
    sys.exit(main())
