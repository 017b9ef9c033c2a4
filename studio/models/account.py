"""Accounts at vendors (one pool of credits each) and their sealed keys.

Balance lives in the ledger under `pool_key`; slots, rate and price per credit live here.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from studio import clock, vault
from studio.vendors import VENDORS


def vendor_choices() -> list[tuple[str, str]]:
    """Callable, so that a new vendor needs no migration."""
    return [(slug, vendor.label) for slug, vendor in VENDORS.items()]


class Pause(models.TextChoices):
    """Why an account or a key is not used for new orders, and what ends it."""

    NONE = "", _("in use")
    AUTH = "auth", _("the key was refused")  # a free question that it answers (keys.py)
    CREDITS = "credits", _("out of credits")  # an order that is taken, or a person
    RATE = "rate", _("asked to slow down")  # its time
    ERRORS = "errors", _("the vendor fails")  # a question that is answered
    ORDERS = "orders", _("orders get no answer")  # an order that is answered
    ADMIN = "admin", _("paused by an admin")  # a person


# How long the next try of a refused key waits: at first, and after each further refusal.
PROBES = (
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=6),
)
NOTED_EVERY = timedelta(seconds=10)


class AccountQuerySet(models.QuerySet["Account"]):
    def serving(self, vendor: str) -> Self:
        """Accounts that may take a new order of this vendor, best first.

        Sandbox accounts serve only while the vendor has no enabled live account. Whether the
        sandbox is on is the worker's to know (`serves`): a shell that orders is not told.
        """
        live = self.model.objects.filter(vendor=vendor, enabled=True, sandbox=False)
        found = self.filter(Q(sandbox=False) | ~models.Exists(live), vendor=vendor, enabled=True)
        return found.order_by("-priority", "-weight", "id")

    def offered(self) -> Self:
        """Every account that is switched on, vendor by vendor."""
        return self.filter(enabled=True).order_by("vendor", "-priority", "id")

    def with_keys(self) -> Self:
        """With their keys, in one query more and without the sealed secrets."""
        open_ = Key.objects.only("id", "account_id", "state", "pause")
        return self.prefetch_related(models.Prefetch("keys", open_))

    def with_readiness(self) -> Self:
        """Those with a key for orders, and with `can_send`: one of them is taken right now."""
        keys = Key.objects.active().filter(account=models.OuterRef("pk"))
        return self.filter(models.Exists(keys)).annotate(
            can_send=models.Exists(keys.filter(pause=""))
        )

    def silent(self, now: datetime) -> Self:
        """Accounts that did not answer, and whose next probe is due."""
        return self.filter(enabled=True, pause=Pause.ERRORS, paused_until__lte=now)


class Account(models.Model):
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    vendor = models.CharField(max_length=20, choices=vendor_choices)
    name = models.CharField(max_length=80)
    sandbox = models.BooleanField(default=False)
    plan = models.CharField(max_length=20, blank=True)
    client_id = models.CharField(max_length=120, blank=True)
    enabled = models.BooleanField(default=True)
    priority = models.SmallIntegerField(default=0)
    weight = models.PositiveSmallIntegerField(default=1)
    max_in_flight = models.PositiveSmallIntegerField(default=20)
    rate_per_minute = models.PositiveSmallIntegerField(default=0, help_text=_("0: no limit."))
    currency = models.CharField(max_length=3, default="USD")
    price_micros_per_credit = models.BigIntegerField(default=0)
    low_balance_milli = models.BigIntegerField(null=True, blank=True)
    default_hold_milli = models.BigIntegerField(
        default=100_000, help_text=_("Held while a vendor's price is not known yet.")
    )
    failure_policy = models.CharField(
        max_length=20, blank=True, help_text=_("Empty: what the vendor documents.")
    )
    pause = models.CharField(max_length=8, choices=Pause.choices, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0, help_text=_("Unanswered, in a row."))
    doubts = models.PositiveSmallIntegerField(
        default=0, help_text=_("Orders without an answer, in a row.")
    )
    last_ok_at = models.DateTimeField(null=True, blank=True)
    notes = models.TextField(blank=True)
    created_at = models.DateTimeField(default=clock.now)

    objects = AccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["vendor", "name"], name="account_name_per_vendor"),
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=100), name="account_weight"
            ),
            models.CheckConstraint(condition=Q(max_in_flight__gte=1), name="account_slots"),
            models.CheckConstraint(
                condition=Q(price_micros_per_credit__gte=0), name="account_price"
            ),
            models.CheckConstraint(
                condition=Q(paused_until=None) | ~Q(pause=""), name="account_pause_has_reason"
            ),
        ]
        # serves the choice of an account for an order
        indexes = [models.Index(fields=["vendor", "enabled", "-priority"], name="account_choice")]

    def __str__(self) -> str:
        return f"{self.vendor} {self.name}"

    @property
    def pool_key(self) -> str:
        """The ledger's account for this pool of credits."""
        return f"pool:{self.uuid}"

    @property
    def origin(self) -> str:
        """Scheme, host and port to talk to."""
        if self.sandbox:
            return str(settings.STUDIO_SANDBOX_URL)
        return str(settings.STUDIO_VENDOR_URLS.get(self.vendor, VENDORS[self.vendor].origin))

    @property
    def refund_policy(self) -> str:
        """What a failed job does to the pool: the admin's word, else the vendor's."""
        return self.failure_policy or str(VENDORS[self.vendor].refund)

    def money(self, credits_milli: int) -> int:
        """Worth of these credits in micros of the installation's currency, rounded half up."""
        return (credits_milli * self.price_micros_per_credit + 500) // 1000

    @property
    def serves(self) -> bool:
        """May it be sent to at all? Not when it is switched off, or the sandbox it lives in is."""
        return self.enabled and (not self.sandbox or settings.STUDIO_SANDBOX)

    def hold_back(self, pause: str, until: datetime | None) -> None:
        """Use this account for no new order until then (None: until a person acts).

        A weaker reason does not loosen a stronger one, and no wait is made shorter by another.
        """
        rows = Account.objects.filter(pk=self.pk).exclude(pause=Pause.ADMIN)
        if pause in (Pause.RATE, Pause.ERRORS, Pause.ORDERS):
            rows = rows.exclude(pause=Pause.CREDITS)
            if until is not None:
                rows = rows.exclude(pause__in=[Pause.RATE, Pause.ORDERS], paused_until__gt=until)
        rows.update(pause=pause, paused_until=until)

    def resume(self) -> None:
        """A person says that it may be used again (a top-up, a switch): nothing is held back."""
        Account.objects.filter(pk=self.pk).update(pause="", paused_until=None, failures=0, doubts=0)

    def note_answer(self) -> None:
        """The vendor answered a question. Writes only when there is something to write."""
        now = clock.now()
        over = Q(pause=Pause.ERRORS) | Q(pause=Pause.RATE, paused_until__lte=now)
        stale = Q(last_ok_at=None) | Q(last_ok_at__lt=now - NOTED_EVERY) | Q(failures__gt=0)
        row = Account.objects.filter(pk=self.pk)
        if row.filter(over | stale).exists():
            row.filter(over).update(pause="", paused_until=None)
            row.update(last_ok_at=now, failures=0)

    def note_order(self, *, taken: bool) -> None:
        """The vendor answered an order: it took it, or it said no for a reason of the order's."""
        self.note_answer()
        over = [Pause.ORDERS, Pause.CREDITS] if taken else [Pause.ORDERS]
        row = Account.objects.filter(pk=self.pk)
        row.filter(pause__in=over).update(pause="", paused_until=None)
        row.exclude(doubts=0).update(doubts=0)

    def note_trouble(self) -> int:
        """The vendor failed to answer; returns how many times in a row."""
        return self._count("failures")

    def note_doubt(self) -> int:
        """An order got no usable answer; returns how many in a row."""
        return self._count("doubts")

    def _count(self, field: str) -> int:
        Account.objects.filter(pk=self.pk).update(**{field: F(field) + 1})
        self.refresh_from_db(fields=[field])
        return int(getattr(self, field))


