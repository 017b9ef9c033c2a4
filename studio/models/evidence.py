"""What was done with keys, and what vendors said of our credits: rows that are only added to."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from studio import clock
from studio.models.account import Account, Key


class KeyEvent(models.Model):
    """What was done with a key, by whom. Only ever added to."""

    key = models.ForeignKey(Key, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=12)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT
    )
    detail = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class BalanceReading(models.Model):
    """What the vendor's own books said at one moment, beside what ours expected."""

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="readings")
    source = models.CharField(max_length=8)  # api | manual | refusal
    credits_milli = models.BigIntegerField(null=True)
    expected_milli = models.BigIntegerField()
    held_milli = models.BigIntegerField()
    read_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT
    )
    read_at = models.DateTimeField(default=clock.now)

    class Meta:
        # serves the account's card: the latest reading
        indexes = [models.Index(fields=["account", "-id"], name="reading_latest")]

    def __str__(self) -> str:
        return f"{self.account} {self.credits_milli}"
