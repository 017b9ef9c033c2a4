"""People, invitations and attempts to sign in."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from studio.admin.record import Record
from studio.models import Installation, Invitation, SignInAttempt, User


@admin.register(User)
class PersonAdmin(UserAdmin):  # type: ignore[type-arg]
    """The one record that may be changed here: somebody must let a locked-out owner in again."""

    list_display = ("username", "email", "role", "is_active", "is_staff", "last_login")
    list_filter = ("role", "is_active")
    fieldsets = (
        (None, {"fields": ("username", "password")}),
        (_("Who"), {"fields": ("first_name", "last_name", "email", "time_zone")}),
        (_("May"), {"fields": ("role", "is_active", "is_staff", "is_superuser")}),
        (_("When"), {"fields": ("last_login", "date_joined")}),
    )
    readonly_fields = ("last_login", "date_joined")
    filter_horizontal = ()

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The ledger names people: they are deactivated instead."""
        return False


@admin.register(Installation)
class InstallationRecord(Record):
    list_display = ("owner", "created_at")


@admin.register(Invitation)
class InvitationRecord(Record):
    list_display = ("email", "role", "project", "invited_by", "accepted_by", "expires_at")
    exclude = ("token_hash",)


@admin.register(SignInAttempt)
class SignInAttemptRecord(Record):
    list_display = ("at", "address")
    exclude = ("person",)
