"""Colours, light and soft paint: what the painted landscapes are made with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from PIL import Image, ImageDraw, ImageFilter

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """The colours of one hour of the day, from the top of the sky down to the nearest ground."""

    top: Colour
    middle: Colour
    horizon: Colour
    near: Colour
    lamp: Colour  # sun or moon
    height: float  # of the lamp over the ground, as a share of the picture
    stars: int = 0


LIGHTS = {
    "night": Light(
        top=(8, 12, 38),
        middle=(28, 38, 92),
        horizon=(92, 84, 150),
        near=(7, 9, 22),
        lamp=(240, 240, 255),
        height=0.2,
        stars=420,
    ),
    "dusk": Light(
        top=(46, 38, 92),
        middle=(206, 92, 108),
        horizon=(255, 190, 120),
        near=(32, 18, 40),
        lamp=(255, 232, 176),
        height=0.47,
        stars=40,
    ),
    "day": Light(
        top=(58, 124, 196),
        middle=(134, 190, 228),
        horizon=(238, 236, 214),
        near=(28, 62, 58),
        lamp=(255, 250, 222),
        height=0.22,
    ),
    "mist": Light(
        top=(126, 150, 166),
        middle=(178, 194, 200),
        horizon=(230, 228, 216),
        near=(38, 54, 62),
        lamp=(255, 250, 236),
        height=0.34,
    ),
}


def mix(one: Colour, two: Colour, share: float) -> Colour:
    a, b, c = (round(x + (y - x) * share) for x, y in zip(one, two, strict=True))
    return a, b, c


def brush(picture: Image.Image, mode: str = "RGB") -> ImageDraw.ImageDraw:

    return ImageDraw.Draw(picture, mode)


def glow(
    picture: Image.Image, paint: Callable[[ImageDraw.ImageDraw], None], colour: Colour, blur: float
) -> None:
    """Paint a soft mask (white on black) and let the colour through it."""

    # Blurring a quarter of the size costs a sixteenth and looks the same.
    small = Image.new("L", (picture.width // 4, picture.height // 4))
    paint(brush(small, "L"))
    mask = small.filter(ImageFilter.GaussianBlur(blur * picture.height / 2880))
    picture.paste(colour, (0, 0), mask.resize(picture.size, Image.Resampling.BICUBIC))


def stars(picture: Image.Image, light: Light, rng: Random) -> None:
    pen = brush(picture, "RGBA")
    unit = picture.height / 720
    for _ in range(light.stars):
        x, y = rng.random() * picture.width, rng.random() ** 1.5 * picture.height * 0.6
        r = rng.choice((0.5, 0.6, 0.8, 1.2)) * unit
        pen.ellipse((x - r, y - r, x + r, y + r), (255, 250, 240, rng.randint(80, 240)))
