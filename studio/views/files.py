"""Videos and pictures as bytes, for those who may see them. Nothing is public here."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.http import Http404, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from django.views.decorators.http import require_safe

from studio.models import SourceImage, Video
from studio.views.answer import Request
from studio.views.ranges import Stored, serve

# the name in the address -> the column that holds the name in the storage, and what it is
PARTS = {
    "video.mp4": ("file", "video/mp4"),
    "poster.webp": ("poster", "image/webp"),
    "preview.mp4": ("preview", "video/mp4"),
    "sprite.webp": ("sprite", "image/webp"),
    "last.png": ("last_frame", "image/png"),
}
# what a browser may be told a picture is; anything else is only handed out as bytes
PICTURES = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
PRESIGNED_SECONDS = 900


@require_safe
def video_file(request: Request, uuid: str, name: str) -> HttpResponseBase:
    """One of the files of a video; `?download` to save it under a name that tells what it is."""
    video = get_object_or_404(
        Video.objects.visible_to(request.user).select_related("project", "generation"), uuid=uuid
    )
    if name not in PARTS:
        raise Http404
    column, mime = PARTS[name]
    return _hand_out(
        request, getattr(video, column), mime, f"{_title(video)}.{name.rsplit('.')[-1]}"
    )


@require_safe
def image_file(request: Request, uuid: str, name: str) -> HttpResponseBase:
    """A source image (`image`) or its small version (`thumb`)."""
    image = get_object_or_404(SourceImage.objects.visible_to(request.user), uuid=uuid)
    if name == "thumb":
        return _hand_out(request, image.thumb, "image/webp", f"{slugify(image.name)}-small.webp")
    if name != "image":
        raise Http404
    mime = image.mime if image.mime in PICTURES else "application/octet-stream"
    label = f"{slugify(image.name.rsplit('.', 1)[0]) or 'image'}.{mime.rsplit('/')[-1]}"
    return _hand_out(request, image.file, mime, label)


def _hand_out(request: Request, name: str, mime: str, label: str) -> HttpResponseBase:
    if not name:
        raise Http404
    attachment = "download" in request.GET
    if settings.STUDIO_S3_BUCKET:
        return HttpResponseRedirect(_presigned(name, mime, label, attachment))
    return serve(request, Stored(name=name, mime=mime, label=label, attachment=attachment))


def _presigned(name: str, mime: str, label: str, attachment: bool) -> str:
    """A link to the S3 store that works for a quarter of an hour; the bytes never pass here."""
    said = {
        "ResponseContentType": mime,
        "ResponseContentDisposition": content_disposition_header(attachment, label),
    }
    store: Any = default_storage  # S3Storage, whose url() takes more than Django's
    return str(store.url(name, parameters=said, expire=PRESIGNED_SECONDS))


def _title(video: Video) -> str:
    """project_model_0042_first-words-of-the-prompt, safe on every file system."""
    order = video.generation
    words = video.title or (order.prompt if order else "")
    parts = [
        video.project.slug,
        slugify(order.model.replace(".", "-")) if order else video.kind,
        f"{video.pk:04}",
        slugify(words)[:48].strip("-"),
    ]
    return "_".join(part for part in parts if part)
