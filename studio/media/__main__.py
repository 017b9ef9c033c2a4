"""The child process: `__main__.py OPERATION SOURCE STAGE CPU_SECONDS [WORDS]`, one JSON object out.

Limits itself before it imports a decoder. Knows no other way out than an answer or death.
"""

from __future__ import annotations

import errno
import json
import sys
from importlib import import_module
from pathlib import Path
from typing import Any


def main(arguments: list[str]) -> dict[str, Any]:
    """Run one operation and return the answer: {"facts" | "refused" | "full" | "broken": ...}."""
    # Isolated mode leaves the current directory and our own out of the path, as it should.
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    from studio.media import limits
    from studio.media.errors import Refused

    operation, source, stage, cpu, *words = arguments
    limits.enclose(int(cpu))
    try:
        decoder = import_module(f"studio.media.decoders.{operation}")
        return {"facts": decoder.take(Path(source), Path(stage), *words)}
    except Refused as refusal:
        return {"refused": refusal.rule}
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            return {"full": ""}
        if error.errno == errno.EFBIG:
            return {"refused": "too-large"}
        return {"broken": f"{type(error).__name__} {errno.errorcode.get(error.errno or 0, '')}"}
    except Exception as error:  # the edge: hostile bytes raise anything
        return {"broken": type(error).__name__}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1:])))
