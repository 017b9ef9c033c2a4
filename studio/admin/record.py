"""A record that may be looked at and not touched: what most tables are here."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest


class Record(admin.ModelAdmin):  # type: ignore[type-arg]
    """No add, no change, no delete, for nobody."""

    list_per_page = 50
    show_full_result_count = False
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
