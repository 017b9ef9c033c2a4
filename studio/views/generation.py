"""One generation: what was ordered, what became of it, and what can still be done."""

from __future__ import annotations

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from studio.models import Generation
from studio.pipeline.order import cancel as take_back
from studio.views.answer import Request


@require_safe
def generation(request: Request, uuid: str) -> HttpResponse:
    """Everything about it."""
    found = get_object_or_404(Generation.objects.visible_to(request.user).drawn(), uuid=uuid)
    context = {"project": found.project, "generations": [found]}
    return render(request, "studio/page.html", context)


@require_POST
def cancel(request: Request, uuid: str) -> HttpResponse:
    """Take it back before it is sent."""
    found = get_object_or_404(Generation.objects.editable_by(request.user), uuid=uuid)
    take_back(found)
    return redirect(found)


@require_POST
def favourite(request: Request, uuid: str) -> HttpResponse:
    """Star it, or take the star away."""
    found = get_object_or_404(Generation.objects.editable_by(request.user), uuid=uuid)
    found.change(then={"favourite": not found.favourite})
    return redirect(found)


@require_safe
def raw(request: Request, uuid: str) -> HttpResponse:
    """The vendor's own words, without secrets."""
    found = get_object_or_404(Generation.objects.visible_to(request.user), uuid=uuid)
    return JsonResponse({"request": found.raw_request, "answer": found.raw_answer})
