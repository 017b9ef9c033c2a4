"""What holds for every answer, whichever view gives it. Order matters and stands in settings."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotFound
from django.http.request import split_domain_port
from django.shortcuts import resolve_url
from django.utils.cache import patch_vary_headers

from studio.views.errors import without_database

View = Callable[[HttpRequest], HttpResponseBase]
FOR_VENDORS = ("/f/", "/hooks/")


def guard_public_host(get_response: View) -> View:
    """On the address made for vendors answer vendors only: a tunnel exposes no login page."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if _meant_for_vendors(request) and not request.path.startswith(FOR_VENDORS):
            return HttpResponseNotFound()
        return get_response(request)

    return answer


def _meant_for_vendors(request: HttpRequest) -> bool:
    if not settings.PUBLIC_HOST or settings.STUDIO_PUBLIC_UI:
        return False
    local = {
        "127.0.0.1",
        "localhost",
        "[::1]",
        settings.STUDIO_HOST,
        *settings.STUDIO_ALLOWED_HOSTS,
    }
    host = split_domain_port(request.get_host())[0]
    return host == settings.PUBLIC_HOST and host not in local


def answer_without_database(get_response: View) -> View:
    """A view that cannot reach the database ends in a plain 503, not in a crash.

    What fails outside of views (the session, the messages) comes to `errors.server_error`.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        return get_response(request)

    def process_exception(request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OperationalError | InterfaceError):
            return without_database(request)
        return None

    answer.process_exception = process_exception  # type: ignore[attr-defined]
    return answer


def keep_pages_private(get_response: View) -> View:
    """No cache keeps a page; fragments are never mistaken for pages."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        patch_vary_headers(response, ["Cookie", "HX-Request"])
        return response

    return answer


def lead_htmx_by_header(get_response: View) -> View:
    """Tell htmx to go elsewhere itself: it would follow a redirect and swap in what it finds.

    An expired session leads to the login page and back to the page, not to the fragment.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        place = response.headers.get("Location", "")
        if not request.htmx or not place:  # type: ignore[attr-defined]
            return response
        led = HttpResponse(status=204, headers={"HX-Redirect": _for_the_page(request, place)})
        led.cookies = response.cookies
        return led

    return answer


def _for_the_page(request: HttpRequest, place: str) -> str:
    login = resolve_url(settings.LOGIN_URL)
    if urlsplit(place).path != login:
        return place
    page = request.htmx.current_url_abs_path  # type: ignore[attr-defined]
    return f"{login}?{urlencode({'next': page})}" if page else login