class KeyState(models.TextChoices):
    ACTIVE = "active", _("In use")
    DRAINING = "draining", _("Only for running work")
    DISABLED = "disabled", _("Off")
    REVOKED = "revoked", _("Revoked, secret wiped")


class KeyQuerySet(models.QuerySet["Key"]):
    def active(self) -> Self:
        """Keys meant for new orders, whether the vendor takes them at the moment or not."""
        return self.filter(state=KeyState.ACTIVE)

    def usable(self) -> Self:
        """Keys that may send new orders now."""
        return self.active().filter(pause="")

    def readable(self) -> Self:
        """Keys that may ask about running work now, the best first."""
        asking = [KeyState.ACTIVE, KeyState.DRAINING]
        return self.filter(state__in=asking, pause="").order_by("state", "id")

    def to_probe(self, now: datetime) -> Self:
        """Refused keys whose next try is due."""
        return self.filter(
            Q(paused_until=None) | Q(paused_until__lte=now),
            state__in=[KeyState.ACTIVE, KeyState.DRAINING],
            pause=Pause.AUTH,
        )


class Key(models.Model):
    """One API key. The secret is sealed to this very row and is never shown again."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="keys")
    label = models.CharField(max_length=80, blank=True)
    sealed = models.TextField(blank=True)
    kid = models.CharField(max_length=8, db_index=True)
    last4 = models.CharField(max_length=4)
    fingerprint = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=8, choices=KeyState.choices, default=KeyState.ACTIVE)
    pause = models.CharField(max_length=8, choices=Pause.choices, blank=True)
    paused_until = models.DateTimeField(null=True, blank=True)
    probe_step = models.PositiveSmallIntegerField(default=0)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)
    last_error_text = models.CharField(max_length=300, blank=True)
    rotated_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT
    )
    created_at = models.DateTimeField(default=clock.now)
    retired_at = models.DateTimeField(null=True, blank=True)

    objects = KeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=(Q(state=KeyState.REVOKED) & Q(sealed=""))
                | (~Q(state=KeyState.REVOKED) & ~Q(sealed="")),
                name="key_revoked_is_wiped",
            )
        ]
        # serves the choice of a key of an account
        indexes = [models.Index(fields=["account", "state"], name="key_choice")]

    def __str__(self) -> str:
        return f"{self.account} ····{self.last4}"

    @classmethod
    def sealed_for(cls, account: Account, secret: str, **fields: object) -> Key:
        """A new, unsaved key: the id is made first, for the seal is bound to it."""
        key = cls(account=account, **fields)
        key.seal(secret)
        return key

    def seal(self, secret: str) -> None:
        """Put this secret into the row (not saved)."""
        self.sealed = vault.seal(secret, vendor=self.account.vendor, key_id=self.id)
        self.kid = vault.kid(self.sealed)
        self.last4 = secret[-4:] if len(secret) >= 12 else ""
        self.fingerprint = vault.fingerprint(secret)

    def open(self) -> vault.Secret:
        """The secret; raises vault.VaultError loudly, never returns something else."""
        return vault.open_sealed(self.sealed, vendor=self.account.vendor, key_id=self.id)

    def note_refused(self, text: str) -> None:
        """The vendor refused it: it is used for nothing but a free try from time to time.

        Many questions refused at once count as one refusal.
        """
        now = clock.now()
        wait = PROBES[min(self.probe_step, len(PROBES) - 1)]
        Key.objects.filter(pk=self.pk, probe_step=self.probe_step).update(
            pause=Pause.AUTH,
            paused_until=now + wait,
            probe_step=F("probe_step") + 1,
            last_error_at=now,
            last_error_text=text[:300],
        )

    def probe_later(self) -> None:
        """The try came to nothing, the key is not to blame: try again soon."""
        Key.objects.filter(pk=self.pk).update(paused_until=clock.now() + PROBES[0])

    def note_success(self) -> None:
        """The vendor took it: whatever held it back is over."""
        Key.objects.filter(pk=self.pk).update(
            last_ok_at=clock.now(), pause="", paused_until=None, probe_step=0
        )
