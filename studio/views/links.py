"""What vendors may reach without signing in: one file per link, and a bell per order."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from studio import clock
from studio.models import Link
from studio.pipeline.callback import ring_hook
from studio.views.ranges import Stored, serve

HOOK_BYTES = 64_000
SERVED = frozenset(
    {"image/jpeg", "image/png", "image/gif", "image/webp"}
    | {"audio/mpeg", "audio/wav", "audio/mp4", "audio/ogg"}
)
UNSEEN = {
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow",
}


@login_not_required
@require_safe
def link_file(request: HttpRequest, token: str, name: str) -> HttpResponseBase:
    """The one picture or sound behind this token; the name in the address says nothing.

    Unknown, expired, revoked and used up look the same.
    """
    link = Link.objects.alive(token, clock.now()).with_file().first()
    response = _fetched(request, link) if link else None
    if response is None:
        response = HttpResponse("not found\n", status=404, content_type="text/plain")
    for header, value in UNSEEN.items():
        response.headers[header] = value
    return response


def _fetched(request: HttpRequest, link: Link) -> HttpResponseBase | None:
    file = link.image or link.sound
    if file is None:
        return None
    mime = file.mime if file.mime in SERVED else "application/octet-stream"
    try:
        response = serve(request, Stored(name=file.file, mime=mime))
    except Http404:
        return None
    if request.method == "GET" and not link.use(clock.now()):
        response.close()
        return None
    return response


@login_not_required
@csrf_exempt
@require_POST
def hook(request: HttpRequest, token: str) -> HttpResponse:
    """A vendor says that something changed. A hint, never believed: the answer is always 200."""
    length = request.headers.get("Content-Length", "")
    if length.isdigit() and int(length) <= HOOK_BYTES:
        ring_hook(token, request.body)
    return HttpResponse("ok\n", content_type="text/plain")
