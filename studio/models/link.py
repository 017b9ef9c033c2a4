"""Expiring links by which a vendor fetches one image or sound of ours, and nothing else.

Only a hash of the token is kept; a link can be revoked, and dies with its generation.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import F

from studio import clock
from studio.models.generation import Generation
from studio.models.image import SourceImage
from studio.models.sound import Sound

LIFE = timedelta(hours=24)
FETCHES = 20


def new_token() -> str:
    """An address part that nobody can guess: 192 random bits."""
    return secrets.token_urlsafe(24)


def token_hash(token: str) -> str:
    """What is kept of a token: enough to recognise it, too little to use it."""
    return hashlib.sha256(token.encode()).hexdigest()


class LinkQuerySet(models.QuerySet["Link"]):
    def alive(self, token: str, now: datetime) -> Self:
        """The link of this token, if it may still be used."""
        return self.filter(
            token_hash=token_hash(token),
            expires_at__gt=now,
            revoked_at=None,
            fetches__lt=FETCHES,
        )

    def with_file(self) -> Self:
        """With what it leads to, in the same query."""
        return self.select_related("generation", "image", "sound")

    def revoke(self) -> int:
        """None of these may be used any more."""
        return self.filter(revoked_at=None).update(revoked_at=clock.now())


class Link(models.Model):
    token_hash = models.CharField(max_length=64, unique=True)
    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="links")
    image = models.ForeignKey(SourceImage, null=True, on_delete=models.PROTECT)
    sound = models.ForeignKey(Sound, null=True, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    fetches = models.PositiveSmallIntegerField(default=0)
    first_fetched_at = models.DateTimeField(null=True, blank=True)

    objects = LinkQuerySet.as_manager()

    def __str__(self) -> str:
        return f"link for {self.generation}"

    @classmethod
    def make(
        cls,
        generation: Generation,
        *,
        image: SourceImage | None = None,
        sound: Sound | None = None,
    ) -> str:
        """Make a link and return its token, which is kept nowhere."""
        token = new_token()
        cls.objects.create(
            token_hash=token_hash(token),
            generation=generation,
            image=image,
            sound=sound,
            expires_at=clock.now() + LIFE,
        )
        return token

    def use(self, now: datetime) -> bool:
        """Count one fetch; False when it was one too many.

        The first one is evidence that the vendor has the order, and is kept in its story.
        """
        used = Link.objects.filter(pk=self.pk, fetches__lt=FETCHES).update(fetches=F("fetches") + 1)
        if Link.objects.filter(pk=self.pk, first_fetched_at=None).update(first_fetched_at=now):
            self.generation.note("fetched", str(self.image or self.sound or ""))
        return bool(used)
