"""Projects, what is in them, and every order with its story."""

from __future__ import annotations

from django.contrib import admin

from studio.admin.record import Record
from studio.models import (
    Batch,
    Generation,
    Input,
    Membership,
    Moment,
    Project,
    Prompt,
    Sound,
    SourceImage,
    Video,
)


@admin.register(Project)
class ProjectRecord(Record):
    list_display = ("name", "created_by", "created_at", "used_at", "archived_at")
    search_fields = ("name",)


@admin.register(Membership)
class MembershipRecord(Record):
    list_display = ("project", "user", "role", "created_at")
    list_filter = ("role",)
    list_select_related = ("project", "user")


@admin.register(Generation)
class GenerationRecord(Record):
    """Every fact of an order; the address that a vendor may ring is left out."""

    list_display = ("id", "ordered_at", "vendor", "model", "stage", "fault", "project", "user")
    list_filter = ("stage", "vendor", "sandbox", "fault")
    search_fields = ("uuid", "ticket")
    list_select_related = ("project", "user")
    exclude = ("hook_token",)


@admin.register(Moment)
class MomentRecord(Record):
    list_display = ("at", "generation", "what", "detail")
    list_select_related = ("generation",)


@admin.register(Input)
class InputRecord(Record):
    list_display = ("generation", "kind", "position", "image", "sound")
    list_select_related = ("generation", "image", "sound")


@admin.register(Video)
class VideoRecord(Record):
    list_display = ("id", "created_at", "project", "kind", "duration_ms", "bytes", "trashed_at")
    list_filter = ("kind",)
    search_fields = ("uuid",)
    list_select_related = ("project",)


@admin.register(SourceImage)
class SourceImageRecord(Record):
    list_display = ("name", "project", "origin", "width", "height", "bytes", "trashed_at")
    list_filter = ("origin",)
    list_select_related = ("project",)


@admin.register(Sound)
class SoundRecord(Record):
    list_display = ("name", "project", "duration_ms", "bytes", "trashed_at")
    list_select_related = ("project",)


@admin.register(Prompt)
class PromptRecord(Record):
    list_display = ("name", "project", "favourite", "uses", "created_at")
    list_select_related = ("project",)


@admin.register(Batch)
class BatchRecord(Record):
    list_display = ("kind", "project", "created_by", "created_at")
    list_select_related = ("project", "created_by")
