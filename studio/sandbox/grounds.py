"""What lies under the sky of a painted landscape: hills, peaks, woods, dunes, sea, city, space."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

from PIL import Image, ImageDraw, ImageFilter, ImageOps

from studio.sandbox.brushes import LIGHTS, Colour, Light, brush, glow, mix, stars


def _outline(width: int, rng: Random, rough: float) -> list[float]:
    """A line of heights around zero, one per four pixels: soft waves, or crags when rough."""
    waves = [
        (rng.uniform(0.6, 1.4) * 2**k, rng.random() * 6.28, 1 / 2 ** (k * (1.6 - rough)))
        for k in range(6)
    ]
    line = []
    for x in range(0, width + 8, 4):
        at = x / width * 6.28
        value = sum(size * math.sin(pace * at + phase) for pace, phase, size in waves)
        line.append(value / 2)
    return line


def _ridge(
    picture: Image.Image,
    colour: Colour,
    level: float,
    swing: float,
    rng: Random,
    rough: float = 0.1,
) -> list[tuple[float, float]]:
    """Fill everything under a wavy line at `level` (share of the height); gives the line."""
    height = picture.height
    line = [
        (i * 4.0, height * (level + swing * v))
        for i, v in enumerate(_outline(picture.width, rng, rough))
    ]
    brush(picture).polygon([(0, height), *line, (picture.width + 8, height)], colour)
    return line


def _hills(picture: Image.Image, light: Light, rng: Random) -> None:
    for step in range(5):
        share = 0.25 + step * 0.19
        colour = mix(light.horizon, light.near, share)
        _ridge(picture, colour, 0.6 + step * 0.085, 0.045, rng)


def _peaks(picture: Image.Image, light: Light, rng: Random) -> None:
    for step in range(4):
        colour = mix(light.horizon, light.near, 0.3 + step * 0.22)
        line = _ridge(picture, colour, 0.5 + step * 0.13, 0.12 - step * 0.015, rng, rough=0.75)
        if step < 2:  # snow lies on the far crests, thickest on the highest
            snow = mix(colour, (255, 255, 255), 0.62)
            crest = [(x, y + picture.height * max(0.0, 0.52 - y / picture.height)) for x, y in line]
            shade = [(x, y + (c - y) * 0.55) for (x, y), (_, c) in zip(line, crest, strict=True)]
            brush(picture).polygon([*line, *reversed(shade)], snow)


def _forest(picture: Image.Image, light: Light, rng: Random) -> None:
    pen, height = brush(picture), picture.height
    for step in range(5):
        colour = mix(light.horizon, light.near, 0.28 + step * 0.18)
        line = _ridge(picture, colour, 0.55 + step * 0.1, 0.03, rng)
        tall = height * (0.05 + step * 0.03)
        x = 0.0
        while x < picture.width:
            y = line[int(x / 4)][1]
            size = tall * rng.uniform(0.6, 1.25)
            for tier in range(3):
                top, wide = y - size * (1 - tier * 0.24), size * (0.1 + tier * 0.075)
                foot = top + size * 0.5
                pen.polygon([(x, top), (x - wide, foot), (x + wide, foot)], colour)
            pen.rectangle((x - size * 0.02, y - size * 0.2, x + size * 0.02, y + 4), colour)
            x += tall * rng.uniform(0.22, 0.6)


def _dunes(picture: Image.Image, light: Light, rng: Random) -> None:
    sand = mix(light.horizon, (214, 140, 84), 0.7)
    for step in range(5):
        colour = mix(sand, light.near, step * 0.16)
        line = _ridge(picture, colour, 0.58 + step * 0.09, 0.05, rng)
        drop = picture.height * (0.02 + step * 0.012)
        lit = [(x, y + drop * (1 + math.sin(x / picture.width * 9 + step))) for x, y in line]
        brush(picture).polygon([*line, *reversed(lit)], mix(colour, light.lamp, 0.22))


def _sea(picture: Image.Image, light: Light, rng: Random) -> None:

    width, height = picture.size
    _ridge(picture, mix(light.horizon, light.near, 0.35), 0.585, 0.025, rng, rough=0.4)
    level = round(height * 0.6)
    # Water is the sky upside down, pressed and darkened, with glints drawn over it.
    mirror = ImageOps.flip(picture.crop((0, 0, width, level))).resize((width, height - level))
    shade = Image.new("RGB", mirror.size, mix(light.middle, light.near, 0.75))
    picture.paste(Image.blend(mirror, shade, 0.45), (0, level))
    pen = brush(picture, "RGBA")
    for _ in range(900):
        depth = rng.random() ** 1.7
        y, x = level + depth * (height - level), rng.random() * width
        long = width * (0.008 + 0.05 * depth) * rng.uniform(0.4, 1.3)
        thick = max(1, round(height * (0.001 + 0.0035 * depth)))
        pen.rectangle((x - long, y, x + long, y + thick), (*light.lamp, rng.randint(8, 34)))
    if rng.random() < 0.7:
        _ridge(picture, light.near, 0.93, 0.035, rng, rough=0.3)


def _city(picture: Image.Image, light: Light, rng: Random) -> None:
    pen, (width, height) = brush(picture, "RGBA"), picture.size
    lamps = mix(light.lamp, (255, 196, 110), 0.7)
    for step in range(4):
        colour = mix(light.horizon, light.near, 0.35 + step * 0.21)
        x = -width * 0.02
        while x < width:
            wide = width * rng.uniform(0.03, 0.075) * (0.8 + step * 0.16)
            top = height * (0.7 - rng.random() ** 1.6 * (0.42 - step * 0.06) + step * 0.07)
            pen.rectangle((x, top, x + wide, height), colour)
            if rng.random() < 0.25:
                pen.rectangle((x + wide * 0.48, top - height * 0.05, x + wide * 0.52, top), colour)
            if step:
                _windows(
                    pen, (x, top, x + wide, height), lamps, rng, lit=0.5 if light.stars else 0.2
                )
            x += wide * rng.uniform(1.0, 1.25)


def _windows(
    pen: ImageDraw.ImageDraw,
    box: tuple[float, float, float, float],
    colour: Colour,
    rng: Random,
    lit: float,
) -> None:
    left, top, right, foot = box
    pitch = (right - left) / max(3, round((right - left) / ((foot - top) * 0.02 + 12)))
    hue = rng.choice((colour, colour, colour, (120, 220, 255), (255, 120, 190)))
    y = top + pitch * 0.6
    while y < foot:
        x = left + pitch * 0.3
        while x < right - pitch * 0.4:
            if rng.random() < lit:
                pen.rectangle(
                    (x, y, x + pitch * 0.38, y + pitch * 0.5), (*hue, rng.randint(60, 230))
                )
            x += pitch
        y += pitch


def _space(picture: Image.Image, light: Light, rng: Random) -> None:

    width, height = picture.size
    picture.paste(Image.blend(picture, Image.new("RGB", picture.size, (6, 6, 22)), 0.72))
    stars(picture, LIGHTS["night"], rng)
    for hue in ((170, 60, 160), (50, 110, 210), (230, 120, 90)):
        at = [(rng.random() * width / 4, rng.gauss(0.42, 0.16) * height / 4) for _ in range(12)]

        def cloud(pen: ImageDraw.ImageDraw, at: list[tuple[float, float]] = at) -> None:
            for x, y in at:
                pen.ellipse((x - width / 34, y - height / 44, x + width / 34, y + height / 44), 78)

        glow(picture, cloud, hue, 95)
    x, y, r = width * 0.32, height * 0.62, height * 0.3
    body, shadow = mix(rng.choice(((220, 140, 96), (96, 150, 200))), (255, 255, 255), 0.1), 0.6
    mask = Image.new("L", picture.size)
    brush(mask, "L").ellipse((x - r, y - r, x + r, y + r), 255)
    planet = Image.new("RGB", picture.size, mix(body, (0, 0, 0), shadow))
    lit = Image.new("L", picture.size)
    brush(lit, "L").ellipse((x - r * 0.5, y - r * 1.35, x + r * 1.5, y + r * 0.65), 255)
    planet.paste(body, (0, 0), lit.filter(ImageFilter.GaussianBlur(r / 3)))
    bands = brush(planet, "RGBA")
    for step in range(14):
        level = y - r + step * r / 7 + rng.uniform(-6, 6)
        bands.rectangle((0, level, width, level + r / 18), (255, 255, 255, rng.randint(6, 26)))
    picture.paste(planet, (0, 0), mask)


GROUNDS: dict[str, Callable[[Image.Image, Light, Random], None]] = {
    "space": _space,
    "city": _city,
    "sea": _sea,
    "peaks": _peaks,
    "forest": _forest,
    "dunes": _dunes,
    "hills": _hills,
}
