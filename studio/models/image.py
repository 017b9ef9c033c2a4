"""Source images: pictures to be animated, checked by decoding and free of metadata."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from studio import clock
from studio.models.project import Project


class Origin(models.TextChoices):
    """Where a source image came from."""

    UPLOAD = "upload", _("Uploaded")
    LINK = "link", _("From a link")
    GENERATED = "generated", _("Generated")
    FRAME = "frame", _("Frame of a video")


class SourceImageQuerySet(models.QuerySet["SourceImage"]):
    def visible_to(self, user: Any) -> Self:
        """Images of the projects that this person sees, the trash left out."""
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

    def free_hash(self) -> None:
        """Let another row be "the" image of this file: a result of its own is never merged."""
        for image in self:
            self.filter(pk=image.pk).update(upload_sha256=f"{image.upload_sha256[:40]}:{image.pk}")


class SourceImage(models.Model):
    """The re-encoded picture is the only copy kept: orientation applied, metadata gone."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="images")
    name = models.CharField(max_length=160, help_text=_("A label; never a path."))
    origin = models.CharField(max_length=9, choices=Origin.choices, default=Origin.UPLOAD)
    origin_url = models.URLField(max_length=2000, blank=True)
    # of the file as it came: the same upload twice is one image
    upload_sha256 = models.CharField(max_length=64)
    file = models.CharField(max_length=200)
    thumb = models.CharField(max_length=200)
    sha256 = models.CharField(max_length=64)
    mime = models.CharField(max_length=40)
    bytes = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    generation = models.ForeignKey(
        "Generation", null=True, blank=True, on_delete=models.PROTECT, related_name="made_images"
    )
    video = models.ForeignKey(
        "Video", null=True, blank=True, on_delete=models.PROTECT, related_name="frames"
    )
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)
    trashed_at = models.DateTimeField(null=True, blank=True)

    objects = SourceImageQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "upload_sha256"], name="image_once_per_project"
            )
        ]
        # serves the picker and the library, newest first
        indexes = [models.Index(fields=["project", "-id"], name="image_newest")]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("image_file", args=[self.uuid, "image"])
