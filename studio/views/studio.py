"""The studio itself: where one comes in, and a project with its composer and gallery."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from studio.models import Project
from studio.views.answer import Request, page_or_fragment
from studio.views.cards import cards
from studio.views.composing import composer, opened
from studio.views.pulse import TABS, may_change, poller, tab_of, whole

PAGE = 24
TAB_WORDS = {
    "all": _("All"),
    "progress": _("In progress"),
    "ready": _("Ready"),
    "starred": _("Starred"),
    "failed": _("Failed"),
}


@require_safe
def studio(request: Request) -> HttpResponse:
    """The project used last; without any, the way to a first one."""
    project = Project.objects.visible_to(request.user).recent_first().first()
    return redirect(project) if project else render(request, "projects/none.html")


@require_safe
def project(request: Request, uuid: str) -> HttpResponse:
    """The composer and what was ordered in this project, newest first.

    For htmx: the gallery of a tab, or the next cards of it (`before`).
    """
    projects = Project.objects.visible_to(request.user).with_role(request.user)
    projects = projects.with_work(request.user)
    project = get_object_or_404(projects, uuid=uuid)
    context = gallery(project, request.GET)
    if may_change(project):
        # drawn only where a template asks for it: no fragment does
        context["composer"] = SimpleLazyObject(
            lambda: composer(request.user, project, opened(request.user, project, request.GET))
        )
    fragment = "gallery/_more.html" if whole(request.GET.get("before")) else "gallery/_gallery.html"
    return page_or_fragment(request, "gallery/page.html", fragment, context)


def gallery(project: Project, data: QueryDict) -> dict[str, Any]:
    """One page of the gallery; keyset-paged, so that a page costs the same in any project."""
    tab = tab_of(data)
    rows = project.generations.shown(tab).newest().drawn()
    before = whole(data.get("before"))
    if before:
        rows = rows.older_than(before)
    found = list(rows[: PAGE + 1])
    first_page = tab == TABS[0] and not before
    newest = (found[0].pk if found else 0) if first_page else project.generations.newest_pk()
    return {
        "project": project,
        "may_edit": may_change(project),
        "cards": cards(found[:PAGE], may_edit=may_change(project)),
        "older": found[PAGE - 1].pk if len(found) > PAGE else 0,
        "before": before,
        "tab": tab,
        "tabs": [(name, TAB_WORDS[name]) for name in TABS],
        "poller": poller(project, data, newest),
    }
