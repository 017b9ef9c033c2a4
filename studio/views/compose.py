"""Ordering: the composer, its price, Generate, and the pictures and sounds that go into it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from studio.forms.composer import ComposerForm
from studio.models import Generation, Project
from studio.pipeline.errors import NotEnough, OrderError
from studio.pipeline.order import order
from studio.vendors import find_model
from studio.views.answer import Request, page_or_fragment, toast
from studio.views.composing import (
    Brought,
    as_data,
    brought_by,
    brought_from,
    composer,
    earlier_order,
    form_of,
    opened,
    priced,
)
from studio.views.intake import Intake, take_in
from studio.views.pulse import poller, what_is_new


@require_http_methods(["GET", "POST"])
def compose(request: Request, uuid: str) -> HttpResponse:
    """The composer by itself: for another model, for other options, and on a phone."""
    project = _project(request, uuid)
    if request.method == "GET":
        return _answer(request, project, opened(request.user, project, request.GET))
    intake = _intake(request, project)
    brought = _brought(request, project, intake.data)
    form = None
    if intake.errors:
        form, _notes = form_of(project, brought)
        _refuse_all(form, intake)
    return _answer(request, project, brought, form)


@require_http_methods(["GET", "POST"])
def price(request: Request, uuid: str) -> HttpResponse:
    """What the order would cost as the form stands."""
    project = _project(request, uuid)
    brought = _brought(request, project, request.POST or request.GET)
    context = {"chip": priced(request.user, project, brought), "project": project}
    return render(request, "compose/_price.html", context)


@require_POST
def generate(request: Request, uuid: str) -> HttpResponse:
    """Order once; the same form again finds the first order."""
    project = _project(request, uuid)
    if "model_key" not in request.POST:
        return _again(request, project)
    intake = _intake(request, project)
    brought = _brought(request, project, intake.data)
    if brought.before is not find_model(brought.key)[1]:
        # another model was ticked and its fields and price were never seen: show them first
        return _answer(request, project, brought)
    form, _notes = form_of(project, brought, intake.data)
    _refuse_all(form, intake)
    return _order(request, project, brought, form)


@require_POST
def image_add(request: Request, uuid: str) -> HttpResponse:
    """Take pictures into the project, and choose them in the field that they came from."""
    return _add(request, uuid, ("image", "end_image"))


@require_POST
def sound_add(request: Request, uuid: str) -> HttpResponse:
    """Take a sound into the project, and choose it in its field."""
    return _add(request, uuid, ("audio",))


def _project(request: Request, uuid: str) -> Project:
    projects = Project.objects.editable_by(request.user).with_role(request.user)
    return get_object_or_404(projects, uuid=uuid)


def _brought(request: Request, project: Project, data: QueryDict) -> Brought:
    return brought_by(request.user, project, data)


def _intake(request: Request, project: Project) -> Intake:
    key = _brought(request, project, request.POST).key
    return take_in(request, project, find_model(key)[1])


def _refuse_all(form: ComposerForm, intake: Intake) -> None:
    for name, sentence in intake.errors.items():
        form.refuse(name, sentence)


def _answer(
    request: Request, project: Project, brought: Brought, form: ComposerForm | None = None
) -> HttpResponse:
    """The composer, page or fragment; 422 when its form carries errors."""
    context = {"project": project, "composer": composer(request.user, project, brought, form)}
    status = 422 if form is not None and form.errors else 200
    return page_or_fragment(request, "compose/page.html", "compose/_composer.html", context, status)


def _order(
    request: Request, project: Project, brought: Brought, form: ComposerForm
) -> HttpResponse:
    """Check, order, answer."""
    if not form.is_valid():
        return _answer(request, project, brought, form)
    asked = form.asked()
    try:
        generation = order(
            user=request.user,
            project=project,
            model=brought.key,
            values=asked.values,
            images=asked.images,
            end_image=asked.end_image,
            audio=asked.audio,
            request_id=brought.request_id,
            retry_of=earlier_order(project, brought.retry_of),
        )
    except OrderError as error:
        return _not_ordered(request, project, brought, form, error)
    changed = generation.values != asked.values or generation.model_key != brought.key
    return _ordered(request, project, generation, changed=changed)


def _not_ordered(
    request: Request, project: Project, brought: Brought, form: ComposerForm, error: OrderError
) -> HttpResponse:
    """Nothing was sent. Money that is short is 402 with a toast; the form keeps every letter."""
    form.refuse(error.field, error.sentence)
    response = _answer(request, project, brought, form)
    if isinstance(error, NotEnough):
        response.status_code = 402
        toast(response, _("%(why)s Nothing was sent.") % {"why": error.sentence}, "bad")
    return response


def _ordered(
    request: Request, project: Project, generation: Generation, *, changed: bool
) -> HttpResponse:
    """The gallery with the new card at its head; beside the gallery only that card travels."""
    said = _("That form was ordered already; this is its card. Press again for a new order.")
    if not request.htmx or "after" not in request.POST:
        if changed:
            messages.warning(request, said)
        return redirect(project)
    news, after = what_is_new(project, request.POST, {})
    context = {
        "project": project,
        "news": news,
        "poller": poller(project, request.POST, after),
        "request_id": Brought(key=generation.model_key).request_id,
        "generation": generation,
    }
    if request.POST.get("mended"):
        brought = _brought(request, project, request.POST)
        brought = Brought(key=brought.key, values=brought.values, before=brought.before)
        context["composer"] = composer(request.user, project, brought)
    response = render(request, "compose/_ordered.html", context)
    if "composer" not in context:
        response["HX-Reswap"] = "none"
    if changed:
        toast(response, said, "bad")
    response["HX-Trigger-After-Settle"] = "reprice"
    return response


def _again(request: Request, project: Project) -> HttpResponse:
    """The same once more, from the page of an earlier order: a new order, asked for by a person."""
    earlier = earlier_order(project, request.POST.get("retry_of"))
    brought = brought_from(earlier) if earlier else None
    if earlier is None or brought is None:
        messages.error(request, _("That model is no longer offered."))
        return redirect(project)
    asked_by = _brought(request, project, request.POST)
    brought = Brought(
        key=brought.key,
        values=brought.values,
        request_id=asked_by.request_id,
        retry_of=earlier.uuid,
    )
    form, _notes = form_of(project, brought, as_data(brought))
    return _order(request, project, brought, form)


def _add(request: Request, uuid: str, names: tuple[str, ...]) -> HttpResponse:
    """Take in what came; answer with the field, or go back to the composer with it chosen."""
    project = _project(request, uuid)
    intake = _intake(request, project)
    brought = _brought(request, project, intake.data)
    form, _notes = form_of(project, brought)
    _refuse_all(form, intake)
    came = [
        name for name in names if f"{name}-file" in request.FILES or f"{name}-link" in request.POST
    ]
    field = next((name for name in came if name in form.fields), "")
    if not request.htmx or not field:
        for sentence in intake.errors.values():
            messages.error(request, sentence)
        chosen = "&".join(
            f"{name}={value}" for name in names for value in intake.data.getlist(name)
        )
        return redirect(
            f"{reverse('compose', args=[project.uuid])}?model_key={brought.key}&{chosen}"
        )
    context = {"project": project, "field": form[field]}
    status = 422 if intake.errors else 200
    response = render(request, form.fields[field].template, context, status=status)  # type: ignore[attr-defined]
    shapes = any(option.name == field and option.shapes for option in form.options)
    response["HX-Trigger-After-Settle"] = "reshape" if shapes else "reprice"
    return response
