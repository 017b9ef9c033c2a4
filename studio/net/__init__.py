"""The only door to the network: `Api` for vendors' APIs, `download` for files from strangers.

Pure Python: it must not know Django, settings, vendors or the database; it never logs or sleeps.
"""

from __future__ import annotations

from studio.net.answer import Answer
from studio.net.api import Api
from studio.net.download import Download, download
from studio.net.errors import (
    BadStatus,
    Blocked,
    DownloadError,
    Encoded,
    Garbled,
    NetError,
    NoAnswer,
    NoSpace,
    NotSent,
    TooBig,
    TooSlow,
    Truncated,
    Unreachable,
)
from studio.net.request import UNSET, Part
from studio.net.urls import safe_url

__all__ = [
    "UNSET",
    "Answer",
    "Api",
    "BadStatus",
    "Blocked",
    "Download",
    "DownloadError",
    "Encoded",
    "Garbled",
    "NetError",
    "NoAnswer",
    "NoSpace",
    "NotSent",
    "Part",
    "TooBig",
    "TooSlow",
    "Truncated",
    "Unreachable",
    "download",
    "safe_url",
]
