"""The effects on AKOOL's list: each a look of its own, made of a movement and a few filters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """One entry of the list; `filters` are libavfilter names with their arguments, in which
    {width} and {height} stand for the size of the film.
    """

    code: str
    name: str
    move: str
    filters: tuple[tuple[str, str], ...]
    example: str  # the prompt whose painted scene shows it in the preview


EFFECTS = {
    effect.code: effect
    for effect in (
        Effect(
            code="golden_hour_01",
            name="Golden Hour",
            move="push",
            filters=(
                ("colorbalance", "rs=0.18:gs=0.03:bs=-0.16:rm=0.16:bm=-0.2:rh=0.08:bh=-0.1"),
                ("vignette", "PI/4.5"),
            ),
            example="hills on a summer day",
        ),
        Effect(
            code="film_noir_02",
            name="Film Noir",
            move="pull",
            filters=(
                ("hue", "s=0"),
                ("curves", "all='0/0 0.3/0.12 0.7/0.86 1/1'"),
                ("noise", "alls=14:allf=t"),
                ("vignette", "PI/3.4"),
            ),
            example="city street at night",
        ),
        Effect(
            code="neon_pulse_03",
            name="Neon Pulse",
            move="push fast",
            filters=(("hue", "h='360*t/5':s='1.9+0.7*sin(2*PI*t)'"),),
            example="neon city",
        ),
        Effect(
            code="earthquake_04",
            name="Earthquake",
            move="push",
            filters=(
                ("rotate", "a='0.035*sin(19*t)*sin(2.1*t)':ow=iw:oh=ih:c=black"),
                ("crop", "iw/1.1:ih/1.1"),
                ("scale", "{width}:{height}"),
            ),
            example="desert canyon",
        ),
        Effect(
            code="dream_bloom_05",
            name="Dream Bloom",
            move="sway",
            filters=(
                ("gblur", "sigma=3"),
                ("curves", "all='0/0.14 0.5/0.66 1/1'"),
                ("colorbalance", "rm=0.08:bm=0.12"),
            ),
            example="misty forest",
        ),
        Effect(
            code="glitch_06",
            name="Glitch",
            move="drift",
            filters=(("rgbashift", "rh=14:bh=-14:gv=4"), ("noise", "alls=22:allf=t")),
            example="city skyline at dusk",
        ),
        Effect(
            code="moonlight_07",
            name="Moonlight",
            move="rise",
            filters=(
                ("hue", "s=0.55:b=-1.2"),
                ("colorbalance", "rs=-0.1:bs=0.24:rm=-0.14:bm=0.26"),
                ("vignette", "PI/4"),
            ),
            example="boat on a lake",
        ),
        Effect(
            code="spin_08",
            name="Slow Spin",
            move="push",
            filters=(
                ("rotate", "a='0.14*sin(2*PI*t/5)':ow=iw:oh=ih:c=black"),
                ("crop", "iw/1.32:ih/1.32"),
                ("scale", "{width}:{height}"),
            ),
            example="planet in space",
        ),
    )
}
