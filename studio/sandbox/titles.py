"""The words burnt into a picture: a caption below, and above it the slate that says what made it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont

# Pillow carries a Latin face; other scripts are looked for where systems keep them.
OTHER_SCRIPTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/System/Library/Fonts/Supplemental/Arial Unicode.ttf",
    "C:/Windows/Fonts/msyh.ttc",
    "C:/Windows/Fonts/arial.ttf",
)


@cache
def font(size: int, *, latin: bool = True) -> Font:
    """A face of that size in pixels."""
    found = None if latin else next((p for p in OTHER_SCRIPTS if Path(p).exists()), None)
    return ImageFont.truetype(found, size) if found else ImageFont.load_default(size)


def _latin(text: str) -> bool:
    return all(ord(letter) < 0x180 or letter in "‘’“”–—…€" for letter in text)


def titles(size: tuple[int, int], caption: str, slate: str) -> Image.Image:
    """A transparent sheet of that size (pixels) with the caption and the slate on it."""
    width, height = size
    unit = min(width, height)
    sheet = Image.new("RGBA", size, (0, 0, 0, 0))
    pen = ImageDraw.Draw(sheet)
    if caption:
        face = font(max(10, round(unit * 0.044)), latin=_latin(caption))
        lines = _wrapped(pen, caption, face, width * 0.88, most=3)
        step = face.getbbox("Ag")[3] * 1.28 if isinstance(face, ImageFont.FreeTypeFont) else 16
        _scrim(sheet, round(step * len(lines) + unit * 0.13))
        top = height - unit * 0.055 - step * len(lines)
        _write(pen, (width * 0.06, top), lines, face, step, (255, 255, 255, 245))
    face = font(max(8, round(unit * 0.0225)), latin=_latin(slate))
    step = unit * 0.032
    lines = _wrapped(pen, slate, face, width * 0.92 - unit * 0.03, most=5)
    wide = max((pen.textlength(line, face) for line in lines), default=0)
    left, top = unit * 0.035, unit * 0.032
    pad = unit * 0.013
    box = (left - pad, top - pad, left + wide + pad, top + step * len(lines) + pad * 0.4)
    pen.rounded_rectangle(box, pad * 1.1, (8, 10, 16, 120))
    _write(pen, (left, top), lines, face, step, (255, 255, 255, 215))
    return sheet


def _write(
    pen: ImageDraw.ImageDraw,
    at: tuple[float, float],
    lines: list[str],
    face: Font,
    step: float,
    colour: tuple[int, int, int, int],
) -> None:
    for number, line in enumerate(lines):
        pen.text((at[0], at[1] + number * step), line, colour, face)


def _scrim(sheet: Image.Image, height: int) -> None:
    """Darken the foot of the sheet softly, so that white words are legible on snow."""
    height = min(height, sheet.height)
    ramp = Image.linear_gradient("L").resize((sheet.width, height))
    shade = Image.new("RGBA", ramp.size, (6, 8, 14, 255))
    shade.putalpha(ramp.point([round(178 * (v / 255) ** 0.8) for v in range(256)]))
    sheet.paste(shade, (0, sheet.height - height))


def _wrapped(pen: ImageDraw.ImageDraw, text: str, face: Font, width: float, most: int) -> list[str]:
    """Break text into at most so many lines of that width; what is left over ends in an ellipsis."""
    lines = [""]
    for word in _pieces(pen, text, face, width):
        longer = f"{lines[-1]} {word}".strip()
        if pen.textlength(longer, face) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    if len(lines) > most:
        last = lines[most - 1]
        while last and pen.textlength(last + "…", face) > width:
            last = last[:-1]
        lines = [*lines[: most - 1], last.rstrip() + "…"]
    return lines


def _pieces(pen: ImageDraw.ImageDraw, text: str, face: Font, width: float) -> list[str]:
    """Words, and words too long for a line cut into parts that fit."""
    pieces = []
    for word in text[:2000].split():
        while pen.textlength(word, face) > width:
            cut = max(1, int(len(word) * width / pen.textlength(word, face)) - 1)
            pieces.append(word[:cut])
            word = word[cut:]
        pieces.append(word)
    return pieces
