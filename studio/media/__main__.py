"""The child process: `__main__.py OPERATION SOURCE STAGE CPU_SECONDS [WORDS]`, one JSON object out.

Limits itself before it imports a decoder. Knows no other way out than an answer or death; a full
disk takes no answer either, so that is told by the exit status.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

FULL = frozenset({errno.ENOSPC, errno.EDQUOT})


def main(arguments: list[str]) -> dict[str, Any]:
    """Run one operation and return the answer: {"facts" | "refused" | "broken": ...}.

    Raises `OSError` when the disk is full, and nothing else.
    """
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
        if error.errno in FULL:
            raise
        if error.errno == errno.EFBIG:
            return {"refused": "too-large"}
        return {"broken": f"{type(error).__name__} {errno.errorcode.get(error.errno or 0, '')}"}
    except Exception as error:  # the edge: hostile bytes raise anything
        return {"broken": type(error).__name__}


if __name__ == "__main__":
    try:
        sys.stdout.write(json.dumps(main(sys.argv[1:])))
        sys.stdout.flush()
    except OSError as error:
        # At once, because Python would try in vain to flush the answer again.
        os._exit(errno.ENOSPC if error.errno in FULL else 1)
