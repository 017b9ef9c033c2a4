"""Ordering: the composer, its price, Generate, and what goes into it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from studio.media import MediaError
from studio.models import Project
from studio.pipeline.errors import OrderError
from studio.pipeline.library import take_image, take_sound
from studio.pipeline.order import order
from studio.pipeline.quote import quote
from studio.views.answer import Request


@require_safe
def compose(request: Request, uuid: str) -> HttpResponse:
    """The composer stands beside the gallery."""
    return redirect(get_object_or_404(Project.objects.editable_by(request.user), uuid=uuid))


@require_http_methods(["GET", "POST"])
def price(request: Request, uuid: str) -> HttpResponse:
    """What the order would cost."""
    project = get_object_or_404(Project.objects.editable_by(request.user), uuid=uuid)
    try:
        values = {"prompt": request.POST.get("prompt", "")}
        found = quote(
            user=request.user, project=project, model=request.POST.get("model", ""), values=values
        )
    except OrderError as error:
        return HttpResponseBadRequest(error.sentence)
    return JsonResponse({"credits_milli": found.credits_milli})


@require_POST
def generate(request: Request, uuid: str) -> HttpResponse:
    """Order once."""
    project = get_object_or_404(Project.objects.editable_by(request.user), uuid=uuid)
    try:
        order(
            user=request.user,
            project=project,
            model=request.POST.get("model", ""),
            values={"prompt": request.POST.get("prompt", "")},
            images=(),
            end_image=None,
            audio=None,
            request_id=UUID(request.POST.get("request_id", "")),
        )
    except ValueError:
        return HttpResponseBadRequest("request_id")
    except OrderError as error:
        messages.error(request, error.sentence)
    return redirect(project)


@require_POST
def image_add(request: Request, uuid: str) -> HttpResponse:
    """Take a picture into the project."""
    return _add(request, uuid, take_image)


@require_POST
def sound_add(request: Request, uuid: str) -> HttpResponse:
    """Take a sound into the project."""
    return _add(request, uuid, take_sound)


def _add(request: Request, uuid: str, take) -> HttpResponse:  # type: ignore[no-untyped-def]
    project = get_object_or_404(Project.objects.editable_by(request.user), uuid=uuid)
    file = request.FILES.get("file")
    if file is None:
        return HttpResponseBadRequest("file")
    try:
        take(project, request.user, file, file.name)
    except MediaError as error:
        messages.error(request, error.sentence)
    return redirect(project)
