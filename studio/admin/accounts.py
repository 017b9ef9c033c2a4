"""Accounts at vendors, their keys (never readable), prices and budgets."""

from __future__ import annotations

from django.contrib import admin

from studio.admin.record import Record
from studio.models import (
    Account,
    Allowance,
    BalanceReading,
    Key,
    KeyEvent,
    Listing,
    PriceObservation,
    PriceRule,
)


@admin.register(Account)
class AccountRecord(Record):
    list_display = ("name", "vendor", "sandbox", "enabled", "pause", "last_ok_at")
    list_filter = ("vendor", "sandbox", "enabled")
    search_fields = ("name",)


@admin.register(Key)
class KeyRecord(Record):
    """The secret is left out by name: what is sealed is shown nowhere, not even sealed."""

    list_display = ("account", "label", "last4", "state", "pause", "last_ok_at")
    list_filter = ("state", "account__vendor")
    exclude = ("sealed", "client_secret_sealed")


@admin.register(KeyEvent)
class KeyEventRecord(Record):
    list_display = ("at", "kind", "key", "actor", "detail")
    list_filter = ("kind",)


@admin.register(BalanceReading)
class BalanceReadingRecord(Record):
    list_display = ("read_at", "account", "source", "credits_milli", "expected_milli")
    list_filter = ("account",)


@admin.register(PriceRule)
class PriceRuleRecord(Record):
    list_display = ("vendor", "model", "selector", "credits_milli", "source", "superseded_at")
    list_filter = ("vendor", "source")


@admin.register(PriceObservation)
class PriceObservationRecord(Record):
    list_display = ("at", "vendor", "model", "selector", "expected_milli", "charged_milli")
    list_filter = ("vendor",)


@admin.register(Allowance)
class AllowanceRecord(Record):
    list_display = ("scope", "user", "project", "limit_micros", "hard", "active")
    list_filter = ("scope", "active")


@admin.register(Listing)
class ListingRecord(Record):
    list_display = ("vendor", "name", "sandbox", "fetched_at")
