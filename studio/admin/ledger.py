"""The ledger, to be read: credits move by its verbs only, and its lines are never changed."""

from __future__ import annotations

from django.contrib import admin

from studio.admin.record import Record
from studio.ledger.models import Account, Entry, Event, Hold


@admin.register(Account)
class LedgerAccountRecord(Record):
    list_display = ("key", "unit", "available", "held", "spent", "overdraft", "enforce")
    list_filter = ("unit",)
    search_fields = ("key",)


@admin.register(Hold)
class HoldRecord(Record):
    list_display = ("key", "state", "created_at", "resolved_at")
    list_filter = ("state",)
    search_fields = ("key",)


@admin.register(Event)
class EventRecord(Record):
    list_display = ("at", "kind", "key", "source", "actor", "reason")
    list_filter = ("kind", "source")
    search_fields = ("key",)


@admin.register(Entry)
class EntryRecord(Record):
    list_display = ("account", "seq", "kind", "d_available", "d_held", "d_spent", "available_after")
    list_filter = ("kind",)
    list_select_related = ("account",)
