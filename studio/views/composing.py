"""The composer as the page draws it: the model, its form, the picker, the price.

Reads only; `brought` is what a request (or an earlier generation) asks the composer to show.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from uuid import UUID, uuid4

from django.http import QueryDict

from studio.forms.composer import Asked, ComposerForm, Mistake
from studio.forms.reading import FLAG_ON, read, uuid_of
from studio.forms.settle import plain, settle
from studio.forms.shelf import Shelf
from studio.models import Generation, Input, Listing, Project, User
from studio.pipeline.quote import Quote, quote
from studio.vendors import UnknownModel, all_models, find_model
from studio.vendors.base import Listings, Model
from studio.vendors.options import Picture, Sound, Text, Value, Values
from studio.views.chip import Chip, chip
from studio.views.desk import Desk, desk, lists
from studio.views.picker import Group, groups

FILES = ("image", "end_image", "audio")


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What the composer is to show. `before`: the model for which the values were typed."""

    key: str
    values: Values = field(default_factory=dict)
    before: Model | None = None
    request_id: UUID = field(default_factory=uuid4)
    retry_of: UUID | None = None

    @property
    def files(self) -> list[str]:
        """The pictures and sounds in it, as UUID texts."""
        return [text for name in FILES for text in str(self.values.get(name, "")).split()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Everything its template needs."""

    key: str
    vendor: str
    vendor_label: str
    spec: Model
    form: ComposerForm
    groups: list[Group]
    chip: Chip
    request_id: UUID
    notes: tuple[str, ...] = ()
    parked: Mapping[str, Value] = field(default_factory=dict)
    picking: bool = False
    retry_of: UUID | None = None

    @property
    def mistakes(self) -> list[Mistake]:
        return self.form.mistakes


def brought_by(user: User, project: Project, data: QueryDict) -> Brought:
    """What a form sent, or an address asks for; without a model in it, the one that opens."""
    key = known_key(data.get("model_key"))
    key = key or opening_key(project, user, picture=bool(data.get("image")))
    spec = find_model(key)[1]
    before = find_model(known_key(data.get("drawn_for")) or key)[1]
    return Brought(
        key=key,
        values={**read(spec.options, data), **read(before.options, data)},
        before=before,
        request_id=uuid_of(data.get("request_id")) or uuid4(),
        retry_of=uuid_of(data.get("retry_of")),
    )


def brought_from(generation: Generation) -> Brought | None:
    """The settings of an earlier order, None when its model is no longer offered."""
    if generation.spec is None:
        return None
    files: dict[str, list[str]] = {}
    names = {Input.Kind.START: "image", Input.Kind.END: "end_image", Input.Kind.AUDIO: "audio"}
    for item in generation.inputs.all():
        thing = item.image or item.sound
        if thing is not None:
            files.setdefault(names[Input.Kind(item.kind)], []).append(str(thing.uuid))
    given = {name: " ".join(texts) for name, texts in files.items()}
    return Brought(key=generation.model_key, values={**generation.values, **given})


def as_data(brought: Brought) -> QueryDict:
    """The same as a form would have sent it."""
    data = QueryDict(mutable=True)
    for name, value in brought.values.items():
        if name in FILES:
            data.setlist(name, str(value).split())
        else:
            data[name] = FLAG_ON if value is True else "" if value is False else plain(value)
    return data


def opened(user: User, project: Project, data: QueryDict) -> Brought:
    """What the address of a page asks for: `?from=` an earlier order, `?image=`, `?model_key=`."""
    earlier = earlier_order(project, data.get("from"))
    if earlier and (brought := brought_from(earlier)):
        return replace(brought, retry_of=earlier.uuid if earlier.fell else None)
    return brought_by(user, project, data)


def earlier_order(project: Project, uuid: object) -> Generation | None:
    """An order of this project with its files, None when there is none such."""
    if (known := uuid_of(uuid)) is None:
        return None
    return project.generations.among([known]).drawn().first()


def known_key(key: str | None) -> str:
    """`key` if the catalog has it, else ''."""
    try:
        find_model(key or "")
    except UnknownModel:
        return ""
    return str(key)


def opening_key(project: Project, user: User, *, picture: bool = False) -> str:
    """The model that a composer opens with: the one used last, else one that can be used now.

    `picture`: one that starts from a picture.
    """
    tills = desk().tills
    keys = [
        f"{vendor.slug}/{spec.slug}"
        for vendor, spec in all_models()
        if not picture or any(option.name == "image" for option in spec.options)
    ]
    usable = [key for key in keys if key.partition("/")[0] in tills] or keys
    if hasattr(project, "last_model"):
        last = project.last_model
    else:
        row = project.generations.ordered_by(user).newest().first()
        last = row.model_key if row else ""
    for wanted in (last, project.default_model):
        if wanted in keys:
            return wanted
    return usable[0]


def form_of(
    project: Project, brought: Brought, data: QueryDict | None = None
) -> tuple[ComposerForm, tuple[str, ...]]:
    """The form, and what had to change for it to fit. With `data` it is bound and can be checked."""
    vendor, spec = find_model(brought.key)
    plan, listings = _market(desk(), vendor.slug, spec)
    settled = settle(spec, brought.values, listings, plan=plan, before=brought.before)
    form = ComposerForm(
        spec,
        data,
        shelf=_shelf(project, spec, brought),
        listings=listings,
        plan=plan,
        settled=settled.values,
    )
    return form, settled.notes


def composer(
    user: User, project: Project, brought: Brought, form: ComposerForm | None = None
) -> Composer:
    """Draw the composer around this form, or around a new one."""
    vendor, spec = find_model(brought.key)
    notes: tuple[str, ...] = ()
    if form is None:
        form, notes = form_of(project, brought)
    drawn = {option.name for option in form.options}
    return Composer(
        key=brought.key,
        vendor=vendor.slug,
        vendor_label=vendor.label,
        spec=spec,
        form=form,
        groups=groups(brought.key, desk()),
        chip=chip(quoted(user, project, brought.key, form.sketch())),
        request_id=brought.request_id,
        notes=notes,
        parked={
            option.name: brought.values[option.name]
            for option in spec.options
            if isinstance(option, Text)
            and option.name not in drawn
            and brought.values.get(option.name)
        },
        picking=brought.before is not None and brought.before is not spec,
        retry_of=brought.retry_of,
    )


def priced(user: User, project: Project, brought: Brought) -> Chip:
    """Only the price, for a form whose fields stay as they are."""
    form, _notes = form_of(project, brought)
    return chip(quoted(user, project, brought.key, form.sketch()))


def quoted(user: User, project: Project, key: str, asked: Asked) -> Quote:
    """What it costs and why it may not be possible: the same answer as the order gets."""
    return quote(
        user=user,
        project=project,
        model=key,
        values=asked.values,
        images=asked.images,
        end_image=asked.end_image,
        audio=asked.audio,
    )


def _market(window: Desk, vendor: str, spec: Model) -> tuple[str, Listings]:
    """The plan of the account that would take the order, and the vendor's lists for it."""
    till = window.tills.get(vendor)
    sandbox = bool(till and till.sandbox)
    listings = Listing.of(vendor, sandbox=sandbox) if lists([spec]) else {}
    return (till.plan if till else ""), listings


def _shelf(project: Project, spec: Model, brought: Brought) -> Shelf:
    return Shelf.of(
        project,
        images=any(isinstance(option, Picture) for option in spec.options),
        sounds=any(isinstance(option, Sound) for option in spec.options),
        chosen=brought.files,
    )
