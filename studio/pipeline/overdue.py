"""What has waited too long: told to managers, and ended when nothing more can come of it.

Nothing ends silently: each end is a line in the story, and an alert.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import Q
from django.utils.translation import gettext as _

from studio import clock
from studio.models import Account, Alert, Generation, Stage
from studio.pipeline import settle
from studio.pipeline.lines import held_back, sending_key
from studio.pipeline.submit import turn_away
from studio.vendors.base import Report, State
from studio.vendors.errors import Fault

logger = logging.getLogger(__name__)

AT_ONCE = 100
STRANDED_AFTER = timedelta(hours=24)
KEEPS_UNKNOWN = timedelta(days=7)  # how long to ask on where a vendor names no date
LAST_LOOK = timedelta(hours=3)  # a question an hour: the date has passed for more than one


def turn_away_stranded() -> None:
    """An order that could not be sent for a day, and cannot now, frees its credits again."""
    now = clock.now()
    old = Generation.objects.in_stages([Stage.ORDERED]).filter(ordered_at__lt=now - STRANDED_AFTER)
    rows = old.select_related("account").order_by("id")[:AT_ONCE]
    for row in rows:
        why = _stranded(row.account)
        if why and turn_away(row, Fault.KEY, why):
            Alert.raise_("stranded", f"stranded:{row.account_id}", f"{row.account}: {why}")


def _stranded(account: Account) -> str:
    if held_back(account, clock.now()):
        return _("It could not be sent for a day: its account was paused.")
    if sending_key(account) is None:
        return _("It could not be sent for a day: its account has no key in use.")
    return ""  # only a long queue


def tell_overdue() -> None:
    """Work that runs past its deadline: people are told, and it is asked about more slowly."""
    now = clock.now()
    late = Generation.objects.in_stages([Stage.WORKING]).filter(deadline_at__lt=now)
    rows = late.exclude(moments__what="overdue").select_related("account").order_by("id")
    for row in rows[:AT_ONCE]:
        row.note("overdue", "no end in sight; it is asked about once an hour from now on")
        text = f"{row.account}: work takes far longer than usual"
        Alert.raise_("overdue", f"overdue:{row.account_id}", text)


def give_up() -> None:
    """The vendor has deleted by now whatever it may have made: nothing can come any more."""
    now = clock.now()
    past = Q(vendor_keeps_until__lt=now - LAST_LOOK) | Q(
        vendor_keeps_until=None, accepted_at__lt=now - KEEPS_UNKNOWN
    )
    rows = Generation.objects.in_stages([Stage.WORKING]).filter(past).select_related("account")
    for row in rows.order_by("id")[:AT_ONCE]:
        report = Report(
            state=State.GONE,
            word=row.vendor_word,
            fault=Fault.GONE,
            message="The vendor never said how it ended, and keeps nothing that old.",
        )
        if settle.fail(row, report):
            Alert.raise_("gone", f"gone:{row.uuid}", f"{row.account}: an order never ended")
