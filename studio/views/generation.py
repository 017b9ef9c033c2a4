"""One generation: what was ordered, what became of it, and what can still be done."""

from __future__ import annotations

from uuid import uuid4

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from studio.models import Generation, Project
from studio.pipeline.order import cancel as take_back
from studio.views.answer import Request, page_or_fragment, toast
from studio.views.cards import card
from studio.views.chip import Chip, chip
from studio.views.composing import brought_from, form_of, quoted
from studio.views.pulse import may_change, tab_of
from studio.views.story import story


@require_safe
def generation(request: Request, uuid: str) -> HttpResponse:
    """Everything about it: a page, and the same in a dialog."""
    row = _seen(request, uuid)
    projects = Project.objects.visible_to(request.user).with_role(request.user)
    project = projects.get(pk=row.project_id)
    may_edit = may_change(project)
    told = story(row, may_edit=may_edit, currency=row.account.currency)
    around = project.generations.shown(tab_of(request.GET))
    context = {
        "project": project,
        "story": told,
        "card": told.card,
        "may_edit": may_edit,
        "newer": around.newer_than(row.pk).order_by("id").first(),
        "older": around.older_than(row.pk).newest().first(),
        "again": _again(request, project, row) if may_edit and row.fell else None,
        "request_id": uuid4(),
        "heading": "h2" if request.htmx else "h1",
    }
    return page_or_fragment(request, "generation/page.html", "generation/_generation.html", context)


@require_POST
def cancel(request: Request, uuid: str) -> HttpResponse:
    """Take it back before it is sent."""
    row = get_object_or_404(Generation.objects.editable_by(request.user).drawn(), uuid=uuid)
    taken_back = take_back(row)
    row.refresh_from_db()
    said = _("Too late: it has been sent and cannot be stopped at the vendor.")
    if not request.htmx:
        if not taken_back:
            messages.warning(request, said)
        return redirect(row.project)
    response = HttpResponse(card(row, may_edit=True).html)
    if not taken_back:
        toast(response, said, "bad")
    return response


@require_POST
def favourite(request: Request, uuid: str) -> HttpResponse:
    """Star it, or take the star away: said outright, so that pressing twice does no harm."""
    row = get_object_or_404(Generation.objects.editable_by(request.user).drawn(), uuid=uuid)
    row.star(on=request.POST.get("on") == "1")
    if not request.htmx:
        return redirect(row)
    context = {
        "card": card(row, may_edit=True),
        "in_dialog": "take-" in (request.htmx.trigger or ""),
    }
    return render(request, "gallery/_starred.html", context)


@require_safe
def raw(request: Request, uuid: str) -> HttpResponse:
    """The vendor's own words, without secrets."""
    row = get_object_or_404(Generation.objects.visible_to(request.user), uuid=uuid)
    return JsonResponse(
        {"request": row.raw_request, "answer": row.raw_answer}, json_dumps_params={"indent": 2}
    )


def _seen(request: Request, uuid: str) -> Generation:
    rows = Generation.objects.visible_to(request.user).drawn().select_related("user")
    return get_object_or_404(rows.prefetch_related("moments", "links"), uuid=uuid)


def _again(request: Request, project: Project, row: Generation) -> Chip | None:
    """What the same would cost now, None when it cannot be asked for."""
    if (brought := brought_from(row)) is None:
        return None
    form, _notes = form_of(project, brought)
    return chip(quoted(request.user, project, brought.key, form.sketch()))
