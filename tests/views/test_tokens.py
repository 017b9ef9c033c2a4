"""Every colour of text can be read on every surface, in both themes: computed from the CSS."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "static" / "css"
TOKENS = (CSS / "tokens.css").read_text()
SURFACES = ("bg0", "bg1", "bg2", "bg3", "bg4")
TEXT = ("ink1", "ink2", "ink3", "amber", "teal", "coral", "green", "rose", "sky", "violet", "lime")
THEMES = ("light", "dark")


def colours(theme: str) -> dict[str, str]:
    """The token table of one theme; what is written once is the same in both."""
    found = dict(re.findall(r"--([\w-]+): (#[0-9A-F]{6});", TOKENS))
    pair = re.findall(r"--([\w-]+): light-dark\((#[0-9A-F]{6}), (#[0-9A-F]{6})\);", TOKENS)
    return found | {name: (light if theme == "light" else dark) for name, light, dark in pair}


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """WCAG 2.x contrast ratio of two colours."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_the_measure_itself_is_right() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01)


@pytest.mark.parametrize("theme", THEMES)
def test_text_passes_aa_on_every_surface(theme: str) -> None:
    table = colours(theme)
    low = {
        f"{ink} on {surface}": round(contrast(table[ink], table[surface]), 2)
        for ink, surface in product(TEXT, SURFACES)
        if contrast(table[ink], table[surface]) < 4.5
    }
    assert low == {}


@pytest.mark.parametrize("theme", THEMES)
def test_borders_of_controls_and_the_focus_ring_stand_out(theme: str) -> None:
    table = colours(theme)
    for line, surface in product(("edge", "amber"), SURFACES):
        assert contrast(table[line], table[surface]) >= 3, (line, surface)


def test_the_primary_button_can_be_read() -> None:
    table = colours("dark")
    assert contrast(table["on-amber"], table["amber-fill"]) >= 7


def test_the_media_well_is_dark_in_both_themes_and_its_words_can_be_read() -> None:
    assert colours("light")["well"] == colours("dark")["well"]
    dark = colours("dark")
    for ink in ("ink1", "ink2", "ink3", "teal", "coral", "amber"):
        assert contrast(dark[ink], dark["well"]) >= 4.5


def test_colours_are_written_in_the_tokens_only() -> None:
    """A hex colour elsewhere is a colour that no theme and no test knows."""
    known = set(colours("light").values()) | set(colours("dark").values())
    for sheet in CSS.glob("*.css"):
        text = re.sub(r"url\([^)]*\)", "", sheet.read_text())
        strange = set(re.findall(r"#[0-9A-Fa-f]{6}\b", text)) - known - {"#2A1D0B"}
        assert strange == set(), sheet.name


def test_every_token_that_is_used_exists() -> None:
    """A custom property that nobody sets renders as nothing, silently."""
    sheets = [sheet.read_text() for sheet in CSS.glob("*.css")]
    declared = {name for text in sheets for name in re.findall(r"(--[\w-]+)\s*:", text)}
    used = {name for text in sheets for name in re.findall(r"var\((--[\w-]+)\)", text)}
    assert used - declared == set()
