"""The JSON beside each kept file: all that is needed to rebuild its row without the database."""

from __future__ import annotations

from typing import Any

from studio.models import Generation, SourceImage, Video

VERSION = 1


def sidecar(
    generation: Generation, *, video: Video | None = None, image: SourceImage | None = None
) -> dict[str, Any]:
    """Plain JSON: the order, its price, its inputs by hash, and the file's facts. No secrets."""
    kept: Video | SourceImage | None = video or image
    return {
        "rushes": VERSION,
        "kind": "video" if video else "image",
        "uuid": str(generation.uuid),
        "project": {"uuid": str(generation.project.uuid), "name": generation.project.name},
        "user": generation.user.get_username(),
        "vendor": generation.vendor,
        "model": generation.model,
        "operation": generation.operation,
        "prompt": generation.prompt,
        "values": generation.values,
        "sandbox": generation.sandbox,
        "ticket": generation.ticket,
        "seed": generation.seed,
        "credits": {"asked": generation.asked_milli, "charged": generation.charged_milli},
        "price_micros_per_credit": generation.price_micros_per_credit,
        "ordered_at": _time(generation.ordered_at),
        "sent_at": _time(generation.sent_at),
        "finished_at": _time(generation.finished_at),
        "inputs": [
            {
                "kind": item.kind,
                "position": item.position,
                "uuid": str(file.uuid),
                "sha256": file.sha256,
                "name": file.name,
            }
            for item in generation.inputs.select_related("image", "sound")
            if (file := item.image or item.sound) is not None
        ],
        "file": {
            "name": kept.file if kept else "",
            "sha256": kept.sha256 if kept else "",
            "bytes": kept.bytes if kept else 0,
            "width": kept.width if kept else 0,
            "height": kept.height if kept else 0,
            "duration_ms": video.duration_ms if video else 0,
            "video_codec": video.video_codec if video else "",
            "audio_codec": video.audio_codec if video else "",
        },
    }


def _time(moment: Any) -> str:
    return moment.isoformat() if moment else ""
