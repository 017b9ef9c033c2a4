"""Order from a shell, through the same form, checks and verb as the page."""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.http import QueryDict

from studio import clock, media
from studio.forms.composer import ComposerForm
from studio.forms.reading import read
from studio.forms.settle import plain, settle
from studio.forms.shelf import Shelf
from studio.management.commands.show import describe
from studio.models import UNFINISHED, Generation, Listing, Project, Role, SourceImage, Stage, User
from studio.pipeline.errors import LinkRefused, OrderError
from studio.pipeline.library import take_image, take_link
from studio.pipeline.lines import choose_account
from studio.pipeline.order import order
from studio.vendors import UnknownModel, find_model
from studio.vendors.base import Listings, Model
from studio.vendors.options import Flag, Picture

LOOK_EVERY = 0.1
# with --wait: nothing more happens by itself
RESTING = UNFINISHED - {Stage.IN_DOUBT}


class Command(BaseCommand):
    help = "Order one video or image."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--project", required=True, help="Its slug, name or UUID.")
        parser.add_argument("--model", required=True, help="vendor/slug")
        parser.add_argument("--prompt", default="")
        parser.add_argument("--image", action="append", default=[], help="File or https link.")
        parser.add_argument("--end-image", default="", help="File or https link.")
        parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE")
        parser.add_argument("--user", default="", help="Who orders; else the first owner.")
        parser.add_argument("--wait", action="store_true", help="Until it has ended.")
        parser.add_argument("--timeout", type=float, default=0, help="Seconds; 0: no limit.")
        parser.add_argument("--json", action="store_true", help="Print one object, nothing else.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Order, wait if asked to, print; exit 0 when ready (or ordered), else 1."""
        try:
            generation = place(options)
        except Sorry as error:
            self.say_no(error, as_json=options["json"], model=options["model"])
        if options["wait"]:
            wait_for(generation, options["timeout"])
        facts = describe(Generation.objects.drawn().get(pk=generation.pk))
        if options["json"]:
            self.stdout.write(json.dumps(facts))
        else:
            for name, value in facts.items():
                self.stdout.write(f"{name:8} {value}")
        if facts["stage"] != Stage.READY and options["wait"]:
            sys.exit(1)

    def say_no(self, error: Sorry, *, as_json: bool, model: str) -> None:
        """Nothing was ordered: say why, in the shape that was asked for, and exit 1."""
        if not as_json:
            raise CommandError(f"{error} Nothing was ordered, nothing was spent.")
        vendor, _slash, slug = model.partition("/")
        facts = {
            "id": None,
            "stage": None,
            "vendor": vendor,
            "model": slug,
            "ticket": None,
            "credits": {"asked": None, "charged": None},
            "file": None,
            "sha256": None,
            "error": {"class": error.kind, "message": str(error)},
        }
        self.stdout.write(json.dumps(facts))
        sys.exit(1)


class Sorry(Exception):
    """The order was not taken. `kind` is the class of the failure book."""

    def __init__(self, sentence: str, kind: str = "input") -> None:
        super().__init__(sentence)
        self.kind = kind


def place(options: dict[str, Any]) -> Generation:
    """Find everything, check it through the form, order. Raises Sorry."""
    user = find_user(options["user"])
    project = find_project(options["project"], user)
    try:
        _vendor, spec = find_model(options["model"])
    except UnknownModel:
        raise Sorry(f"There is no model {options['model']}.") from None
    images = [take(project, user, place) for place in options["image"]]
    end = take(project, user, options["end_image"]) if options["end_image"] else None
    account = choose_account(options["model"].partition("/")[0])
    listings = Listing.of(_vendor.slug, sandbox=bool(account and account.sandbox))
    plan = account.plan if account else ""
    data = form_data(spec, options["prompt"], options["set"], images, end)
    fill_in(data, spec, listings, plan)
    chosen = [*data.getlist("image"), *data.getlist("end_image"), *data.getlist("audio")]
    shelf = Shelf.of(project, images=True, sounds=True, chosen=chosen)
    form = ComposerForm(spec, data, shelf=shelf, listings=listings, plan=plan)
    if unknown := sorted(set(data) - set(form.fields)):
        raise Sorry(f"{spec.label} has no field {unknown[0]} with these settings.")
    if not form.is_valid():
        raise Sorry(" ".join(f"{error.label}: {error.sentence}" for error in form.mistakes))
    asked = form.asked()
    try:
        return order(
            user=user,
            project=project,
            model=options["model"],
            values=asked.values,
            images=asked.images,
            end_image=asked.end_image,
            audio=asked.audio,
            request_id=uuid4(),
        )
    except OrderError as error:
        kinds = {"not-enough": "credits", "no-account": "key", "reach": "unreachable image"}
        raise Sorry(error.sentence, kinds.get(error.kind, "input")) from error


def form_data(
    spec: Model,
    prompt: str,
    settings: list[str],
    images: list[SourceImage],
    end: SourceImage | None,
) -> QueryDict:
    """What a browser would have sent. A second picture is the last frame where only one starts."""
    data = QueryDict(mutable=True)
    if prompt:
        data["prompt"] = prompt
    pictures = {option.name: option for option in spec.options if isinstance(option, Picture)}
    most = pictures["image"].most if "image" in pictures else 0
    if end is None and "end_image" in pictures and len(images) == most + 1:
        *images, end = images
    if images:
        data.setlist("image", [str(image.uuid) for image in images])
    if end is not None:
        data["end_image"] = str(end.uuid)
    flags = {option.name for option in spec.options if isinstance(option, Flag)}
    for setting in settings:
        name, found, value = setting.partition("=")
        if not found:
            raise Sorry(f"--set wants NAME=VALUE, not {setting!r}.")
        if name in flags:
            value = "on" if value.lower() in ("1", "true", "yes", "on") else "off"
        data.appendlist(name, value)
    return data


def fill_in(data: QueryDict, spec: Model, listings: Listings, plan: str) -> None:
    """What was not said stays at its default, for the fields that these settings draw."""
    said = read(spec.options, data)
    for name, value in settle(spec, said, listings, plan=plan).values.items():
        if name not in data and value != "":
            data[name] = ("on" if value else "off") if isinstance(value, bool) else plain(value)


def find_user(name: str) -> User:
    """The named person, else the studio's first owner."""
    people = User.objects.filter(is_active=True)
    found = (
        people.filter(username=name).first()
        if name
        else people.filter(role=Role.OWNER).order_by("pk").first()
    )
    if found is None:
        raise Sorry(f"There is no person {name}." if name else "There is no owner yet.")
    return found


def find_project(text: str, user: User) -> Project:
    """A project that this person may change, by slug, name or UUID."""
    projects = Project.objects.editable_by(user)
    found = projects.filter(slug=text).first() or projects.filter(name=text).first()
    if found is None:
        try:
            found = projects.filter(uuid=UUID(text)).first()
        except ValueError:
            found = None
    if found is None:
        raise Sorry(f"{user} has no project {text}.")
    return found


def take(project: Project, user: User, place: str) -> SourceImage:
    """A picture from a file or a link."""
    try:
        if "://" in place:
            return take_link(project, user, place)
        path = Path(place)
        if not path.is_file():
            raise Sorry(f"There is no file {place}.")
        return take_image(project, user, path, path.name)
    except (media.MediaError, LinkRefused) as error:
        raise Sorry(f"{place}: {error.sentence}") from error


def wait_for(generation: Generation, timeout: float) -> None:
    """Look until it rests. The worker does the work, here or on another machine."""
    pause = threading.Event()
    until = clock.monotonic() + timeout
    while True:
        generation.refresh_from_db(fields=["stage"])
        if generation.stage not in RESTING:
            return
        if timeout and clock.monotonic() > until:
            return
        pause.wait(LOOK_EVERY)
