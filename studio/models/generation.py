"""One order and its fate: at most one paid request. A retry is a new generation.

The stages stand in stage.py; money moves in pipeline/.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Self
from uuid import UUID, uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from studio import clock
from studio.models.account import Account, Key, vendor_choices
from studio.models.batch import Batch
from studio.models.image import SourceImage
from studio.models.project import Project
from studio.models.sound import Sound
from studio.models.stage import FELL, UNFINISHED, WAY, Stage
from studio.vendors import find_model
from studio.vendors.base import Makes, Model
from studio.vendors.errors import Fault


def fault_choices() -> list[tuple[str, str]]:
    """Callable, so that the failure book can grow without a migration."""
    return [(fault.value, fault.value) for fault in Fault]


class GenerationQuerySet(models.QuerySet["Generation"]):
    def visible_to(self, user: Any) -> Self:
        """Generations of the projects that this person sees."""
        return self.filter(project__in=Project.objects.visible_to(user))

    def editable_by(self, user: Any) -> Self:
        """Generations of the projects in which this person may change things."""
        return self.filter(project__in=Project.objects.editable_by(user))

    def kept(self) -> Self:
        """The trash left out."""
        return self.filter(trashed_at=None)

    def newest(self) -> Self:
        """Newest first: the order of the gallery."""
        return self.order_by("-id")

    def newest_pk(self) -> int:
        """The key of the newest one, 0 when there is none."""
        return self.newest().values_list("pk", flat=True).first() or 0

    def older_than(self, pk: int) -> Self:
        """The part of the gallery after this one."""
        return self.filter(pk__lt=pk)

    def newer_than(self, pk: int) -> Self:
        """What was ordered since."""
        return self.filter(pk__gt=pk)

    def in_stages(self, stages: Iterable[str]) -> Self:
        """Only these stages."""
        return self.filter(stage__in=list(stages))

    def ordered_by(self, user: Any) -> Self:
        """One person's own."""
        return self.filter(user=user)

    def shown(self, tab: str) -> Self:
        """The part of the gallery behind one of its tabs; any other word is the whole of it."""
        if tab == "starred":
            return self.kept().filter(favourite=True)
        stages = {"progress": UNFINISHED, "ready": frozenset({Stage.READY}), "failed": FELL}.get(
            tab
        )
        return self.kept().in_stages(sorted(stages)) if stages else self.kept()

    def drawn(self) -> Self:
        """With all that a card shows, in two queries more than the rows."""
        return self.select_related("video", "account", "project").prefetch_related(
            models.Prefetch("inputs", Input.objects.select_related("image", "sound")),
            models.Prefetch("made_images", SourceImage.objects.order_by("id")),
        )

    def among(self, uuids: Iterable[UUID | str]) -> Self:
        """Only these."""
        return self.filter(uuid__in=list(uuids))

    def among_or_after(self, uuids: Iterable[UUID | str], pk: int) -> list[tuple[int, UUID, int]]:
        """(id, uuid, version) of these, and of all that were ordered after `pk`."""
        found = self.filter(Q(uuid__in=list(uuids)) | Q(pk__gt=pk))
        return list(found.values_list("pk", "uuid", "version")[:500])

    def done_lately(self, vendor: str, model: str, *, sandbox: bool) -> Self:
        """The last ones of this model that became ready: what "usually takes" is read from."""
        return self.filter(
            stage=Stage.READY,
            vendor=vendor,
            model=model,
            sandbox=sandbox,
            accepted_at__isnull=False,
        ).order_by("-id")[:30]

    def due(self, now: datetime) -> Self:
        """Whose next step is due."""
        return self.filter(due_at__lte=now)


