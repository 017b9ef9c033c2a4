"""For load balancers and people with a terminal: is it up, and can it work?"""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from studio.pipeline.health import health

NO_STORE = {"Cache-Control": "no-store"}


@login_not_required
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain", headers=NO_STORE)


@login_not_required
@require_safe
def readyz(request: HttpRequest) -> JsonResponse:
    """200 when orders can be taken and sent, else 503; which part it is stands in the body."""
    found = health(fresh=True)
    parts = {
        "ready": found.ready,
        "database": found.database,
        "worker": found.worker,
        "polling": not found.stalled,
        "disk": found.disk_ok,
    }
    return JsonResponse(parts, status=200 if found.ready else 503, headers=NO_STORE)
