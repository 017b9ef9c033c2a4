"""What changed since the page last asked."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe


@require_safe
def pulse(request: HttpRequest) -> HttpResponse:
    """Nothing did, as far as this page draws."""
    return HttpResponse(status=204)
