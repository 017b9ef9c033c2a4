"""Projects: a new one, and what may be changed about one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from studio.forms.projects import ProjectForm
from studio.models import Project
from studio.views.answer import Request


@require_http_methods(["GET", "POST"])
def project_new(request: Request) -> HttpResponse:
    """Anybody who is in may start a project and owns it then."""
    form = ProjectForm(request.POST or None)
    if form.is_valid():
        project = Project.start(owner=request.user, **form.cleaned_data)
        return redirect(project)
    status = 422 if form.is_bound else 200
    return render(request, "projects/new.html", {"form": form}, status=status)


@require_http_methods(["GET", "POST"])
def project_edit(request: Request, uuid: str) -> HttpResponse:
    """Name and description, and putting it away; its owners and editors may."""
    project = get_object_or_404(Project.objects.editable_by(request.user), uuid=uuid)
    form = ProjectForm(request.POST or None, instance=project)
    if form.is_valid():
        form.save()
        messages.success(request, _("Saved."))
        return redirect(project)
    context = {"form": form, "project": project}
    return render(request, "projects/edit.html", context, status=422 if form.is_bound else 200)
