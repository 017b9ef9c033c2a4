"""Take an order: price, hold, row and queue entry commit together, or nothing does."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from studio import clock, queue
from studio.ledger import verbs as ledger
from studio.ledger.errors import Insufficient
from studio.ledger.models import Unit
from studio.models import Account, Generation, Input, Project, Sound, SourceImage, Stage, User
from studio.models.link import new_token
from studio.pipeline.budget import allowances_of
from studio.pipeline.errors import NotEnough, NotOffered
from studio.pipeline.quote import Quote, quote
from studio.vendors import find_model
from studio.vendors.options import Values

logger = logging.getLogger(__name__)


def order(
    *,
    user: User,
    project: Project,
    model: str,
    values: Values,
    images: Sequence[SourceImage] = (),
    end_image: SourceImage | None = None,
    audio: Sound | None = None,
    request_id: UUID,
    retry_of: Generation | None = None,
) -> Generation:
    """Place one order. The same `request_id` again returns the first order and holds nothing.

    Raises an OrderError; then nothing is held, kept or sent.
    """
    if found := _ordered_before(request_id, user):
        return found
    try:
        with transaction.atomic():
            asked = quote(
                user=user,
                project=project,
                model=model,
                values=values,
                images=images,
                end_image=end_image,
                audio=audio,
            )
            asked.raise_first()
            generation = _make_row(
                user=user,
                project=project,
                model=model,
                values=dict(values),
                request_id=request_id,
                retry_of=retry_of,
                asked=asked,
            )
            _keep_inputs(generation, images, end_image, audio)
            _hold(generation, user, project, asked)
            queue.ring("submit_generation", generation.pk)
    except IntegrityError:
        # two presses at the same instant: the one that committed is the order
        if found := _ordered_before(request_id, user):
            return found
        raise
    logger.info("ordered %s %s", generation.uuid, generation.model_key)
    return generation


def cancel(generation: Generation) -> bool:
    """Take an order back before it is sent. False: too late, or done before."""
    with transaction.atomic():
        if not generation.move(Stage.ORDERED, Stage.CANCELLED, charged_milli=0):
            return False
        ledger.release(generation.hold_key)
    logger.info("cancelled %s", generation.uuid)
    return True


def _ordered_before(request_id: UUID, user: User) -> Generation | None:
    found = Generation.objects.filter(request_id=request_id).first()
    if found is not None and found.user_id != user.pk:
        raise NotOffered(_("This form belongs to somebody else. Open the page again."))
    return found


def _make_row(
    *,
    user: User,
    project: Project,
    model: str,
    values: dict[str, Any],
    request_id: UUID,
    retry_of: Generation | None,
    asked: Quote,
) -> Generation:
    vendor, spec = find_model(model)
    account = asked.account
    assert isinstance(account, Account)  # noqa: S101 raise_first has passed
    now = clock.now()
    Project.objects.filter(pk=project.pk).update(used_at=now)
    return Generation.objects.create(
        project=project,
        user=user,
        request_id=request_id,
        retry_of=retry_of,
        vendor=vendor.slug,
        model=spec.slug,
        makes=spec.makes,
        prompt=str(values.get("prompt", "")),
        values=values,
        sandbox=account.sandbox,
        account=account,
        asked_milli=asked.hold_milli,
        price_source=asked.source,
        price_key=spec.price_key(values),
        price_micros_per_credit=account.price_micros_per_credit,
        hook_token=new_token(),
        ordered_at=now,
        due_at=now,
    )


def _keep_inputs(
    generation: Generation,
    images: Sequence[SourceImage],
    end_image: SourceImage | None,
    audio: Sound | None,
) -> None:
    rows = [
        Input(generation=generation, kind=Input.Kind.START, position=position, image=image)
        for position, image in enumerate(images)
    ]
    if end_image is not None:
        rows.append(Input(generation=generation, kind=Input.Kind.END, image=end_image))
    if audio is not None:
        rows.append(Input(generation=generation, kind=Input.Kind.AUDIO, sound=audio))
    Input.objects.bulk_create(rows)


def _hold(generation: Generation, user: User, project: Project, asked: Quote) -> None:
    """Set the credits aside in the pool and the money in every budget: all or none."""
    account = generation.account
    ledger.open_account(account.pool_key, unit=Unit.MILLI, enforce=False)
    amounts = {account.pool_key: asked.hold_milli}
    if asked.money_micros:
        amounts |= dict.fromkeys(allowances_of(user, project), asked.money_micros)
    try:
        ledger.place_hold(
            generation.hold_key,
            amounts,
            price_micros_per_credit=account.price_micros_per_credit,
            actor=user,
        )
    except Insufficient as short:
        raise NotEnough(
            _("Not enough credits or budget: somebody ordered in the same moment.")
        ) from short
