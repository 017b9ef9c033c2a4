"""Rushes: a self-hosted creative studio for AI video."""

from __future__ import annotations
