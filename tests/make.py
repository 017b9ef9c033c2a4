"""Builders of rows for tests: keyword-only, each gives one valid row with real files behind it."""

from __future__ import annotations

import hashlib
import itertools
from pathlib import Path
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from studio import clock
from studio.models import (
    HELD,
    UNFINISHED,
    Account,
    Generation,
    Input,
    Installation,
    Key,
    Link,
    Membership,
    Project,
    ProjectRole,
    Role,
    Sound,
    SourceImage,
    Stage,
    User,
    Video,
)

DATA = Path(__file__).parent / "data"
PASSWORD = "correct horse battery"
_count = itertools.count(1)


def user(*, username: str = "", role: str = Role.MEMBER, **fields: Any) -> User:
    """A person whose password is PASSWORD."""
    name = username or f"person{next(_count)}"
    return User.objects.create_user(name, password=PASSWORD, role=role, **fields)


def owner(*, username: str = "owner") -> User:
    """The studio's owner, together with the row that closes the set-up."""
    made = user(username=username, role=Role.OWNER, is_staff=True, is_superuser=True)
    Installation.objects.create(owner=made)
    return made


def project(*, owner: User, name: str = "Autumn campaign", **fields: Any) -> Project:
    """A project with its owner as the only member."""
    fields.setdefault("slug", f"project-{next(_count)}")
    made = Project.objects.create(name=name, created_by=owner, **fields)
    Membership.objects.create(project=made, user=owner, role=ProjectRole.OWNER)
    return made


def member(*, project: Project, username: str = "", role: str = ProjectRole.EDITOR) -> User:
    """A new person with this role in the project."""
    made = user(username=username)
    Membership.objects.create(project=project, user=made, role=role)
    return made


def account(
    *, vendor: str = "remaker", name: str = "main", secret: str = "", **fields: Any
) -> Account:
    """An account at a vendor with one key in use."""
    made = Account.objects.create(vendor=vendor, name=name, **fields)
    key(account=made, secret=secret or f"test-key-{next(_count):08}")
    return made


def key(*, account: Account, secret: str, **fields: Any) -> Key:
    """A sealed key of this account."""
    made = Key.sealed_for(account, secret, **fields)
    made.save(force_insert=True)
    return made


def stored(name: str, *, suffix: str = "") -> tuple[str, bytes]:
    """Put a file of tests/data into the storage; its name there and its bytes."""
    body = (DATA / name).read_bytes()
    place = f"tests/{next(_count)}{suffix or Path(name).suffix}"
    return default_storage.save(place, ContentFile(body)), body


def image(*, project: Project, name: str = "coffee.jpg", **fields: Any) -> SourceImage:
    """A source image with a real photograph behind it."""
    file, body = stored("coffee.jpg")
    thumb, _ = stored("poster.webp")
    fields.setdefault("upload_sha256", f"{next(_count):064x}")
    fields.setdefault("created_by", project.created_by)
    return SourceImage.objects.create(
        project=project,
        name=name,
        file=file,
        thumb=thumb,
        sha256=hashlib.sha256(body).hexdigest(),
        mime="image/jpeg",
        bytes=len(body),
        width=320,
        height=213,
        **fields,
    )


def sound(*, project: Project, name: str = "tone.mp3", **fields: Any) -> Sound:
    """A sound of one second."""
    file, body = stored("tone.mp3")
    fields.setdefault("upload_sha256", f"{next(_count):064x}")
    fields.setdefault("created_by", project.created_by)
    return Sound.objects.create(
        project=project,
        name=name,
        file=file,
        sha256=hashlib.sha256(body).hexdigest(),
        mime="audio/mpeg",
        bytes=len(body),
        duration_ms=1000,
        **fields,
    )


def generation(
    *,
    project: Project,
    account: Account,
    stage: str = Stage.ORDERED,
    image: SourceImage | None = None,
    **fields: Any,
) -> Generation:
    """An order at this stage, with what the stage implies. No money is held for it."""
    now = clock.now()
    fields.setdefault("vendor", account.vendor)
    fields.setdefault("model", "text-1.0-standard")
    fields.setdefault("user", project.created_by)
    fields.setdefault("prompt", "Ink spreading in milk, very slow")
    fields.setdefault("values", {"prompt": fields["prompt"], "duration": "5"})
    fields.setdefault("sandbox", account.sandbox)
    fields.setdefault("asked_milli", 27_000)
    fields.setdefault("price_source", "table")
    if stage not in (Stage.ORDERED, Stage.CANCELLED):
        fields.setdefault("sent_at", now)
    if stage in (Stage.WORKING, Stage.SAVING, Stage.READY, Stage.FAILED, Stage.LOST):
        fields.setdefault("ticket", f"ticket-{next(_count)}")
        fields.setdefault("accepted_at", now)
    if stage not in HELD:
        fields.setdefault("finished_at", now)
    if stage in (Stage.SAVING, Stage.READY, Stage.LOST):
        fields.setdefault("charged_milli", fields["asked_milli"])
    if stage not in UNFINISHED:
        fields.setdefault("ended_at", now)
        fields.setdefault("due_at", None)
    made = Generation.objects.create(project=project, account=account, stage=stage, **fields)
    if image is not None:
        Input.objects.create(generation=made, kind=Input.Kind.START, image=image)
    return made


def video(*, generation: Generation, **fields: Any) -> Video:
    """The kept file of a finished generation: a real film of one second."""
    file, body = stored("clip.mp4")
    return Video.objects.create(
        project=generation.project,
        generation=generation,
        file=file,
        sha256=hashlib.sha256(body).hexdigest(),
        bytes=len(body),
        poster=stored("poster.webp")[0],
        preview=stored("clip.mp4")[0],
        duration_ms=1000,
        width=160,
        height=106,
        created_by=generation.user,
        **fields,
    )


def link(*, generation: Generation, image: SourceImage) -> str:
    """The token of a link by which a vendor may fetch the image."""
    return Link.make(generation, image=image)
