"""Template tags of the studio; they show and decide nothing."""

from __future__ import annotations
