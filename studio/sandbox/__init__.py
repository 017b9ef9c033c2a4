"""A separate process that plays the four vendors by their documents and returns real files.

It is a stranger to the studio: it imports nothing of it, and nothing of the studio imports it.
"""

from __future__ import annotations
