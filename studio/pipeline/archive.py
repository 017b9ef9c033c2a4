"""Fetch a finished result home, verify it by decoding, and keep it with all that rebuilds its row.

1. claim under a lease; 2. fetch through the guarded door; 3. decode once, in a limited child;
4. files durable; 5. one transaction: the row says so and the generation is ready.
"""

from __future__ import annotations

import json
import logging
import random
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, transaction

from studio import clock, media, net, queue
from studio.models import Alert, Generation, Origin, SourceImage, Stage, Video
from studio.pipeline import pace, settle
from studio.pipeline.files import DiskFull, keep, workbench
from studio.pipeline.lines import asking_key, speak
from studio.pipeline.persist import surely
from studio.pipeline.sidecar import sidecar
from studio.pipeline.worker import me
from studio.vault import VaultError
from studio.vendors.base import Makes, State, Ticket
from studio.vendors.errors import VendorError

logger = logging.getLogger(__name__)

# longer than a task may run: when it is over, whoever held it has been killed
LEASE = timedelta(seconds=settings.Q_CLUSTER["timeout"] + 20)
# one worker asks the vendors and one sends: the others may fetch, however slow a download is
SEATS = max(1, settings.Q_CLUSTER["workers"] - 2)
NO_SEAT = timedelta(seconds=3)
IN_VIEW = 8  # of those waiting for a seat
TELL_AFTER = 5  # failed tries
FETCH_SECONDS = 300.0
LARGEST = 2_000_000_000
KEEPS_UNKNOWN = timedelta(hours=48)  # how long to try where a vendor names no date
CAP = 900.0


def archive(generation: Generation) -> None:
    """Fetch and keep one result, or put the next try on the calendar until it is lost."""
    if not _claim(generation):
        return
    try:
        _fetch_and_keep(generation)
    finally:
        _call_next()


def _fetch_and_keep(generation: Generation) -> None:
    try:
        with workbench() as bench:
            kept = _keep(generation, _fetch(generation, bench), bench)
    except (DiskFull, net.NoSpace, media.NoSpace):
        _again(generation, timedelta(seconds=20), "the disk is full", counts=False)
    except OSError as error:
        _again(
            generation, timedelta(seconds=20), f"the disk failed: {error.strerror}", counts=False
        )
    except net.DownloadError as error:
        _again(generation, _wait(generation), f"{error}")
    except media.MediaError as error:
        _again(generation, _wait(generation), f"the file was not usable: {error}")
    except (OperationalError, InterfaceError):
        # this worker lives on, and its claim with it: it must be given back
        _again(generation, timedelta(seconds=2), "the database was away", counts=False)
    except Exception as error:  # the border: a store may fail in many ways, and we may err
        logger.exception("%s could not be kept", generation.uuid)
        _again(generation, _wait(generation), f"our own error: {type(error).__name__}")
    else:
        if kept:
            Alert.settle(_cause(generation))
            logger.info("kept %s %s", generation.uuid, generation.vendor)


def _claim(generation: Generation) -> bool:
    """Take the lease if nobody has it and this worker has a seat free.

    The count of tries is also the fencing token: each claim has another one.
    """
    now = clock.now()
    fetching = Generation.objects.in_stages([Stage.SAVING]).filter(owner=me(), lease_until__gt=now)
    if fetching.count() >= SEATS:
        Generation.objects.in_stages([Stage.SAVING]).filter(pk=generation.pk, owner="").update(
            due_at=now + NO_SEAT
        )
        return False
    then = {
        "owner": me(),
        "lease_until": now + LEASE,
        "due_at": now + LEASE,
        "attempts": generation.attempts + 1,
    }
    expected = {"stage": Stage.SAVING, "owner": "", "attempts": generation.attempts}
    return generation.change(then=then, **expected)


def _call_next() -> None:
    """A seat is free: ring for work that waited for one, without waiting for the sweep."""
    # those that wait for something else (a disk, a vendor) are due later
    soon = clock.now() + NO_SEAT
    waiting = Generation.objects.in_stages([Stage.SAVING]).filter(owner="", attempts=0).due(soon)
    oldest = list(waiting.order_by("finished_at").values_list("pk", flat=True)[:IN_VIEW])
    if oldest:
        # one of several, so that two seats seldom call the same; not a secret
        queue.ring("archive_generation", random.choice(oldest))  # noqa: S311


def _ours(generation: Generation) -> dict[str, object]:
    """What the row looks like while this very claim holds."""
    return {"stage": Stage.SAVING, "owner": me(), "attempts": generation.attempts}


def _cause(generation: Generation) -> str:
    return f"saving:{generation.uuid}"


def _wait(generation: Generation) -> timedelta:
    return pace.backoff(generation.attempts - 1, base=4.0, cap=CAP)


def _fetch(generation: Generation, bench: Path) -> net.Download:
    """Fetch the first result. After a failure the vendor is asked for a fresh address first."""
    urls = list(generation.result_urls)
    if generation.attempts > 1:
        urls = _ask_again(generation) or urls
    if not urls:
        raise net.BadStatus(404)
    return net.download(
        urls[0],
        bench / "result",
        allow_private=settings.STUDIO_ALLOWED_PRIVATE_HOSTS,
        max_bytes=LARGEST,
        deadline=FETCH_SECONDS,
        arrived=lambda size: _tell(generation, size),
    )


def _tell(generation: Generation, size: int) -> None:
    """Say on the card how much has come. A word that cannot be kept must not stop the fetch."""
    with suppress(DatabaseError):
        generation.change(stage=Stage.SAVING, then={"progress": size})


