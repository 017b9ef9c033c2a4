"""Where a generation stands: the words, the ways between them and the named sets of them.

Rows change their stage by Generation.move only.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Stage(models.TextChoices):
    """Where a generation stands.

    ordered -> sending -> working -> saving -> ready
                  |  |        |         `-> lost
                  |  |        `-> failed
                  |  `-> in_doubt -> working | refused  (by evidence or a person)
                  `-> ordered (surely not sent) | refused
    ordered -> cancelled | refused
    """

    ORDERED = "ordered", _("Waiting")
    SENDING = "sending", _("Sending")
    IN_DOUBT = "in_doubt", _("Sent, no answer")
    WORKING = "working", _("Working")
    SAVING = "saving", _("Saving a copy")
    READY = "ready", _("Ready")
    REFUSED = "refused", _("Refused")
    FAILED = "failed", _("Failed")
    LOST = "lost", _("Lost at the vendor")
    CANCELLED = "cancelled", _("Cancelled")


WAY: dict[str, frozenset[str]] = {
    # refused here: its account was closed, or its picture is gone, before it could be sent
    Stage.ORDERED: frozenset({Stage.SENDING, Stage.CANCELLED, Stage.REFUSED}),
    Stage.SENDING: frozenset({Stage.WORKING, Stage.ORDERED, Stage.REFUSED, Stage.IN_DOUBT}),
    # a late answer still wins over doubt
    Stage.IN_DOUBT: frozenset({Stage.WORKING, Stage.REFUSED}),
    Stage.WORKING: frozenset({Stage.SAVING, Stage.FAILED}),
    Stage.SAVING: frozenset({Stage.READY, Stage.LOST}),
}
# Something will still happen by itself, or must be decided.
UNFINISHED = frozenset({Stage.ORDERED, Stage.SENDING, Stage.IN_DOUBT, Stage.WORKING, Stage.SAVING})
# The vendor may be at work on it: occupies a slot of the account.
IN_FLIGHT = frozenset({Stage.SENDING, Stage.WORKING})
# The vendor's credits are set aside and not yet settled.
HELD = frozenset({Stage.ORDERED, Stage.SENDING, Stage.IN_DOUBT, Stage.WORKING})
# Ended without a video.
FELL = frozenset({Stage.REFUSED, Stage.FAILED, Stage.LOST, Stage.CANCELLED})
