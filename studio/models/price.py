"""Prices beyond the vendors' documents: rules made by hand or learned, and what was observed.

The documented tables are data in the vendor's file; a rule here goes before them.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from studio import clock
from studio.models.account import Account, vendor_choices

# (vendor, model, selector) -> milli-credits
Book = dict[tuple[str, str, str], int]


class PriceRuleQuerySet(models.QuerySet["PriceRule"]):
    def book(self, operation: str = "generate") -> Book:
        """Every rule that holds now."""
        found = self.filter(operation=operation, superseded_at=None)
        rows = found.values_list("vendor", "model", "selector", "credits_milli")
        return {(vendor, model, selector): milli for vendor, model, selector, milli in rows}


class PriceObservationQuerySet(models.QuerySet["PriceObservation"]):
    def lately(self, most: int, *, sandbox: bool, operation: str = "generate") -> Book:
        """What was charged last for each model and settings, among the latest observations."""
        found = self.filter(operation=operation, account__sandbox=sandbox).order_by("-id")[:most]
        rows = list(found.values_list("vendor", "model", "selector", "charged_milli"))
        return {(vendor, model, line): milli for vendor, model, line, milli in reversed(rows)}


class PriceRule(models.Model):
    """One price. Never edited, only superseded."""

    vendor = models.CharField(max_length=20, choices=vendor_choices)
    model = models.CharField(max_length=100)
    operation = models.CharField(max_length=8, default="generate")  # generate | redub
    selector = models.CharField(max_length=300, blank=True)  # Model.price_key
    credits_milli = models.BigIntegerField()
    source = models.CharField(max_length=8, default="manual")  # manual | learned
    reason = models.CharField(max_length=300, blank=True)
    effective_from = models.DateTimeField(default=clock.now)
    superseded_at = models.DateTimeField(null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT
    )

    objects = PriceRuleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["vendor", "model", "operation", "selector"],
                condition=Q(superseded_at=None),
                name="price_rule_current",
            ),
            models.CheckConstraint(condition=Q(credits_milli__gte=0), name="price_rule_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.vendor}/{self.model} {self.selector}: {self.credits_milli}"


class PriceObservation(models.Model):
    """What a vendor really took for one order: what prices are learned from."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT)
    vendor = models.CharField(max_length=20)
    model = models.CharField(max_length=100)
    operation = models.CharField(max_length=8, default="generate")
    selector = models.CharField(max_length=300, blank=True)
    expected_milli = models.BigIntegerField(null=True)
    charged_milli = models.BigIntegerField()
    generation = models.ForeignKey("Generation", on_delete=models.PROTECT)
    at = models.DateTimeField(default=clock.now)

    objects = PriceObservationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["generation"], name="observation_once")]
        # serves the learned price of the composer: the latest for these settings
        indexes = [
            models.Index(
                fields=["vendor", "model", "operation", "selector", "-id"],
                name="observation_latest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.vendor}/{self.model} {self.selector}: {self.charged_milli}"
