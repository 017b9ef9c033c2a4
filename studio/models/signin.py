"""Attempts to sign in, counted in the database so that every process sees the same count."""

from __future__ import annotations

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models import Count, Q
from django.utils.crypto import salted_hmac

from studio import clock

WINDOW = timedelta(minutes=15)
PER_PERSON_AND_ADDRESS = 6
PER_PERSON = 30  # higher: somebody else's guesses should not lock a person out at once
PER_ADDRESS = 60


class SignInAttemptQuerySet(models.QuerySet["SignInAttempt"]):
    def of(self, name: str) -> Self:
        """Attempts as this person."""
        return self.filter(person=_hashed(name))


class SignInAttempt(models.Model):
    """One attempt that did not succeed (yet). Names are hashed: people type passwords there."""

    person = models.CharField(max_length=40)
    address = models.CharField(max_length=64)
    at = models.DateTimeField(default=clock.now)

    objects = SignInAttemptQuerySet.as_manager()

    class Meta:
        # serve the counts of an attempt, and the sweep of old rows
        indexes = [
            models.Index(fields=["person", "at"], name="sign_in_of_person"),
            models.Index(fields=["address", "at"], name="sign_in_from_address"),
            models.Index(fields=["at"], name="sign_in_age"),
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.at:%Y-%m-%d %H:%M}"

    @classmethod
    def allow(cls, name: str, address: str) -> bool:
        """Count an attempt; False when there were too many and no password may be tried.

        The row is written before it is counted: of many at once, none is overlooked.
        """
        now = clock.now()
        person = _hashed(name)
        cls.objects.filter(at__lte=now - WINDOW).delete()
        cls.objects.create(person=person, address=address, at=now)
        counted = cls.objects.filter(Q(person=person) | Q(address=address)).aggregate(
            both=Count("pk", filter=Q(person=person, address=address)),
            person=Count("pk", filter=Q(person=person)),
            address=Count("pk", filter=Q(address=address)),
        )
        return bool(
            counted["both"] <= PER_PERSON_AND_ADDRESS
            and counted["person"] <= PER_PERSON
            and counted["address"] <= PER_ADDRESS
        )

    @classmethod
    def forget(cls, name: str, address: str) -> None:
        """The person got in: what was counted from there is forgotten."""
        cls.objects.of(name).filter(address=address).delete()


def _hashed(name: str) -> str:
    return salted_hmac("studio.sign-in", name.strip().casefold()).hexdigest()[:40]
