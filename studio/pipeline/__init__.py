"""The steps of an order, one file each: order, submit, poll, settle, archive; and the sweep."""

from __future__ import annotations
