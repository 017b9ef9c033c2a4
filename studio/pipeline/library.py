"""Take pictures and sounds into a project: checked by decoding, cleaned, kept once by hash."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from studio import media, net
from studio.models import Origin, Project, Sound, SourceImage, User
from studio.pipeline.errors import LinkRefused
from studio.pipeline.files import DiskFull, keep, workbench

LARGEST_IMAGE = 10_000_000
LARGEST_SOUND = 20_000_000
LINK_SECONDS = 30.0
CHUNK = 1 << 16


def take_image(
    project: Project,
    user: User,
    upload: BinaryIO | Path,
    name: str,
    *,
    origin: str = Origin.UPLOAD,
    origin_url: str = "",
) -> SourceImage:
    """Take one picture in; the same file again is the same image.

    Raises media.MediaError: `sentence` says which rule the file broke, nothing is kept.
    """
    with _bench() as bench:
        source = bench / "upload"
        digest = _spool(upload, source, LARGEST_IMAGE)
        images = SourceImage.objects.filter(project=project, upload_sha256=digest)
        if found := images.first():
            if found.trashed_at:
                images.update(trashed_at=None)
            return found
        facts = media.take_image(source, bench)
        uuid = uuid4()
        image = SourceImage(
            uuid=uuid,
            project=project,
            name=_label(name),
            origin=origin,
            origin_url=origin_url,
            upload_sha256=digest,
            file=keep(facts.file, f"images/{uuid}/image{facts.file.suffix}"),
            thumb=keep(facts.thumb, f"images/{uuid}/thumb.webp"),
            sha256=facts.sha256,
            mime=facts.mime,
            bytes=facts.bytes,
            width=facts.width,
            height=facts.height,
            created_by=user,
        )
    try:
        with transaction.atomic():
            image.save(force_insert=True)
    except IntegrityError:  # the same file, twice at once
        return images.get()
    return image


def take_link(project: Project, user: User, url: str) -> SourceImage:
    """Fetch a picture from a public address and take it in.

    Raises LinkRefused with one sentence for every reason on the wire, so that pasting addresses
    maps no network; and media.MediaError for what came.
    """
    with _bench() as bench:
        try:
            download = net.download(
                url,
                bench / "linked",
                allow_private=settings.STUDIO_ALLOWED_PRIVATE_HOSTS,
                max_bytes=LARGEST_IMAGE,
                deadline=LINK_SECONDS,
            )
        except net.NoSpace as error:
            raise media.NoSpace from error
        except net.DownloadError as error:
            raise LinkRefused(
                _("No picture could be fetched from there. Use a public https address.")
            ) from error
        name = url.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
        return take_image(
            project, user, download.path, name, origin=Origin.LINK, origin_url=url[:2000]
        )


def take_sound(project: Project, user: User, upload: BinaryIO | Path, name: str) -> Sound:
    """Take one sound in; the same file again is the same sound. Raises media.MediaError."""
    with _bench() as bench:
        source = bench / "upload"
        digest = _spool(upload, source, LARGEST_SOUND)
        sounds = Sound.objects.filter(project=project, upload_sha256=digest)
        if found := sounds.first():
            if found.trashed_at:
                sounds.update(trashed_at=None)
            return found
        facts = media.take_sound(source, bench)
        uuid = uuid4()
        sound = Sound(
            uuid=uuid,
            project=project,
            name=_label(name),
            upload_sha256=digest,
            file=keep(facts.file, f"sounds/{uuid}/sound{facts.file.suffix}"),
            sha256=facts.sha256,
            mime=facts.mime,
            bytes=facts.bytes,
            duration_ms=facts.duration_ms,
            peaks=list(facts.peaks),
            created_by=user,
        )
    try:
        with transaction.atomic():
            sound.save(force_insert=True)
    except IntegrityError:
        return sounds.get()
    return sound


@contextmanager
def _bench() -> Iterator[Path]:
    """A workbench on which every kind of full disk is one error."""
    try:
        with workbench() as bench:
            yield bench
    except DiskFull as error:
        raise media.NoSpace from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise media.NoSpace from error
        raise


def _label(name: str) -> str:
    """A name for people: control characters and folders dropped, never used as a path."""
    printable = "".join(char for char in name if char.isprintable())
    return printable.replace("\\", "/").rsplit("/", 1)[-1][:160] or "image"


def _spool(upload: BinaryIO | Path, target: Path, largest: int) -> str:
    """Copy the upload to `target`, at most `largest` bytes; returns its sha256."""
    digest = hashlib.sha256()
    size = 0
    with ExitStack() as files:
        opened = files.enter_context(upload.open("rb")) if isinstance(upload, Path) else upload
        out = files.enter_context(target.open("xb"))
        while chunk := opened.read(CHUNK):
            size += len(chunk)
            if size > largest:
                raise media.Refused("too-large")
            digest.update(chunk)
            out.write(chunk)
    if not size:
        raise media.Refused("empty")
    return digest.hexdigest()
