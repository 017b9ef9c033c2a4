"""Camera movements over a still picture, as data, and how the zoompan filter is told of them.

A movement is a window that travels over the picture: how far it is zoomed in, and where it stands
between the picture's edges (0 left or top, 1 right or bottom), each from the first frame to the last.
"""

from __future__ import annotations

from dataclasses import dataclass

Path = tuple[float, float]
MIDDLE: Path = (0.5, 0.5)


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One movement: `eased` rests at both ends, `sway` swings sideways (share of the free way)."""

    zoom: Path
    x: Path = MIDDLE
    y: Path = MIDDLE
    eased: bool = False
    sway: float = 0.0


MOVES = {
    "hold": Move(zoom=(1.0, 1.0)),
    "push": Move(zoom=(1.0, 1.22)),
    "push fast": Move(zoom=(1.0, 1.5), eased=True),
    "pull": Move(zoom=(1.32, 1.0)),
    "drift": Move(zoom=(1.14, 1.2), x=(0.25, 0.8)),
    "arc": Move(zoom=(1.1, 1.3), x=(0.15, 0.75), y=(0.6, 0.35), eased=True),
    "rise": Move(zoom=(1.25, 1.15), y=(0.95, 0.15)),
    "sway": Move(zoom=(1.16, 1.24), sway=0.38),
}


def _asked() -> dict[str, Move]:
    """mnml's five movement types times four directions: twenty movements, no two alike."""
    sides: dict[str, tuple[Path, Path]] = {
        "left": ((0.95, 0.05), MIDDLE),
        "right": ((0.05, 0.95), MIDDLE),
        "up": (MIDDLE, (0.95, 0.05)),
        "down": (MIDDLE, (0.05, 0.95)),
    }
    moves = {}
    for direction, (x, y) in sides.items():
        # A direction across the movement's own axis bends the way instead of being dropped.
        glide = x if direction in ("left", "right") else (0.95, 0.05)
        climb = y if direction in ("up", "down") else (0.95, 0.05)
        bend_y = (0.5, 0.1 if direction == "up" else 0.9) if glide != x else MIDDLE
        bend_x = (0.5, 0.1 if direction == "left" else 0.9) if climb != y else MIDDLE
        focus_x, focus_y = (0.5, x[1]), (0.5, y[1])
        moves[f"horizontal {direction}"] = Move(zoom=(1.28, 1.28), x=glide, y=bend_y)
        moves[f"vertical {direction}"] = Move(zoom=(1.28, 1.28), x=bend_x, y=climb)
        moves[f"zoom_in {direction}"] = Move(zoom=(1.0, 1.5), x=focus_x, y=focus_y)
        moves[f"zoom_out {direction}"] = Move(zoom=(1.5, 1.0), x=focus_x[::-1], y=focus_y[::-1])
        moves[f"pan {direction}"] = Move(zoom=(1.6, 1.6), x=x, y=y, eased=True)
    return moves


MOVES |= _asked()


def zoompan(move: Move, frames: int) -> tuple[str, str, str]:
    """The filter's z, x and y expressions for a clip of so many frames."""
    share = f"(on/{max(1, frames - 1)})"
    if move.eased:
        share = f"({share}*{share}*(3-2*{share}))"

    def between(path: Path) -> str:
        return f"({path[0]}+({path[1] - path[0]:.4f})*{share})"

    x = between(move.x)
    if move.sway:
        x = f"({x}+{move.sway}*sin(2*PI*{share}))"
    return between(move.zoom), f"(iw-iw/zoom)*{x}", f"(ih-ih/zoom)*{between(move.y)}"
