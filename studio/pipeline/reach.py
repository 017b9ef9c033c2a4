"""How a vendor gets our pictures and sounds: the ladder, and what to do when no rung holds.

1. the file itself, where the vendor takes bytes; 2. a presigned link to the S3 store;
3. our own expiring link on the public address (or loopback, for a vendor on this machine);
4. the public address the picture was taken from; else the order is refused before it costs.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.conf import settings
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils.text import slugify
from django.utils.translation import gettext as _

from studio.models import Account, Generation, Link, Sound, SourceImage
from studio.pipeline.errors import OutOfReach
from studio.pipeline.lines import is_local
from studio.vendors import VENDORS
from studio.vendors.base import CallsBack, File

PRESIGNED_SECONDS = 24 * 3600
SUFFIXES = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/gif": "gif",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/mp4": "m4a",
    "audio/ogg": "ogg",
}


def own_address(account: Account) -> str:
    """Where this vendor can reach us, '' if nowhere."""
    if is_local(account) and (account.sandbox or not settings.STUDIO_PUBLIC_URL):
        return f"http://127.0.0.1:{settings.STUDIO_PORT}"
    return str(settings.STUDIO_PUBLIC_URL)


def s3_address() -> bool:
    """Can the S3 store hand out links that a vendor can open?"""
    return bool(
        settings.STUDIO_S3_BUCKET
        and (settings.STUDIO_S3_PUBLIC_ENDPOINT or not settings.STUDIO_S3_ENDPOINT)
    )


def unreachable(account: Account, files: Sequence[SourceImage | Sound]) -> str:
    """Why this vendor could not fetch these, with the ways out; '' when it can."""
    if s3_address() or own_address(account):
        return ""
    if all(isinstance(file, SourceImage) and file.origin_url for file in files):
        return ""
    return _(
        "This vendor fetches pictures by link, and this studio has no address it can reach. "
        "Nothing was sent. Ways out: set STUDIO_PUBLIC_URL to an address open to the Internet "
        "(a tunnel will do), keep files in S3, or add the picture by its public link."
    )


def read_bytes(image: SourceImage) -> bytes:
    """The picture itself. Raises what the storage raises: FileNotFoundError when it is gone."""
    with default_storage.open(image.file) as stored:
        body: bytes = stored.read()
    return body


def hand_over(generation: Generation, file: SourceImage | Sound, body: bytes | None) -> File:
    """The file as this order's vendor takes it: `body`, or a link made for this order."""
    name = _file_name(file)
    if body is not None:
        return File(body=body, name=name, mime=file.mime)
    if s3_address():
        return File(url=_presigned(file.file), name=name, mime=file.mime)
    if address := own_address(generation.account):
        token = Link.make(
            generation,
            image=file if isinstance(file, SourceImage) else None,
            sound=file if isinstance(file, Sound) else None,
        )
        url = address + reverse("link_file", args=[token, name])
        return File(url=url, name=name, mime=file.mime)
    if isinstance(file, SourceImage) and file.origin_url:
        return File(url=file.origin_url, name=name, mime=file.mime)
    raise OutOfReach(_("There is no address at which the vendor can fetch the picture any more."))


def callback_address(generation: Generation) -> str:
    """Our webhook address of this order, '' where the vendor has none or cannot reach us."""
    address = own_address(generation.account)
    if not issubclass(VENDORS[generation.vendor], CallsBack) or not address:
        return ""
    return address + hook_path(generation)


def hook_path(generation: Generation) -> str:
    """The part of the webhook address that is this order's alone, whatever the host."""
    return reverse("hook", args=[generation.hook_token])


def _file_name(file: SourceImage | Sound) -> str:
    stem = slugify(file.name.rsplit(".", 1)[0])[:60] or "file"
    return f"{stem}.{SUFFIXES.get(file.mime, 'bin')}"


def _presigned(name: str) -> str:
    """A link to one stored file, signed for the endpoint that vendors see (host is signed)."""
    # only where files are in S3: twenty megabytes that nobody else should carry
    import boto3
    from botocore.config import Config

    client = boto3.client(
        "s3",
        endpoint_url=settings.STUDIO_S3_PUBLIC_ENDPOINT or settings.STUDIO_S3_ENDPOINT or None,
        region_name=settings.STUDIO_S3_REGION or None,
        aws_access_key_id=settings.STUDIO_S3_ACCESS_KEY or None,
        aws_secret_access_key=settings.STUDIO_S3_SECRET_KEY or None,
        config=Config(signature_version="s3v4"),
    )
    url: str = client.generate_presigned_url(
        "get_object",
        Params={"Bucket": settings.STUDIO_S3_BUCKET, "Key": name},
        ExpiresIn=PRESIGNED_SECONDS,
    )
    return url
