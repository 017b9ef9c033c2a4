"""One stored file over HTTP, whole or in part: 200, 206, 304, 404, 416, and HEAD.

Django's own FileResponse ignores Range, and without 206 no browser can seek in a video.
Who may see the file was decided before.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from typing import IO

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.http import content_disposition_header, quote_etag

BLOCK = 1 << 16
ONE_RANGE = re.compile(r"bytes=\s*(\d{0,18})-(\d{0,18})\s*", re.ASCII)
SEALED_OFF = "default-src 'none'; sandbox"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A file of the storage. `mime` is what our own probe found, never what somebody said."""

    name: str
    mime: str
    label: str = ""  # a good name to save it under
    attachment: bool = False


class Part:
    """The next `left` bytes of an open file: what a server's sendfile or a loop may send.

    It has a file number, so that gunicorn sends it from the kernel, and no tell or seek, so that
    nobody takes the length of the file for the length of the part.
    """

    def __init__(self, file: IO[bytes], left: int) -> None:
        self.file = file
        self.left = left

    def read(self, size: int = -1) -> bytes:
        wanted = self.left if size < 0 else min(size, self.left)
        block = self.file.read(wanted)
        self.left -= len(block)
        return block

    def fileno(self) -> int:
        return self.file.fileno()

    def close(self) -> None:
        self.file.close()


class NothingThere(Exception):
    """The range lies outside the file."""


def serve(request: HttpRequest, stored: Stored) -> HttpResponseBase:
    """Answer a GET or HEAD for this file; raises Http404 when it is gone from the storage."""
    try:
        file = default_storage.open(stored.name)
        size = file.size
    except (FileNotFoundError, IsADirectoryError):
        raise Http404 from None
    # names in the storage are written once, so name and length are the whole truth
    etag = quote_etag(f"{sha256(stored.name.encode()).hexdigest()[:16]}-{size:x}")
    headers = _headers(stored, etag)
    if etag in request.headers.get("If-None-Match", ""):
        file.close()
        return HttpResponse(status=304, headers=headers)
    try:
        part = asked(request, etag, size)
    except NothingThere:
        file.close()
        headers["Content-Range"] = f"bytes */{size}"
        return HttpResponse(status=416, headers=headers)
    start, end = part or (0, size)
    headers["Content-Length"] = str(end - start)
    if part:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{size}"
    status = 206 if part else 200
    if request.method == "HEAD":
        file.close()
        return HttpResponse(status=status, headers=headers)
    file.seek(start)
    assert file.file is not None  # noqa: S101 just opened
    mime = headers.pop("Content-Type")  # or FileResponse would guess one
    response = FileResponse(
        Part(file.file, end - start), status=status, headers=headers, content_type=mime
    )
    response.block_size = BLOCK
    return response


def asked(request: HttpRequest, etag: str, size: int) -> tuple[int, int] | None:
    """First byte of the part and the one after its last; None when the whole is to be sent.

    Whole: no range, several ranges, a range that makes no sense, or one of an older file
    (If-Range). Raises NothingThere.
    """
    found = ONE_RANGE.fullmatch(request.headers.get("Range", ""))
    if found is None or request.headers.get("If-Range", etag) != etag:
        return None
    first, last = (int(digits) if digits else None for digits in found.groups())
    if first is None:
        if last is None:
            return None
        first, last = max(0, size - last), (None if last else -1)
    elif last is not None and last < first:
        return None
    end = size if last is None else min(size, last + 1)
    if first >= end:
        raise NothingThere
    return first, end


def _headers(stored: Stored, etag: str) -> dict[str, str]:
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=86400",
        "Content-Security-Policy": SEALED_OFF,
        "Content-Type": stored.mime,
        "ETag": etag,
        "X-Content-Type-Options": "nosniff",
    }
    disposition = content_disposition_header(stored.attachment, stored.label)
    if disposition:
        headers["Content-Disposition"] = disposition
    return headers