class Generation(models.Model):
    # identity: `id` is the ordering key of every list, `uuid` the public name and the hold's key
    uuid = models.UUIDField(default=uuid4, unique=True, editable=False)
    # made with the form, so that a second press finds the first order
    request_id = models.UUIDField(default=uuid4, unique=True)
    project = models.ForeignKey(Project, on_delete=models.PROTECT, related_name="generations")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="generations"
    )
    batch = models.ForeignKey(
        Batch, null=True, blank=True, on_delete=models.PROTECT, related_name="generations"
    )
    retry_of = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="retries"
    )
    source = models.ForeignKey(
        "Video",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="versions_ordered",
        help_text=_("The video this order starts from (a re-dub)."),
    )

    # content: everything the order was, kept for ever
    vendor = models.CharField(max_length=20, choices=vendor_choices)
    model = models.CharField(max_length=100)
    operation = models.CharField(max_length=8, default="generate")  # generate | redub
    makes = models.CharField(max_length=5, default=Makes.VIDEO)
    prompt = models.TextField(blank=True)
    values = models.JSONField(default=dict)
    sandbox = models.BooleanField(default=False)

    # state
    stage = models.CharField(max_length=9, choices=Stage.choices, default=Stage.ORDERED)
    version = models.PositiveIntegerField(default=1)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="generations")
    key = models.ForeignKey(
        Key, null=True, blank=True, on_delete=models.PROTECT, related_name="generations"
    )
    ticket = models.CharField(max_length=200, blank=True)
    ticket_alias = models.CharField(max_length=200, blank=True)
    hook_token = models.CharField(max_length=64, blank=True)
    vendor_word = models.CharField(max_length=80, blank=True)
    owner = models.CharField(max_length=40, blank=True, help_text=_("Who has claimed it."))
    lease_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True, default=clock.now)
    polls = models.PositiveIntegerField(default=0)
    attempts = models.PositiveIntegerField(default=0, help_text=_("Tries of the present step."))
    gone_seen = models.PositiveSmallIntegerField(default=0)
    result_urls = models.JSONField(default=list, blank=True)
    thumbnail_url = models.TextField(blank=True)
    progress = models.PositiveBigIntegerField(default=0, help_text=_("Bytes fetched so far."))

    # money, in thousandths of the vendor's credit
    asked_milli = models.BigIntegerField()
    quoted_milli = models.BigIntegerField(null=True, blank=True)
    charged_milli = models.BigIntegerField(null=True, blank=True)
    price_source = models.CharField(max_length=8)  # table | rule | learned | default
    price_key = models.CharField(max_length=300, blank=True)
    price_micros_per_credit = models.BigIntegerField(default=0)

    # failure
    fault = models.CharField(max_length=20, choices=fault_choices, blank=True)
    fault_code = models.CharField(max_length=80, blank=True)
    fault_message = models.TextField(blank=True)

    # evidence, without secrets
    raw_request = models.JSONField(null=True, blank=True)
    raw_answer = models.JSONField(null=True, blank=True)
    seed = models.BigIntegerField(null=True, blank=True)

    # times
    ordered_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    accepted_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    deadline_at = models.DateTimeField(null=True, blank=True)
    called_at = models.DateTimeField(
        null=True, blank=True, help_text=_("When a webhook last asked for a question.")
    )
    vendor_keeps_until = models.DateTimeField(null=True, blank=True)
    trashed_at = models.DateTimeField(null=True, blank=True)
    favourite = models.BooleanField(default=False)

    objects = GenerationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "ticket"],
                condition=~Q(ticket=""),
                name="generation_ticket_once",
            ),
            # an id comes with acceptance and never before it
            models.CheckConstraint(
                condition=~Q(stage__in=[Stage.WORKING, Stage.SAVING, Stage.READY, Stage.FAILED])
                | ~Q(ticket=""),
                name="generation_accepted_has_ticket",
            ),
            models.CheckConstraint(
                condition=~Q(stage__in=[Stage.SENDING, Stage.IN_DOUBT]) | Q(sent_at__isnull=False),
                name="generation_sent_has_time",
            ),
            models.CheckConstraint(
                condition=Q(stage__in=sorted(UNFINISHED)) | Q(ended_at__isnull=False),
                name="generation_ended_has_time",
            ),
        ]
        indexes = [
            # the gallery of a project, newest first
            models.Index(
                fields=["project", "-id"], name="generation_gallery", condition=Q(trashed_at=None)
            ),
            # the gallery filtered by stage
            models.Index(fields=["project", "stage", "-id"], name="generation_by_stage"),
            models.Index(fields=["project", "vendor", "-id"], name="generation_by_vendor"),
            models.Index(
                fields=["project", "-id"],
                name="generation_favourites",
                condition=Q(favourite=True),
            ),
            # one person's own
            models.Index(fields=["user", "-id"], name="generation_by_user"),
            # the tick: what is due at an account
            models.Index(
                fields=["account", "due_at"],
                name="generation_polls",
                condition=Q(stage=Stage.WORKING),
            ),
            # the sweep, the slots and "needs a decision": everything unfinished
            models.Index(
                fields=["stage", "due_at"],
                name="generation_unfinished",
                condition=Q(stage__in=sorted(UNFINISHED)),
            ),
            # how many orders left within the last minute
            models.Index(
                fields=["account", "sent_at"],
                name="generation_sent",
                condition=Q(sent_at__isnull=False),
            ),
            # a webhook finds its order
            models.Index(
                fields=["hook_token"], name="generation_hook", condition=~Q(hook_token="")
            ),
            # how long this model usually takes
            models.Index(
                fields=["vendor", "model", "-id"],
                name="generation_history",
                condition=Q(stage=Stage.READY),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.vendor}/{self.model} {self.stage}"

    def get_absolute_url(self) -> str:
        return reverse("generation", args=[self.uuid])

    def move(
        self,
        from_: str | Iterable[str],
        to: str,
        *,
        only: dict[str, Any] | None = None,
        **changes: Any,
    ) -> bool:
        """Change the stage if it still is `from_`; False means that someone was faster.

        One conditional UPDATE, alike on SQLite and PostgreSQL; `only` are further conditions.
        `changes` are set with it, on the row and, after success, on this object. Raises
        ValueError for a way that does not exist.
        """
        sources = [from_] if isinstance(from_, str) else list(from_)
        for source in sources:
            if to not in WAY.get(source, frozenset()):
                raise ValueError(f"no way from {source} to {to}")
        if to not in UNFINISHED:
            changes.setdefault("ended_at", clock.now())
            changes.setdefault("due_at", None)
            changes.setdefault("lease_until", None)
            changes.setdefault("owner", "")
        return self.change(stage__in=sources, then={"stage": to, **changes}, **(only or {}))

    def change(self, *, then: dict[str, Any], **expected: Any) -> bool:
        """Set `then` on the row if it still is as `expected`; the card's version goes up."""
        changed = Generation.objects.filter(pk=self.pk, **expected).update(
            version=F("version") + 1, **then
        )
        if changed:
            for name, value in then.items():
                setattr(self, name, value)
        return bool(changed)

    def star(self, *, on: bool) -> None:
        """Mark it or not. No card has to be drawn anew for it: the version stays."""
        Generation.objects.filter(pk=self.pk).update(favourite=on)
        self.favourite = on

    def note(self, what: str, detail: str = "") -> None:
        """Add a line to this generation's story."""
        Moment.objects.create(generation=self, what=what, detail=detail[:500])

    @property
    def spec(self) -> Model | None:
        """The model as the catalog has it today; None when it is no longer offered."""
        try:
            return find_model(f"{self.vendor}/{self.model}")[1]
        except LookupError:
            return None

    @property
    def model_key(self) -> str:
        """`vendor/slug`."""
        return f"{self.vendor}/{self.model}"

    @property
    def unfinished(self) -> bool:
        return self.stage in UNFINISHED

    @property
    def fell(self) -> bool:
        return self.stage in FELL

    @property
    def hold_key(self) -> str:
        """What the ledger knows this generation by."""
        return str(self.uuid)


class Input(models.Model):
    """A picture or sound that an order was made with; never deleted with the library's entry."""

    class Kind(models.TextChoices):
        START = "start", _("Start image")
        END = "end", _("End image")
        AUDIO = "audio", _("Sound")

    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="inputs")
    kind = models.CharField(max_length=5, choices=Kind.choices)
    position = models.PositiveSmallIntegerField(default=0)
    image = models.ForeignKey(
        SourceImage, null=True, blank=True, on_delete=models.PROTECT, related_name="uses"
    )
    sound = models.ForeignKey(
        Sound, null=True, blank=True, on_delete=models.PROTECT, related_name="uses"
    )

    class Meta:
        ordering = ["kind", "position"]
        constraints = [
            models.UniqueConstraint(
                fields=["generation", "kind", "position"], name="input_place_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="audio", sound__isnull=False, image=None)
                | Q(kind__in=["start", "end"], image__isnull=False, sound=None),
                name="input_is_what_it_says",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.image or self.sound}"


class Moment(models.Model):
    """A line in a generation's story: what happened when, for people and for evidence."""

    generation = models.ForeignKey(Generation, on_delete=models.PROTECT, related_name="moments")
    at = models.DateTimeField(default=clock.now)
    what = models.CharField(max_length=30)
    detail = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.what} {self.detail}".strip()
