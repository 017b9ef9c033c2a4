"""Paints a landscape out of a prompt, for orders that bring no picture of their own.

It knows words, colours and shapes; it knows no vendor and no film.
"""

from __future__ import annotations

import hashlib
import math
import re
from random import Random

from PIL import Image, ImageDraw, ImageOps

from studio.sandbox.brushes import LIGHTS, Light, brush, glow, mix, stars
from studio.sandbox.grounds import GROUNDS

HOURS = (
    ("night", r"night|neon|dark|moon|star|aurora|midnight|space|galaxy|cosmic|planet"),
    ("dusk", r"sunset|sunrise|dusk|dawn|golden|evening|warm|fire|autumn|desert"),
    ("mist", r"mist|fog|rain|cloud|winter|snow|grey|gray|storm"),
    ("day", r"day|sunny|summer|morning|spring|grass|blue"),
)
PLACES = (
    ("space", r"space|galaxy|planet|cosmic|astronaut|rocket|orbit|nebula"),
    ("city", r"city|street|neon|tower|building|skyline|urban|office|tokyo|new york|house|hall"),
    ("sea", r"sea|ocean|beach|wave|lake|river|water|boat|ship|island|harbou?r|coast|fish"),
    ("peaks", r"mountain|snow|peak|alp|glacier|cliff|hiker|canyon"),
    ("forest", r"forest|tree|wood|jungle|pine|deer|wolf|fox|bear"),
    ("dunes", r"desert|dune|sand|camel|mars"),
    ("hills", r"hill|field|grass|meadow|valley|butterfly|flower|farm|horse|village|road"),
)


def scene(prompt: str, width: int, height: int) -> Image.Image:
    """The picture of a prompt: always the same for the same words and size (pixels)."""

    words = prompt.lower()
    rng = Random(hashlib.sha256(words.encode()).digest())
    hour = next((name for name, pattern in HOURS if re.search(rf"\b(?:{pattern})", words)), "")
    hour = hour or rng.choice(("night", "dusk", "day", "mist", "dusk"))
    place = _word(words, PLACES) or rng.choice(("sea", "peaks", "hills", "dunes", "forest"))
    light = LIGHTS[hour]
    picture = _sky(light, width, height)
    stars(picture, light, rng)
    if "aurora" in words or "northern light" in words:
        _aurora(picture, rng)
    _lamp(picture, light, rng)
    if not light.stars or hour == "dusk":
        _clouds(picture, light, rng)
    GROUNDS[place](picture, light, rng)
    return Image.composite(picture, Image.new("RGB", picture.size), _vignette(width, height))


def _word(words: str, table: tuple[tuple[str, str], ...]) -> str:
    """The name in the table whose pattern comes first in the words, or nothing."""
    found = [
        (match.start(), name)
        for name, pattern in table
        if (match := re.search(rf"\b(?:{pattern})", words))
    ]
    return min(found)[1] if found else ""


def _sky(light: Light, width: int, height: int) -> Image.Image:

    ramp = Image.linear_gradient("L").resize((width, height))
    # The horizon's colour is reached at two thirds of the height; the ground covers the rest.
    ramp = ramp.point([min(255, round(v * 1.5)) for v in range(256)])
    return ImageOps.colorize(ramp, light.top, light.horizon, light.middle, midpoint=150)


def _vignette(width: int, height: int) -> Image.Image:

    ramp = Image.radial_gradient("L").resize((width, height))
    return ramp.point([255 - round(70 * (v / 255) ** 2.4) for v in range(256)])


def _lamp(picture: Image.Image, light: Light, rng: Random) -> None:
    x = picture.width * rng.uniform(0.58, 0.78)
    y, r = picture.height * light.height, picture.height * 0.055

    def halo(pen: ImageDraw.ImageDraw) -> None:
        for size, strength in ((5.5, 46), (3.2, 80), (1.8, 130)):
            box = ((x - r * size) / 4, (y - r * size) / 4, (x + r * size) / 4, (y + r * size) / 4)
            pen.ellipse(box, strength)

    glow(picture, halo, light.lamp, 70)
    brush(picture).ellipse((x - r, y - r, x + r, y + r), light.lamp)


def _clouds(picture: Image.Image, light: Light, rng: Random) -> None:
    width, height = picture.width / 4, picture.height / 4

    def puffs(pen: ImageDraw.ImageDraw) -> None:
        for _ in range(7):
            x, y = rng.random() * width, rng.uniform(0.06, 0.42) * height
            for _ in range(9):
                w, h = rng.uniform(0.05, 0.13) * width, rng.uniform(0.008, 0.022) * height
                dx, dy = rng.gauss(0, 0.06) * width, rng.gauss(0, 0.012) * height
                pen.ellipse((x + dx - w, y + dy - h, x + dx + w, y + dy + h), rng.randint(60, 150))

    glow(picture, puffs, mix(light.horizon, (255, 255, 255), 0.45), 22)


def _aurora(picture: Image.Image, rng: Random) -> None:
    width, height = picture.width / 4, picture.height / 4
    for colour, base in (((70, 240, 170), 0.3), ((120, 110, 250), 0.2), ((60, 220, 220), 0.36)):
        phase, bend = rng.random() * 6.28, rng.uniform(1.2, 2.4)

        def curtain(
            pen: ImageDraw.ImageDraw, base: float = base, phase: float = phase, bend: float = bend
        ) -> None:
            for step in range(160):
                x = step / 160 * width
                y = height * (base + 0.09 * math.sin(bend * step / 26 + phase))
                tall = height * (0.13 + 0.07 * math.sin(step / 5 + phase * 2))
                pen.rectangle((x, y - tall, x + width / 150, y), 105)

        glow(picture, curtain, colour, 34)
