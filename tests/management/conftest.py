"""Commands as a shell would call them: what they print, and how they end."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.core.management import CommandError, call_command


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a command printed, and its exit code."""

    out: str
    error: str
    code: int

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def run() -> Callable[..., Outcome]:
    """`run("account", "list")`; a CommandError is exit code 1 with its text, as manage.py does."""

    def ran(*arguments: str) -> Outcome:
        out = io.StringIO()
        try:
            call_command(*arguments, stdout=out)
        except CommandError as error:
            return Outcome(out=out.getvalue(), error=str(error), code=error.returncode)
        except SystemExit as ended:
            return Outcome(out=out.getvalue(), error="", code=int(ended.code or 0))
        return Outcome(out=out.getvalue(), error="", code=0)

    return ran
