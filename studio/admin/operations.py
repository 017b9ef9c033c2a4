"""The engine room: who is at work, what needs attention, which links are out."""

from __future__ import annotations

from django.contrib import admin

from studio.admin.record import Record
from studio.models import Alert, Beat, Lease, Link


@admin.register(Alert)
class AlertRecord(Record):
    list_display = ("last_at", "kind", "text", "count", "resolved_at")
    list_filter = ("kind",)


@admin.register(Beat)
class BeatRecord(Record):
    list_display = ("host", "pid", "started_at", "beat_at")


@admin.register(Lease)
class LeaseRecord(Record):
    list_display = ("name", "owner", "until", "epoch")


@admin.register(Link)
class LinkRecord(Record):
    """Links by which vendors fetch; the token itself is kept nowhere."""

    list_display = ("generation", "created_at", "expires_at", "fetches", "first_fetched_at")
    list_select_related = ("generation",)
    exclude = ("token_hash",)
