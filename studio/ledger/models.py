"""The ledger's four tables and the laws that the database itself keeps.

An account has four buckets whose sum never changes: available + held + spent + outside = 0
(`outside` is negative: what came in). An entry is one movement on one account as a wide row, so
that the law is a row CHECK that SQLite can keep too. Only `book` and `verbs` write here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from studio import clock


class Unit(models.TextChoices):
    MILLI = "milli", _("thousandths of a credit")
    MICROS = "micros", _("millionths of the currency")


class Kind(models.TextChoices):
    """What an event does. hold → (amend) → (waive) → capture → (refund), or release → (late)."""

    HOLD = "hold", _("set aside")
    AMEND = "amend", _("hold changed to the vendor's quote")
    WAIVE = "waive", _("given back while the vendor's side stays open")
    CAPTURE = "capture", _("spent")
    RELEASE = "release", _("given back")
    REFUND = "refund", _("spent, then returned")
    LATE = "late", _("charged after it was given back")
    TOPUP = "topup", _("came in")
    ADJUST = "adjust", _("corrected")


class Source(models.TextChoices):
    SYSTEM = "system", _("the studio")
    VENDOR = "vendor", _("the vendor's answer")
    ADMIN = "admin", _("a person")


class State(models.TextChoices):
    HELD = "held", _("held")
    CAPTURED = "captured", _("spent")
    RELEASED = "released", _("given back")
    REFUNDED = "refunded", _("returned")
    LATE = "late", _("charged late")


FREE = (Kind.TOPUP, Kind.ADJUST)  # belong to no hold
ENDING = (Kind.CAPTURE, Kind.RELEASE)  # a hold ends in one of these, once


class Account(models.Model):
    """One purse: a pool of credits at a vendor, or one month of a budget.

    `enforce` refuses holds beyond what is available. `overdraft` is how far facts have pushed an
    enforced account below zero; every later movement that brings it up takes it down again.
    """

    key = models.CharField(max_length=120, unique=True)
    unit = models.CharField(max_length=6, choices=Unit.choices)
    enforce = models.BooleanField(default=True)
    available = models.BigIntegerField(default=0)
    held = models.BigIntegerField(default=0)
    spent = models.BigIntegerField(default=0)
    outside = models.BigIntegerField(default=0)
    overdraft = models.BigIntegerField(default=0)
    seq = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(available=-F("held") - F("spent") - F("outside")),
                name="acct_conserved",
            ),
            models.CheckConstraint(
                condition=Q(held__gte=0, spent__gte=0, overdraft__gte=0), name="acct_nonneg"
            ),
            models.CheckConstraint(
                condition=Q(enforce=False) | Q(available__gte=-F("overdraft")),
                name="acct_no_overdraft",
            ),
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="acct_unit"),
        ]

    def __str__(self) -> str:
        return self.key


class HoldQuerySet(models.QuerySet["Hold"]):
    def open_since(self, moment: datetime) -> Self:
        """Holds that nobody has resolved and that were placed at this moment or before."""
        return self.filter(state=State.HELD, created_at__lte=moment).order_by("created_at")


class Hold(models.Model):
    """Credits set aside for one order. The amounts per account are the sums of its entries."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=8, choices=State.choices, default=State.HELD)
    price_micros_per_credit = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now)
    resolved_at = models.DateTimeField(null=True, blank=True)

    objects = HoldQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="hold_state"),
            models.CheckConstraint(
                condition=Q(price_micros_per_credit__gte=0), name="hold_price_nonneg"
            ),
            models.CheckConstraint(
                condition=Q(state=State.HELD, resolved_at=None)
                | (~Q(state=State.HELD) & Q(resolved_at__isnull=False)),
                name="hold_resolved_has_time",
            ),
        ]
        indexes = [
            # the sweep: holds that stay open too long
            models.Index(fields=["created_at"], name="hold_open", condition=Q(state=State.HELD))
        ]

    def __str__(self) -> str:
        return f"{self.key} {self.state}"


