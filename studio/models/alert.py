"""Something a manager should know of; one open alert per cause."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from studio import clock


class Alert(models.Model):
    kind = models.CharField(max_length=20)
    cause = models.CharField(max_length=160)
    text = models.CharField(max_length=500)
    first_at = models.DateTimeField(default=clock.now)
    last_at = models.DateTimeField(default=clock.now)
    count = models.PositiveIntegerField(default=1)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["cause"], condition=Q(resolved_at=None), name="alert_open_once"
            )
        ]

    def __str__(self) -> str:
        return self.text

    @classmethod
    def raise_(cls, kind: str, cause: str, text: str) -> None:
        """Open an alert for this cause, or count it again."""
        now = clock.now()
        _, made = cls.objects.get_or_create(
            cause=cause, resolved_at=None, defaults={"kind": kind, "text": text[:500]}
        )
        if not made:
            cls.objects.filter(cause=cause, resolved_at=None).update(
                count=F("count") + 1, last_at=now, text=text[:500]
            )

    @classmethod
    def settle(cls, cause: str) -> None:
        """The cause is gone."""
        cls.objects.filter(cause=cause, resolved_at=None).update(resolved_at=clock.now())