def _ask_again(generation: Generation) -> list[str]:
    """The vendor's present address of the result: addresses change and expire."""
    key = asking_key(generation.account)
    if key is None:
        return []
    ticket = Ticket(generation.ticket, generation.ticket_alias)
    try:
        report = speak(generation.account, key).poll([ticket]).get(generation.ticket)
    except (VendorError, VaultError):
        return []
    if report is None:
        return []
    if report.state == State.GONE:
        generation.note("gone_seen", "the vendor does not know the job any more")
    return list(report.results)


def _keep(generation: Generation, download: net.Download, bench: Path) -> bool:
    """Decode and keep it; False when another worker has taken over meanwhile."""
    if generation.makes == Makes.IMAGE:
        return _keep_image(generation, media.take_image(download.path, bench), download, bench)
    return _keep_video(generation, media.take_video(download.path, bench), download, bench)


def _keep_video(
    generation: Generation, facts: media.Video, download: net.Download, bench: Path
) -> bool:
    if not _still_ours(generation):
        return False
    folder = f"videos/{generation.uuid}"
    names = {
        "poster": keep(facts.poster, f"{folder}/poster.webp"),
        "preview": keep(facts.preview, f"{folder}/preview.mp4"),
        "sprite": keep(facts.sprite, f"{folder}/sprite.webp"),
        "last_frame": keep(facts.last, f"{folder}/last.png"),
        "file": keep(download.path, f"{folder}/video.mp4"),
    }
    video = Video(
        uuid=generation.uuid,
        project=generation.project,
        generation=generation,
        parent=generation.source,
        kind=Video.Kind.REDUB if generation.operation == "redub" else Video.Kind.ORIGINAL,
        sha256=download.sha256,
        bytes=download.bytes,
        duration_ms=facts.duration_ms,
        width=facts.width,
        height=facts.height,
        fps_milli=facts.fps_milli,
        video_codec=facts.video_codec,
        audio_codec=facts.audio_codec,
        created_by=generation.user,
        **names,
    )
    _keep_sidecar(generation, bench, folder, sidecar(generation, video=video))
    return surely(lambda: _finish(generation, video))


def _keep_image(
    generation: Generation, facts: media.Image, download: net.Download, bench: Path
) -> bool:
    """A generated image becomes a source image, ready to be animated."""
    if not _still_ours(generation):
        return False
    folder = f"images/{generation.uuid}"
    image = SourceImage(
        uuid=generation.uuid,
        project=generation.project,
        name=generation.prompt[:80] or generation.model,
        origin=Origin.GENERATED,
        # its own result, even when the same picture was uploaded before
        upload_sha256=download.sha256,
        file=keep(facts.file, f"{folder}/image{facts.file.suffix}"),
        thumb=keep(facts.thumb, f"{folder}/thumb.webp"),
        sha256=facts.sha256,
        mime=facts.mime,
        bytes=facts.bytes,
        width=facts.width,
        height=facts.height,
        generation=generation,
        created_by=generation.user,
    )
    _keep_sidecar(generation, bench, folder, sidecar(generation, image=image))
    return surely(lambda: _finish(generation, image))


def _keep_sidecar(generation: Generation, bench: Path, folder: str, facts: object) -> None:
    path = bench / "sidecar.json"
    path.write_text(json.dumps(facts, ensure_ascii=False, indent=2), encoding="utf-8")
    keep(path, f"{folder}/sidecar.json")


def _still_ours(generation: Generation) -> bool:
    """Asked before files are put in place: whoever took over must not find them exchanged."""
    return surely(Generation.objects.filter(pk=generation.pk, **_ours(generation)).exists)


def _finish(generation: Generation, kept: Video | SourceImage) -> bool:
    """Ready, and what was made of it, if the claim still holds: one conditional UPDATE decides."""
    with transaction.atomic():
        finished = generation.move(
            Stage.SAVING, Stage.READY, only=_ours(generation), fault="", fault_message=""
        )
        if finished:
            if isinstance(kept, SourceImage):
                same = SourceImage.objects.filter(project=kept.project)
                same.filter(upload_sha256=kept.upload_sha256).free_hash()
            kept.save(force_insert=True)
    return finished


def _again(generation: Generation, wait: timedelta, why: str, *, counts: bool = True) -> None:
    """Give the claim back, however long the database takes."""
    surely(lambda: _put_off(generation, wait, why, counts=counts))


def _put_off(generation: Generation, wait: timedelta, why: str, *, counts: bool) -> None:
    """Put the next try on the calendar; after the vendor's date the result is lost."""
    now = clock.now()
    until = generation.vendor_keeps_until or ((generation.finished_at or now) + KEEPS_UNKNOWN)
    if counts and now > until:
        settle.lose(generation, f"The vendor's copy was gone before ours was made: {why}")
        return
    tried, told = generation.attempts, generation.fault_message
    attempts = tried if counts else tried - 1
    generation.change(
        **_ours(generation),
        then={
            "owner": "",
            "lease_until": None,
            "due_at": now + wait,
            "attempts": attempts,
            "fault_message": why[:2000],
        },
    )
    if why != told or tried in (TELL_AFTER, 20):
        generation.note("not_saved", why)
    if tried >= TELL_AFTER:
        Alert.raise_(
            "saving",
            _cause(generation),
            f"A paid result of {generation.vendor} is not saved: {why}",
        )
    logger.warning("not kept yet %s %s: %s", generation.uuid, generation.vendor, why)
