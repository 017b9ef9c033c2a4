"""Files that come with a form: taken into the project's library, so that the form can choose them.

A browser without script sends files together with Generate; with script they come one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import BinaryIO, cast

from django.http import QueryDict
from django.utils.translation import gettext as _

from studio import media
from studio.models import Project, Sound, SourceImage
from studio.pipeline import library
from studio.pipeline.errors import LinkRefused
from studio.vendors.base import Model
from studio.vendors.options import Option, Picture
from studio.vendors.options import Sound as SoundOption
from studio.views.answer import Request


@dataclass(slots=True, kw_only=True)
class Intake:
    """The form's data with the new files chosen in it, and what could not be taken, by field."""

    data: QueryDict
    errors: dict[str, str] = field(default_factory=dict)


def take_in(request: Request, project: Project, spec: Model) -> Intake:
    """Take every file and link of this form into the project."""
    intake = Intake(data=request.POST.copy())
    for option in spec.options:
        if not isinstance(option, Picture | SoundOption):
            continue
        try:
            taken = _taken(request, project, option)
        except (media.MediaError, LinkRefused) as error:
            intake.errors[option.name] = _(error.sentence)
            continue
        picked = intake.data.getlist(f"{option.name}-pick")
        choose(intake.data, option, [*picked, *(str(thing.uuid) for thing in taken)])
    return intake


def choose(data: QueryDict, option: Option, uuids: list[str]) -> None:
    """Choose these in the field, beside the earlier ones where several may be given.

    What the form asks to let go of (`<name>-drop`) goes first.
    """
    most = option.most if isinstance(option, Picture) else 1
    away = {"", *uuids, *data.getlist(f"{option.name}-drop")}
    before = [text for text in data.getlist(option.name) if text not in away]
    data.setlist(option.name, [*before, *uuids][-most:])


def _taken(request: Request, project: Project, option: Option) -> list[SourceImage | Sound]:
    user, taken = request.user, list[SourceImage | Sound]()
    for upload in request.FILES.getlist(f"{option.name}-file"):
        take = library.take_image if isinstance(option, Picture) else library.take_sound
        taken.append(take(project, user, cast(BinaryIO, upload), upload.name or ""))
    link = str(request.POST.get(f"{option.name}-link", "")).strip()
    if link and isinstance(option, Picture):
        taken.append(library.take_link(project, user, link))
    return taken
