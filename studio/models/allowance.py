"""Budgets: how much money the studio, a project or a person may spend in a calendar month.

Each month of an allowance is an account of its own in the ledger; nothing is ever reset.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from studio import clock
from studio.models.project import Project


class Scope(models.TextChoices):
    STUDIO = "studio", _("Studio")
    PROJECT = "project", _("Project")
    USER = "user", _("Person")


class AllowanceQuerySet(models.QuerySet["Allowance"]):
    def covering(self, user: Any, project: Project) -> Self:
        """Every budget that an order of this person in this project must fit."""
        return self.filter(active=True).filter(
            Q(scope=Scope.STUDIO)
            | Q(scope=Scope.PROJECT, project=project)
            | Q(scope=Scope.USER, user=user)
        )


class Allowance(models.Model):
    scope = models.CharField(max_length=7, choices=Scope.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="allowances",
    )
    project = models.ForeignKey(
        Project, null=True, blank=True, on_delete=models.PROTECT, related_name="allowances"
    )
    limit_micros = models.BigIntegerField()
    warn_percent = models.PositiveSmallIntegerField(default=80)
    hard = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)

    objects = AllowanceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(scope=Scope.STUDIO, user=None, project=None)
                | Q(scope=Scope.PROJECT, user=None, project__isnull=False)
                | Q(scope=Scope.USER, user__isnull=False, project=None),
                name="allowance_scope_matches",
            ),
            models.CheckConstraint(condition=Q(limit_micros__gte=0), name="allowance_positive"),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(active=True, scope=Scope.USER),
                name="allowance_once_per_user",
            ),
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(active=True, scope=Scope.PROJECT),
                name="allowance_once_per_project",
            ),
            models.UniqueConstraint(
                fields=["scope"],
                condition=Q(active=True, scope=Scope.STUDIO),
                name="allowance_once_for_studio",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scope} {self.user or self.project or ''}".strip()

    def ledger_key(self, at: datetime) -> str:
        """The ledger's account of the month that holds `at`, in the studio's time zone."""
        return f"allowance:{self.pk}:{at.astimezone(ZoneInfo(settings.TIME_ZONE)):%Y-%m}"
