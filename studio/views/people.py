"""Who you are: signing in and out, the first owner, the theme of this browser."""

from __future__ import annotations

import ipaddress
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import authenticate, update_session_auth_hash
from django.contrib.auth import login as sign_in
from django.contrib.auth import logout as sign_out
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.request import split_domain_port
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from studio.forms.people import OwnerForm
from studio.models import Installation, SignInAttempt
from studio.views.answer import Request, way_back
from studio.views.frame import THEMES

YEAR = 365 * 24 * 3600
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
BACKEND = "django.contrib.auth.backends.ModelBackend"


@login_not_required
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def login(request: HttpRequest) -> HttpResponse:
    """Sign in. Whatever was wrong, the answer is the same and takes the same work."""
    onward = way_back(request, reverse("studio"))
    if request.user.is_authenticated:
        return redirect(onward)
    if not Installation.done():
        return redirect("setup")
    if request.method == "GET":
        return render(request, "people/login.html", {"next": onward})
    name, address = request.POST.get("username", "")[:150], address_of(request)
    if not SignInAttempt.allow(name, address):
        sentence = _("Too many attempts. Wait a quarter of an hour, then try again.")
        return _refused(request, sentence, name, onward, 429)
    user = authenticate(request, username=name, password=request.POST.get("password", ""))
    if user is None:
        sentence = _("That name and password do not belong together.")
        return _refused(request, sentence, name, onward, 422)
    SignInAttempt.forget(name, address)
    sign_in(request, user)
    return redirect(onward)


def _refused(
    request: HttpRequest, sentence: str, name: str, onward: str, status: int
) -> HttpResponse:
    context = {"sentence": sentence, "name": name, "next": onward}
    return render(request, "people/login.html", context, status=status)


@login_not_required
@require_GET
def admin_login(request: HttpRequest) -> HttpResponse:
    """The raw records have no door of their own: one login, one throttle."""
    onward = way_back(request, reverse("admin:index"))
    if request.user.is_authenticated:
        messages.error(request, _("Only the studio's owners see the raw records."))
        return redirect("studio")
    return redirect(f"{reverse('login')}?{urlencode({'next': onward})}")


@require_POST
def logout(request: HttpRequest) -> HttpResponse:
    """Sign out, and have the browser forget the pages it kept."""
    sign_out(request)
    response = redirect("login")
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password_change(request: Request) -> HttpResponse:
    """A new password; every other session of this person ends."""
    form = PasswordChangeForm(request.user, request.POST or None)
    if form.is_valid():
        user = form.save()
        update_session_auth_hash(request, user)
        messages.success(request, _("Your password is changed. Other devices are signed out."))
        return redirect("studio")
    return render(
        request, "people/password.html", {"form": form}, status=422 if form.is_bound else 200
    )


@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """The first owner, once. From anywhere but this machine it takes the printed token."""
    if Installation.done():
        return redirect("login")
    token = None if from_here(request) else printed_token()
    form = OwnerForm(request.POST or None, token=token)
    if form.is_valid():
        owner = form.save(commit=False)
        if not Installation.begin(owner):
            messages.error(request, _("Somebody else has just set up this studio."))
            return redirect("login")
        _token_file().unlink(missing_ok=True)
        sign_in(request, owner, backend=BACKEND)
        return redirect("studio")
    context = {"form": form, "closed": token == ""}
    return render(request, "people/setup.html", context, status=422 if form.is_bound else 200)


@login_not_required
@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Remember dark, light or auto in this browser; the server renders it, so nothing flashes."""
    response = HttpResponseRedirect(way_back(request, reverse("studio")))
    wanted = request.POST.get("theme", "")
    if wanted in THEMES:
        response.set_cookie(
            "theme", wanted, max_age=YEAR, samesite="Lax", secure=request.is_secure(), httponly=True
        )
    return response


def address_of(request: HttpRequest) -> str:
    """Where the request came from, for counting: an IPv4 address or an IPv6 network of a home.

    Behind a front server that was declared, the last hop it wrote down; else the socket's own.
    """
    hops = request.headers.get("X-Forwarded-For", "") if settings.STUDIO_PROXY_TLS else ""
    text = hops.rpartition(",")[2].strip() or request.META.get("REMOTE_ADDR", "")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return text[:64]
    if address.version == 6:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def from_here(request: HttpRequest) -> bool:
    """Does somebody at this very machine ask, and can nobody else reach the server?"""
    return (
        settings.STUDIO_HOST in LOOPBACK
        and request.META.get("REMOTE_ADDR", "") in LOOPBACK
        and split_domain_port(request.get_host())[0] in LOOPBACK
        and not {"X-Forwarded-For", "Forwarded", "Cf-Connecting-Ip"} & set(request.headers)
    )


def printed_token() -> str:
    """The token that `up` made and printed; '' when there is none, and then nothing fits."""
    try:
        return _token_file().read_text().strip()
    except FileNotFoundError:
        return ""


def _token_file() -> Path:
    return Path(settings.STUDIO_DATA_DIR) / "setup-token"
