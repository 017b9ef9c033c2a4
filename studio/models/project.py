"""What people work in, and who may do what there."""

from __future__ import annotations

from itertools import chain, count
from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.db import models, transaction
from django.db.models.functions import Concat
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from studio import clock
from studio.models.stage import UNFINISHED
from studio.models.user import User


class ProjectRole(models.TextChoices):
    OWNER = "owner", _("Owner")
    EDITOR = "editor", _("Editor")
    VIEWER = "viewer", _("Viewer")


EDITING = frozenset({ProjectRole.OWNER, ProjectRole.EDITOR})


CARDS_COUNTED = 1000
WORK_COUNTED = 100


class _Count(models.Subquery):
    """Counts the rows of a sliced subquery, so that a count costs the same in any project."""

    template = "(SELECT COUNT(*) FROM (%(subquery)s) AS counted)"
    output_field = models.IntegerField()


class ProjectQuerySet(models.QuerySet["Project"]):
    def visible_to(self, user: Any) -> Self:
        """Projects that this person is a member of, in any role."""
        return self.filter(memberships__user=user, archived_at=None)

    def editable_by(self, user: Any) -> Self:
        """Projects in which this person may order and change things."""
        return self.filter(memberships__user=user, memberships__role__in=EDITING, archived_at=None)

    def with_role(self, user: Any) -> Self:
        """With `role`: what this person is there."""
        mine = Membership.objects.filter(project=models.OuterRef("pk"), user=user)
        return self.annotate(role=models.Subquery(mine.values("role")[:1]))

    def with_cards(self) -> Self:
        """With `cards`: how many cards its gallery has, counted up to CARDS_COUNTED."""
        from studio.models.generation import Generation  # which itself needs Project

        gallery = Generation.objects.kept().filter(project=models.OuterRef("pk"))
        return self.annotate(cards=_Count(gallery.values("pk")[:CARDS_COUNTED]))

    def with_work(self, user: Any) -> Self:
        """With `working`: how much is unfinished in it, counted up to WORK_COUNTED; and with
        `last_model`: what this person ordered there last, as `vendor/slug`, None for nothing.
        """
        from studio.models.generation import Generation  # which itself needs Project

        here = Generation.objects.filter(project=models.OuterRef("pk"))
        unfinished = here.kept().in_stages(sorted(UNFINISHED))
        mine = (
            here.ordered_by(user)
            .newest()
            .annotate(ordered=Concat("vendor", models.Value("/"), "model"))
        )
        return self.annotate(
            working=_Count(unfinished.values("pk")[:WORK_COUNTED]),
            last_model=models.Subquery(mine.values("ordered")[:1]),
        )

    def recent_first(self) -> Self:
        """The project in which something happened last comes first."""
        return self.order_by("-used_at", "-id")


class Project(models.Model):
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    name = models.CharField(_("name"), max_length=80)
    slug = models.SlugField(max_length=80)
    description = models.TextField(_("description"), blank=True)
    default_model = models.CharField(max_length=120, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(default=clock.now)
    archived_at = models.DateTimeField(null=True, blank=True)

    objects = ProjectQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["created_by", "slug"], name="project_slug_per_owner")
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("project", args=[self.uuid])

    @classmethod
    def start(cls, *, name: str, owner: User, description: str = "") -> Project:
        """A new project with its owner as the first member."""
        with transaction.atomic():
            project = cls.objects.create(
                name=name,
                description=description,
                created_by=owner,
                slug=cls.free_slug(name, owner),
            )
            Membership.objects.create(project=project, user=owner, role=ProjectRole.OWNER)
        return project

    @classmethod
    def free_slug(cls, name: str, owner: User) -> str:
        """A short name for addresses and file names that this person has not used yet."""
        stem = slugify(name)[:60] or "project"
        taken = set(
            cls.objects.filter(created_by=owner, slug__startswith=stem).values_list(
                "slug", flat=True
            )
        )
        numbered = (f"{stem}-{number}" for number in count(2))
        return next(slug for slug in chain([stem], numbered) if slug not in taken)

    def role_of(self, user: User) -> str:
        """The person's role here, '' for a stranger."""
        found = self.memberships.filter(user=user).values_list("role", flat=True).first()
        return str(found or "")


class Membership(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="memberships"
    )
    role = models.CharField(max_length=8, choices=ProjectRole.choices, default=ProjectRole.EDITOR)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="membership_once")]
        # serves "my projects" and every ownership check: user first
        indexes = [models.Index(fields=["user", "project", "role"], name="membership_of_user")]

    def __str__(self) -> str:
        return f"{self.user} in {self.project} ({self.role})"
