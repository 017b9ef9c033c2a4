"""The studio itself: where one comes in, and a project with its gallery."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from studio.models import Project
from studio.views.answer import Request

PAGE = 48


@require_safe
def studio(request: Request) -> HttpResponse:
    """The project used last; without any, the way to a first one."""
    project = Project.objects.visible_to(request.user).recent_first().first()
    return redirect(project) if project else render(request, "projects/none.html")


@require_safe
def project(request: Request, uuid: str) -> HttpResponse:
    """What was ordered in this project, newest first."""
    project = get_object_or_404(Project.objects.visible_to(request.user), uuid=uuid)
    generations = project.generations.kept().newest()[:PAGE]
    context = {"project": project, "generations": generations}
    return render(request, "studio/page.html", context)
