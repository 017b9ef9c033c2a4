"""Pages of last resort: they say what happened and what became of the order, and need no database."""

from __future__ import annotations

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from studio.views.answer import toast
from studio.views.frame import theme_of

RETRY_AFTER = "10"


def sorry(
    request: HttpRequest, status: int, title: str, sentence: str, way: str = ""
) -> HttpResponse:
    """A plain page; for htmx a toast. No context processor runs, so nothing is read."""
    if request.headers.get("HX-Request") == "true":
        return toast(HttpResponse(status=status), sentence, "bad")
    context = {"title": title, "sentence": sentence, "way": way, "theme": theme_of(request)}
    return HttpResponse(render_to_string("errors/plain.html", context), status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400"""
    sentence = _("The studio could not make sense of that request. Nothing was done.")
    return sorry(request, 400, _("That did not arrive whole"), sentence)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403"""
    sentence = _("Your role does not allow that. Whoever owns the project can change it.")
    return sorry(request, 403, _("Not with your role"), sentence)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404: also for what exists and is somebody else's."""
    sentence = _("It was moved or deleted, or it belongs to a project that you are not in.")
    return sorry(request, 404, _("Nothing here"), sentence)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The page was older than the session, or cookies are off."""
    sentence = _("This page was too old to act on. Nothing was done. Reload it and try again.")
    return sorry(request, 403, _("Please reload"), sentence)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 when it was the database that did not answer."""
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return without_database(request)
    sentence = _(
        "The fault is the studio's and is in its log. If you were ordering a video, look at the "
        "gallery first: an order that arrived is there, and nothing is sent twice."
    )
    return sorry(request, 500, _("The studio made a mistake"), sentence)


def without_database(request: HttpRequest) -> HttpResponse:
    """503: nothing can be said or done, but running work at the vendors is safe."""
    sentence = _(
        "The studio cannot reach its database. Nothing was ordered. Work that is already at a "
        "vendor goes on, and the page will be right when the database is back."
    )
    response = sorry(request, 503, _("One moment"), sentence, way="again")
    response.headers["Retry-After"] = RETRY_AFTER
    response.headers["Cache-Control"] = "no-store"
    return response
