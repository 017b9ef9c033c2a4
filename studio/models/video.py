"""The kept file of a finished generation, and what was made from it."""

from __future__ import annotations

from typing import Any, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from studio import clock
from studio.models.project import Project


class VideoQuerySet(models.QuerySet["Video"]):
    def visible_to(self, user: Any) -> Self:
        """Videos of the projects that this person sees."""
        return self.filter(project__in=Project.objects.visible_to(user))

    def newest(self) -> Self:
        """Newest first."""
        return self.order_by("-id")


class Video(models.Model):
    class Kind(models.TextChoices):
        ORIGINAL = "original", _("Original")
        REDUB = "redub", _("New sound by the vendor")
        DUB = "dub", _("New sound made here")
        JOIN = "join", _("Joined")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="videos")
    generation = models.OneToOneField(
        "Generation", null=True, blank=True, on_delete=models.PROTECT, related_name="video"
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="children"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.ORIGINAL)
    title = models.CharField(max_length=160, blank=True)
    notes = models.TextField(blank=True)
    rating = models.PositiveSmallIntegerField(default=0)

    # the file and what was derived from it: names in the storage
    file = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    bytes = models.PositiveBigIntegerField()
    poster = models.CharField(max_length=200)
    preview = models.CharField(max_length=200, blank=True)
    sprite = models.CharField(max_length=200, blank=True)
    last_frame = models.CharField(max_length=200, blank=True)

    # facts, as decoded
    duration_ms = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    fps_milli = models.PositiveIntegerField(default=0)
    video_codec = models.CharField(max_length=20, blank=True)
    audio_codec = models.CharField(max_length=20, blank=True)

    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)
    vendor_deleted_at = models.DateTimeField(null=True, blank=True)
    trashed_at = models.DateTimeField(null=True, blank=True)

    objects = VideoQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(file="") & Q(bytes__gt=0), name="video_has_its_file"
            ),
            models.CheckConstraint(condition=Q(rating__lte=5), name="video_rating"),
        ]
        # serves the project's videos, newest first
        indexes = [models.Index(fields=["project", "-id"], name="video_newest")]

    def __str__(self) -> str:
        return self.title or str(self.uuid)

    def get_absolute_url(self) -> str:
        return reverse("video_file", args=[self.uuid, "video.mp4"])

    @property
    def seconds(self) -> float:
        """Length in seconds."""
        return self.duration_ms / 1000
