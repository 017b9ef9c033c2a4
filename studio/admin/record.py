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

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """Every column that is not left out: then no form field is ever made of one."""
        left_out = self.exclude or ()
        return [field.name for field in self.opts.fields if field.name not in left_out]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