class Event(models.Model):
    """One thing that happened, for one reason. Never changed, never deleted (triggers)."""

    key = models.CharField(max_length=200, unique=True)
    kind = models.CharField(max_length=7, choices=Kind.choices)
    # hold_kind_once begins with it: an index of its own would be a second copy
    hold = models.ForeignKey(
        Hold, null=True, on_delete=models.PROTECT, related_name="events", db_index=False
    )
    # no index: nobody asks the ledger what a person did
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
    )
    source = models.CharField(max_length=6, choices=Source.choices, default=Source.SYSTEM)
    reason = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)
    paid_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="event_kind"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="event_source"),
            models.CheckConstraint(
                condition=Q(kind__in=FREE, hold=None) | (~Q(kind__in=FREE) & Q(hold__isnull=False)),
                name="event_hold_matches",
            ),
            models.CheckConstraint(
                condition=~Q(kind=Kind.ADJUST) | ~Q(reason=""), name="event_adjust_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(paid_minor=0, currency="")
                | (Q(kind=Kind.TOPUP, paid_minor__gte=0) & ~Q(currency="")),
                name="event_paid_is_topup",
            ),
            models.UniqueConstraint(fields=["hold", "kind"], name="hold_kind_once"),
            models.UniqueConstraint(
                fields=["hold"], condition=Q(kind__in=ENDING), name="hold_ends_once"
            ),
        ]
        # reports and exports of a month
        indexes = [models.Index(fields=["at"], name="event_at")]

    def __str__(self) -> str:
        return self.key


def shape(kind: Kind, **law: int) -> Q:
    """How entries of this kind may look; deltas that the law does not name must be zero."""
    untouched = {f"d_{name}": 0 for name in ("held", "spent", "outside")}
    for rule in law:
        untouched.pop(rule.partition("__")[0])
    return Q(kind=kind, **untouched, **law)


class Entry(models.Model):
    """One movement on one account. Never changed, never deleted (triggers)."""

    # entry_event_account and entry_account_seq begin with these two: no indexes of their own
    event = models.ForeignKey(
        Event, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_index=False
    )
    kind = models.CharField(max_length=7, choices=Kind.choices)
    seq = models.BigIntegerField()
    d_available = models.BigIntegerField()
    d_held = models.BigIntegerField(default=0)
    d_spent = models.BigIntegerField(default=0)
    d_outside = models.BigIntegerField(default=0)
    available_after = models.BigIntegerField()
    held_after = models.BigIntegerField()
    spent_after = models.BigIntegerField()

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.CheckConstraint(
                condition=Q(d_available=-F("d_held") - F("d_spent") - F("d_outside")),
                name="entry_conserved",
            ),
            models.CheckConstraint(
                # a hold or a waiver of nothing is kept: it says whom the hold concerns
                condition=shape(Kind.HOLD, d_held__gte=0)
                | (shape(Kind.AMEND, d_held__lt=0) | shape(Kind.AMEND, d_held__gt=0))
                | shape(Kind.WAIVE, d_held__lte=0)
                | (shape(Kind.CAPTURE, d_held__lte=0, d_spent__gte=0) & ~Q(d_held=0, d_spent=0))
                | shape(Kind.RELEASE, d_held__lt=0)
                | shape(Kind.REFUND, d_spent__lt=0)
                | shape(Kind.LATE, d_spent__gt=0)
                | shape(Kind.TOPUP, d_outside__lt=0)
                | (shape(Kind.ADJUST, d_outside__lt=0) | shape(Kind.ADJUST, d_outside__gt=0)),
                name="entry_shape",
            ),
            models.UniqueConstraint(fields=["event", "account"], name="entry_event_account"),
            # a lost update becomes an IntegrityError; also serves an account's statement
            models.UniqueConstraint(fields=["account", "seq"], name="entry_account_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.d_available:+d}"
