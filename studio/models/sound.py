"""Sounds of a project's own, checked by decoding."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from studio import clock
from studio.models.project import Project


class SoundQuerySet(models.QuerySet["Sound"]):
    def visible_to(self, user: Any) -> Self:
        """Sounds of the projects that this person sees, the trash left out."""
        return self.filter(project__in=Project.objects.visible_to(user), trashed_at=None)

    def kept(self) -> Self:
        """The trash left out."""
        return self.filter(trashed_at=None)

    def among(self, uuids: Iterable[UUID]) -> Self:
        """Only these."""
        return self.filter(uuid__in=list(uuids))

    def newest(self) -> Self:
        """Newest first."""
        return self.order_by("-id")


class Sound(models.Model):
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="sounds")
    name = models.CharField(max_length=160, help_text=_("A label; never a path."))
    licence = models.TextField(blank=True)
    upload_sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    mime = models.CharField(max_length=40)
    bytes = models.PositiveIntegerField()
    duration_ms = models.PositiveIntegerField()
    peaks = models.JSONField(default=list)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)
    trashed_at = models.DateTimeField(null=True, blank=True)

    objects = SoundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "upload_sha256"], name="sound_once_per_project"
            )
        ]
        # serves the picker and the library, newest first
        indexes = [models.Index(fields=["project", "-id"], name="sound_newest")]

    def __str__(self) -> str:
        return self.name
