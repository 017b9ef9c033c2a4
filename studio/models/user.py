"""People, what they may do in the studio, and invitations to it."""

from __future__ import annotations

from uuid import uuid4

from django.contrib.auth.models import AbstractUser
from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from studio import clock


class Role(models.TextChoices):
    """What a person may do in the studio as a whole; projects have roles of their own."""

    OWNER = "owner", _("Owner")
    MANAGER = "manager", _("Manager of keys and credits")
    MEMBER = "member", _("Member")


class User(AbstractUser):
    """A person. Never deleted once the ledger names them: deactivated instead."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.MEMBER)
    confirm_above_micros = models.BigIntegerField(
        null=True, blank=True, help_text=_("Ask before orders dearer than this.")
    )
    time_zone = models.CharField(max_length=64, blank=True)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["email"], condition=~Q(email=""), name="user_email_unique"
            )
        ]

    @property
    def manages(self) -> bool:
        """May this person see and change accounts, keys and credits?"""
        return self.is_active and (self.is_superuser or self.role in (Role.OWNER, Role.MANAGER))


class Installation(models.Model):
    """One row, made together with the first owner: two simultaneous set-ups cannot both win."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    owner = models.ForeignKey(User, on_delete=models.PROTECT)
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="installation_single")]

    def __str__(self) -> str:
        return f"installed {self.created_at:%Y-%m-%d}"

    @classmethod
    def done(cls) -> bool:
        """Has the studio an owner? Then the set-up is closed for good."""
        if cls.objects.exists():
            return True
        # made in the shell: whoever opens the page must not become an owner beside them
        running = Q(role=Role.OWNER) | Q(is_superuser=True)
        return User.objects.filter(running, is_active=True).exists()

    @classmethod
    def begin(cls, owner: User) -> bool:
        """Save the first owner (its password set, not yet saved); False when one was faster."""
        owner.role, owner.is_staff, owner.is_superuser = Role.OWNER, True, True
        try:
            with transaction.atomic():
                owner.save(force_insert=True)
                cls.objects.create(owner=owner)
        except IntegrityError:
            return False
        return True


class Invitation(models.Model):
    """A link by which one person may join; single use, only its hash is kept."""

    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    token_hash = models.CharField(max_length=64, unique=True)
    email = models.EmailField(blank=True)
    role = models.CharField(max_length=8, choices=Role.choices, default=Role.MEMBER)
    project = models.ForeignKey("Project", null=True, blank=True, on_delete=models.CASCADE)
    project_role = models.CharField(max_length=8, blank=True)
    invited_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="invitations_sent")
    accepted_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)
    expires_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.email or str(self.uuid)
