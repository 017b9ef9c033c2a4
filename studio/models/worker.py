"""Who is at work: heartbeats of workers, and leases that make a task a singleton.

Health is judged from these rows, never from the queue's own words.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q

from studio import clock

ALIVE = timedelta(seconds=10)
# No lease is taken for longer: one that seems to be was taken by a clock that has been set back.
LONGEST = timedelta(minutes=10)


class Beat(models.Model):
    """One running incarnation of the worker; its row goes when it is known to be dead."""

    owner = models.CharField(max_length=40, primary_key=True)
    host = models.CharField(max_length=120)
    pid = models.PositiveIntegerField()
    started_at = models.DateTimeField(default=clock.now)
    beat_at = models.DateTimeField(default=clock.now)

    class Meta:
        # serves "is anybody at work?"
        indexes = [models.Index(fields=["-beat_at"], name="beat_latest")]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"

    @classmethod
    def owners_alive(cls, now: datetime) -> set[str]:
        """Incarnations that were heard of lately."""
        return set(cls.objects.filter(beat_at__gt=now - ALIVE).values_list("owner", flat=True))


class Lease(models.Model):
    """A named right to do something alone. `epoch` grows with every new holder."""

    name = models.CharField(max_length=40, primary_key=True)
    owner = models.CharField(max_length=60, blank=True)
    until = models.DateTimeField()
    epoch = models.PositiveBigIntegerField(default=0)
    facts = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"{self.name} held by {self.owner or 'nobody'}"

    @classmethod
    def take(cls, name: str, owner: str, life: timedelta) -> bool:
        """Take the lease if it is free or over; one conditional UPDATE decides."""
        now = clock.now()
        cls.objects.get_or_create(name=name, defaults={"until": now})
        free = Q(until__lte=now) | Q(until__gt=now + LONGEST) | Q(owner=owner)
        return bool(
            cls.objects.filter(free, name=name).update(
                owner=owner, until=now + life, epoch=F("epoch") + 1
            )
        )

    @classmethod
    def held(cls, name: str) -> bool:
        """Does somebody hold it at this moment?"""
        now = clock.now()
        return cls.objects.filter(name=name, until__gt=now, until__lte=now + LONGEST).exists()

    @classmethod
    def renew(cls, name: str, owner: str, life: timedelta, facts: dict[str, object]) -> bool:
        """Hold on to it; False when somebody else has it now."""
        return bool(
            cls.objects.filter(name=name, owner=owner).update(until=clock.now() + life, facts=facts)
        )

    @classmethod
    def release(cls, name: str, owner: str) -> None:
        """Give it back before its time."""
        cls.objects.filter(name=name, owner=owner).update(until=clock.now(), owner="")
