"""The forms an answer takes: page or fragment, a toast, where to go next. It reads nothing."""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from studio.models import User


class Request(HttpRequest):
    """A request as the views behind the door get it: LoginRequiredMiddleware saw to the person."""

    user: User
    htmx: HtmxDetails


def page_or_fragment(
    request: Request,
    page: str,
    fragment: str,
    context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Render the fragment for htmx, else the page that includes it.

    The server chooses. A restored history entry and a boosted link get the whole page.
    """
    htmx = request.htmx
    whole = not htmx or htmx.boosted or htmx.history_restore_request
    response = render(request, page if whole else fragment, context, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def toast(response: HttpResponse, text: str, level: str = "ok") -> HttpResponse:
    """Have the page show a toast; `level` is "ok" or "bad" (which stays until dismissed)."""
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    events["toast"] = {"text": str(text), "level": level}
    response.headers["HX-Trigger"] = json.dumps(events)
    return response


def way_back(request: HttpRequest, otherwise: str) -> str:
    """Where the form asked to go afterwards (`next`), if that is a page of this very site."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        return wanted
    return otherwise
