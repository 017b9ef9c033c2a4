"""Fetching results home: one at a time each, nothing half-made, nothing stuck, nothing silent."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from studio import clock, jobs, media
from studio.models import Account, Alert, Generation, Link, SourceImage, Stage, Video
from studio.pipeline import archive as archiving
from studio.pipeline.sweep import ring_saving
from studio.pipeline.worker import me
from tests import make
from tests.sandboxed import Sandbox

pytestmark = [pytest.mark.django_db, pytest.mark.both]

Place = Callable[..., Generation]
Carry = Callable[..., Generation]
IMAGE = "reelbyte/text-to-image"
GONE = "x [[fault:expired_url;forever=1]]"


@pytest.fixture
def saving(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place, carry: Carry
) -> Generation:
    """Finished at the vendor; the first try to fetch it came to nothing."""
    generation = carry(place(IMAGE, prompt="x [[fault:expired_url]]"))
    assert (generation.stage, generation.attempts) == (Stage.SAVING, 1)
    return generation


def archived(generation: Generation) -> Generation:
    jobs.archive_generation(generation.pk)
    generation.refresh_from_db()
    return generation


def test_what_breaks_unexpectedly_is_tried_again_and_not_left_claimed(
    saving: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise ValueError("our own mistake")

    with monkeypatch.context() as breaking:
        breaking.setattr(media, "take_image", broken)
        archived(saving)
    assert (saving.stage, saving.owner, saving.lease_until) == (Stage.SAVING, "", None)
    assert saving.due_at < clock.now() + timedelta(minutes=1)
    assert "ValueError" in saving.fault_message
    assert archived(saving).stage == Stage.READY


def test_a_worker_fetches_no_more_at_once_than_leaves_room_for_orders(
    saving: Generation, project: Any
) -> None:
    busy = [
        make.generation(
            project=project,
            account=saving.account,
            stage=Stage.SAVING,
            owner=me(),
            lease_until=clock.now() + timedelta(minutes=5),
        )
        for _ in range(archiving.SEATS)
    ]
    assert archived(saving).attempts == 1, "no try was made"
    assert saving.due_at < clock.now() + timedelta(seconds=5), "and it comes again soon"
    busy[0].change(then={"owner": ""})
    assert archived(saving).stage == Stage.READY


def test_who_lost_the_lease_finishes_nothing(
    saving: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = media.take_image

    def overtaken(*args: Any) -> Any:
        # meanwhile the lease ended, and another try of this very incarnation has begun
        Generation.objects.filter(pk=saving.pk).update(attempts=9)
        return take(*args)

    monkeypatch.setattr(media, "take_image", overtaken)
    archived(saving)
    assert (saving.stage, saving.attempts, saving.owner) == (Stage.SAVING, 9, me())
    assert not saving.made_images.exists()


def test_two_bells_fetch_once(saving: Generation) -> None:
    stale = Generation.objects.select_related("account", "project", "user").get(pk=saving.pk)
    assert archived(saving).stage == Stage.READY
    archiving.archive(stale)
    assert saving.made_images.count() == 1


def test_a_result_that_does_not_come_is_told_to_managers_until_it_does(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place, carry: Carry
) -> None:
    generation = carry(place(IMAGE, prompt=GONE))
    for _ in range(archiving.TELL_AFTER - 1):
        archived(generation)
    assert Alert.objects.get(resolved_at=None).kind == "saving"
    [lines] = [generation.moments.filter(what="not_saved").count()]
    assert 1 <= lines <= 2, "the same reason is not told again and again"


def test_a_lost_result_is_an_alert(
    sandbox: Sandbox, accounts: dict[str, Account], place: Place, carry: Carry
) -> None:
    generation = carry(place(IMAGE, prompt=GONE))
    with clock.shift(31 * 24 * 3600):
        archived(generation)
    assert generation.stage == Stage.LOST
    assert Alert.objects.filter(kind="lost").exists()


def test_a_full_disk_is_written_down_once(
    saving: Generation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("studio.pipeline.files.FREE_FLOOR", 1 << 62)
    for _ in range(4):
        archived(saving)
    assert saving.attempts == 1
    assert saving.moments.filter(what="not_saved", detail__contains="full").count() == 1


def test_a_fetch_whose_worker_is_gone_is_taken_over(saving: Generation) -> None:
    saving.change(then={"owner": "dead", "lease_until": clock.now() + timedelta(minutes=5)})
    assert ring_saving() == 1
    assert archived(saving).stage == Stage.READY


def test_a_generated_picture_is_kept_although_the_same_file_was_uploaded(
    saving: Generation, project: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = media.take_image

    def uploaded_first(source: Path, bench: Path) -> Any:
        make.image(project=project, upload_sha256=hashlib.sha256(source.read_bytes()).hexdigest())
        return take(source, bench)

    monkeypatch.setattr(media, "take_image", uploaded_first)
    assert archived(saving).stage == Stage.READY
    assert saving.made_images.count() == 1
    assert SourceImage.objects.count() == 2


def test_links_end_with_the_work_they_were_made_for(
    reachable: None,
    photo: Any,
    sandbox: Sandbox,
    accounts: dict[str, Account],
    place: Place,
    carry: Carry,
) -> None:
    generation = carry(place("remaker/image-1.0-standard", prompt="x", images=[photo]))
    assert generation.stage == Stage.READY
    assert Link.objects.get().revoked_at is not None
    assert Video.objects.get().generation_id == generation.pk
