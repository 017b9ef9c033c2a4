"""Fill an empty studio so that a newcomer can press Generate at once. Idempotent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction

from studio.management.commands.account import add_account
from studio.models import (
    Account,
    Installation,
    Membership,
    Project,
    ProjectRole,
    Prompt,
    Role,
    SourceImage,
    User,
)
from studio.pipeline.library import take_image
from studio.vendors import VENDORS

PHOTOS = Path(__file__).resolve().parents[2] / "demo"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
CREDITS = 1_000_000  # what the sandbox itself gives a new key, in thousandths
IMAGES = (
    ("astronaut.png", "Astronaut"),
    ("chelsea.png", "Chelsea the cat"),
    ("coffee.png", "Coffee on a table"),
    ("rocket.jpg", "Rocket launch"),
)
PROMPTS = (
    (
        "Slow push in",
        "The camera pushes in slowly, soft morning light, shallow focus.",
        "blur, text",
    ),
    ("Steam", "Steam rises from the cup, the light flickers like a candle.", ""),
    ("Lift-off", "Lift-off: the engines ignite, smoke rolls towards the camera.", "people"),
    ("Butterfly", "A butterfly flies over a grassy field, wide shot, golden hour.", ""),
)


class Command(BaseCommand):
    help = "Make the demo project, its pictures and prompts, and sandbox accounts."
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Make whatever is missing."""
        user = demo_user()
        if user is None:
            self.stdout.write("No demo sign-in: the sandbox is off or the address is not loopback.")
            user = User.objects.filter(role=Role.OWNER, is_active=True).order_by("pk").first()
        if user is None:
            self.stdout.write("There is no owner yet: open the studio and set it up first.")
            return
        project = demo_project(user)
        for vendor in VENDORS:
            demo_account(vendor)
        if options["verbosity"]:
            self.stdout.write(f"The project {project.name} is ready.")


def demo_user() -> User | None:
    """The person `demo`, whose password is known to all; None where that would be dangerous."""
    if not settings.STUDIO_SANDBOX or settings.STUDIO_HOST not in LOOPBACK:
        return None
    found = User.objects.filter(username="demo").first()
    if found is not None:
        return found
    if Installation.objects.exists():
        return None  # a studio with an owner of its own gets no known password
    with transaction.atomic():
        user = User.objects.create_user(
            "demo",
            password="demo",  # noqa: S106 meant to be known, on loopback only
            role=Role.OWNER,
            is_staff=True,
            is_superuser=True,
        )
        Installation.objects.create(owner=user)
    return user


def demo_project(user: User) -> Project:
    """The project `demo` with prompts and source images."""
    project, made = Project.objects.get_or_create(
        created_by=user, slug="demo", defaults={"name": "demo"}
    )
    if made:
        Membership.objects.create(project=project, user=user, role=ProjectRole.OWNER)
        for name, text, negative in PROMPTS:
            Prompt.objects.create(
                project=project, name=name, text=text, negative=negative, created_by=user
            )
    if not SourceImage.objects.filter(project=project).exists():
        for file, name in IMAGES:
            take_image(project, user, PHOTOS / file, name)
    return project


def demo_account(vendor: str) -> Account:
    """A sandbox account with a key that only the sandbox knows."""
    account = Account.objects.filter(vendor=vendor, sandbox=True).first()
    if account is None:
        # the sandbox takes any key that begins like this; 24 letters are also a key of AES
        secret = f"sandbox-{vendor}-demo".ljust(24, "-")
        account = add_account(vendor, "sandbox", secret, sandbox=True, plan="pro", credits=CREDITS)
    return account
