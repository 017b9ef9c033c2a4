"""Lists that a vendor keeps (effects, live models), cached so that forms never wait for it."""

from __future__ import annotations

from typing import Any

from django.db import models

from studio import clock
from studio.models.account import vendor_choices
from studio.vendors.base import Entry, Listings


class Listing(models.Model):
    vendor = models.CharField(max_length=20, choices=vendor_choices)
    name = models.CharField(max_length=20)
    sandbox = models.BooleanField(default=False)
    entries: Any = models.JSONField(default=list)
    fetched_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor", "name", "sandbox"], name="listing_once")
        ]

    def __str__(self) -> str:
        return f"{self.vendor} {self.name}"

    @classmethod
    def of(cls, vendor: str, *, sandbox: bool) -> Listings:
        """All cached lists of a vendor by name."""
        found = cls.objects.filter(vendor=vendor, sandbox=sandbox)
        return {row.name: [Entry(**entry) for entry in row.entries] for row in found}
