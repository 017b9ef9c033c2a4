"""Forms: they check what people typed and save nothing."""

from __future__ import annotations
