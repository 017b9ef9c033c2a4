"""Prompts kept for use again: the project's library of words."""

from __future__ import annotations

from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.db import models

from studio import clock
from studio.models.project import Project


class PromptQuerySet(models.QuerySet["Prompt"]):
    def visible_to(self, user: Any) -> Self:
        """Prompts of the projects that this person sees."""
        return self.filter(project__in=Project.objects.visible_to(user), trashed_at=None)

    def newest(self) -> Self:
        """Newest first."""
        return self.order_by("-id")


class Prompt(models.Model):
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="prompts")
    name = models.CharField(max_length=120, blank=True)
    text = models.TextField()
    negative = models.TextField(blank=True)
    favourite = models.BooleanField(default=False)
    uses = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)
    used_at = models.DateTimeField(null=True, blank=True)
    trashed_at = models.DateTimeField(null=True, blank=True)

    objects = PromptQuerySet.as_manager()

    class Meta:
        # serves the library page, newest first
        indexes = [models.Index(fields=["project", "-id"], name="prompt_newest")]

    def __str__(self) -> str:
        return self.name or self.text[:60]
