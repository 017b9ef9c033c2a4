"""The vendor has finished: stage and money move in one transaction, once."""

from __future__ import annotations

import logging

from django.db import transaction

from studio import clock, queue, redact
from studio.ledger import verbs as ledger
from studio.ledger.models import Source
from studio.ledger.reading import shares
from studio.models import Alert, Generation, PriceObservation, Stage
from studio.vendors.base import Refund, Report
from studio.vendors.errors import Fault

logger = logging.getLogger(__name__)


def succeed(generation: Generation, report: Report) -> bool:
    """It is made: the credits are spent, and our copy is fetched. False: done before.

    What the vendor says it took wins over what it quoted, and that over what was asked.
    """
    charged = _charged(generation, report)
    with transaction.atomic():
        moved = generation.move(
            Stage.WORKING,
            Stage.SAVING,
            vendor_word=report.word[:80],
            result_urls=list(report.results),
            thumbnail_url=report.thumbnail,
            charged_milli=charged,
            seed=report.seed if report.seed is not None else generation.seed,
            raw_answer=redact.redacted(report.raw, ()),
            finished_at=clock.now(),
            due_at=clock.now(),
            attempts=0,
            gone_seen=0,
        )
        if not moved:
            return False
        _capture(generation, charged, charged, report)
        _observe(generation, report)
        generation.links.revoke()
        queue.ring("archive_generation", generation.pk)
    logger.info("finished %s %s", generation.uuid, generation.vendor)
    return True


def fail(generation: Generation, report: Report) -> bool:
    """The vendor gave up. The person's budget gets everything back, always; the pool by policy.

    False: done before.
    """
    taken = _taken(generation, report)
    with transaction.atomic():
        moved = generation.move(
            Stage.WORKING,
            Stage.FAILED,
            vendor_word=report.word[:80],
            fault=_fault(generation, report),
            fault_code=report.code[:80],
            fault_message=report.message[:2000],
            charged_milli=taken,
            raw_answer=redact.redacted(report.raw, ()),
            finished_at=clock.now(),
        )
        if not moved:
            return False
        if taken:
            _capture(generation, taken, 0, report)
        else:
            ledger.release(generation.hold_key)
        generation.links.revoke()
    logger.info("failed %s %s %s", generation.uuid, generation.vendor, report.fault)
    return True


def lose(generation: Generation, why: str) -> bool:
    """Finished at the vendor, deleted there before our copy was made. The credits are spent."""
    moved = generation.move(Stage.SAVING, Stage.LOST, fault=Fault.GONE, fault_message=why[:2000])
    if moved:
        Alert.raise_("lost", f"lost:{generation.uuid}", f"A paid result was lost: {why}")
        logger.error("lost %s %s", generation.uuid, generation.vendor)
    return moved


def _fault(generation: Generation, report: Report) -> Fault:
    """The class of the failure; a vendor that never came for our picture could not reach us."""
    fault = report.fault or Fault.TROUBLE
    links = generation.links.all()
    if fault == Fault.TROUBLE and links and not any(link.first_fetched_at for link in links):
        return Fault.REACH
    return fault


def _charged(generation: Generation, report: Report) -> int:
    for figure in (report.credits, generation.quoted_milli):
        if figure is not None:
            return figure
    return generation.asked_milli


def _taken(generation: Generation, report: Report) -> int:
    """What a failed job cost the pool: the vendor's policy, or its own figure."""
    policy = report.refund or generation.account.refund_policy
    if policy in (Refund.RETURNED, "assume_refunded"):
        return 0
    if policy == Refund.REPORTED and report.credits is not None:
        return report.credits
    return _charged(generation, report)


def _capture(generation: Generation, pool_milli: int, billed_milli: int, report: Report) -> None:
    """Spend from the pool what the vendor took, and from the budgets what the person pays."""
    money = (billed_milli * generation.price_micros_per_credit + 500) // 1000
    pool = generation.account.pool_key
    ledger.capture(
        generation.hold_key,
        {key: pool_milli if key == pool else money for key in shares(generation.hold_key)},
        source=Source.SYSTEM if report.credits is None else Source.VENDOR,
        evidence={"ticket": generation.ticket, "reported": report.credits, "word": report.word},
    )


def _observe(generation: Generation, report: Report) -> None:
    """Remember what it really cost, for the next quote of the same settings."""
    reported = report.credits if report.credits is not None else generation.quoted_milli
    if reported is None:
        return
    PriceObservation.objects.get_or_create(
        generation=generation,
        defaults={
            "account": generation.account,
            "vendor": generation.vendor,
            "model": generation.model,
            "operation": generation.operation,
            "selector": generation.price_key,
            "expected_milli": generation.asked_milli,
            "charged_milli": reported,
        },
    )
