"""What was ordered together, by one press. Knows nothing of what became of each order."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from studio import clock
from studio.models.project import Project


class Batch(models.Model):
    """Generations ordered together: variations, images x prompts, or a shoot-out."""

    class Kind(models.TextChoices):
        VARIATIONS = "variations", _("Variations")
        GRID = "grid", _("Images and prompts")
        SHOOTOUT = "shootout", _("Shoot-out")

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="batches")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.kind} {self.uuid}"
