"""Every style tool is a test, so that one command checks all."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
TEMPLATES = [str(path) for path in sorted((ROOT / "templates").rglob("*.html"))]


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["ruff", "check", "."], id="ruff finds no fault"),
        pytest.param(["ruff", "format", "--check", "."], id="ruff would format nothing"),
        pytest.param(["mypy"], id="mypy is strict and content"),
        pytest.param(["lint-imports"], id="imports only point down"),
        pytest.param(["djade", "--check", "--target-version", "5.2", *TEMPLATES], id="djade"),
        pytest.param(["djhtml", "--check", "--tabwidth", "2", *TEMPLATES], id="djhtml"),
    ],
)
def test_style_tool_is_content(command: list[str]) -> None:
    tool = [str(BIN / command[0]), *command[1:]]
    done = subprocess.run(tool, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
