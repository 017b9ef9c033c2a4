"""Budgets as accounts of the ledger: which ones an order must fit, opened when first needed."""

from __future__ import annotations

from studio import clock
from studio.ledger import verbs as ledger
from studio.ledger.models import Unit
from studio.models import Allowance, Project, User


def allowances_of(user: User, project: Project) -> dict[str, Allowance]:
    """Every budget that covers the order, by its ledger key of this month.

    Opens the month's account with the limit as its first movement.
    """
    now = clock.now()
    found: dict[str, Allowance] = {}
    for allowance in Allowance.objects.covering(user, project):
        key = allowance.ledger_key(now)
        ledger.open_account(key, unit=Unit.MICROS, enforce=allowance.hard)
        ledger.top_up(key, allowance.limit_micros, key=f"grant:{key}", actor=None)
        found[key] = allowance
    return found
