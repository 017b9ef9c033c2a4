"""Serves results: made when they are first asked for, kept by what they are made of, in ranges."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from studio.sandbox.fetch import source_files
from studio.sandbox.jobs import Job, State
from studio.sandbox.messages import Request, Response
from studio.sandbox.orders import Film
from studio.sandbox.world import World

TYPES = {".mp4": "video/mp4", ".png": "image/png", ".jpg": "image/jpeg"}
KEPT = 400  # made files in the folder; the oldest are made again when they are asked for again


class Files:
    """Makes and serves the files behind the addresses that vendors give."""

    def __init__(self, world: World) -> None:
        self._world = world
        # Two films at a time, for the machine has other work to do; one recipe is made once.
        self._hands = (threading.Lock(), threading.Lock())

    def answer(self, request: Request, job: Job | None) -> Response:
        """The file, a part of it, or why not."""
        if request.method not in ("GET", "HEAD"):
            return Response(status=405, headers=(("Allow", "GET, HEAD"),))
        if job is None:
            effect = re.fullmatch(r"/files/akool/effects/(\w+)\.(mp4|png)", request.path)
            made = self._effect(effect[1], effect[2]) if effect else None
        else:
            gone = self._gone(job)
            if gone:
                return Response(status=gone)
            made = self._result(job, job.links[request.path])
        if made is None:
            return Response(status=404)
        return _ranged(request, made.read_bytes(), TYPES[made.suffix])

    def _gone(self, job: Job) -> int:
        """The HTTP status of a file that is no longer (or for now not) there; 0 when it is."""
        now = self._world.clock.now()
        if job.state(now) == State.GONE or (job.file_life and now > job.end + job.file_life):
            return 404
        fault = job.fault("expired_url")
        if fault is None:
            return 0
        first = job.used.setdefault("expired_url", job.polls)
        if job.polls > first and not fault.get("forever"):
            return 0
        return int(fault.number("status", 403))

    def _result(self, job: Job, part: str) -> Path:
        sources = source_files(self._world, job)
        kind = "png" if part == "thumbnail" else job.film.kind
        named = {role: path.name for role, path in sources.items()}
        recipe = [asdict(job.film), named, part == "thumbnail", self._world.settings.quick]
        from studio.sandbox import films, pictures

        def make(target: Path) -> None:
            quick = self._world.settings.quick
            if part == "thumbnail":
                pictures.thumbnail(job.film, sources, target)
            elif kind == "mp4":
                films.render(job.film, sources, target, quick=quick)
            else:
                pictures.still(job.film, sources, target, quick=quick)

        return self._made(recipe, kind, make)

    def _effect(self, code: str, kind: str) -> Path | None:
        from studio.sandbox import films
        from studio.sandbox.effects import EFFECTS

        effect = EFFECTS.get(code)
        if effect is None:
            return None
        film = Film(
            caption=effect.example,
            slate=f"Sandbox · AKOOL · effect {effect.name}",
            seconds=2.5,
            short=360,
            ratio="16:9",
            effect=code,
        )

        preview = self._made(asdict(film), "mp4", lambda target: films.render(film, {}, target))
        if kind == "mp4":
            return preview
        return self._made([asdict(film), "logo"], "png", lambda target: films.logo(preview, target))

    def _made(self, recipe: object, kind: str, make: Callable[[Path], None]) -> Path:
        """The file made by this recipe, made now when it is not there yet."""
        name = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:40]
        target = self._world.folder / "films" / f"{name}.{kind}"
        with self._hands[int(name[0], 16) % 2]:
            if not target.exists():
                passing = target.with_suffix(f".{kind}.passing")
                make(passing)
                passing.replace(target)
                self._tidy()
        return target

    def _tidy(self) -> None:
        """Remove the oldest files beyond those that are kept; the other hand may be at it too."""
        made = [path for path in (self._world.folder / "films").iterdir() if path.suffix in TYPES]
        if len(made) > KEPT:
            with contextlib.suppress(FileNotFoundError):
                made.sort(key=lambda path: path.stat().st_mtime)
                for old in made[: len(made) - KEPT]:
                    old.unlink()


def _ranged(request: Request, data: bytes, content_type: str) -> Response:
    """The bytes, or the one range of them that was asked for (206, or 416)."""
    etag = f'"{hashlib.sha256(data).hexdigest()[:20]}"'
    headers = (("Content-Type", content_type), ("Accept-Ranges", "bytes"), ("ETag", etag))
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", request.header("range"))
    fresh = request.header("if-range") in ("", etag)
    if not asked or not fresh or asked[0] == "bytes=-":
        length = ("Content-Length", str(len(data)))
        body = b"" if request.method == "HEAD" else data
        return Response(
            headers=(*headers, length) if request.method == "HEAD" else headers, body=body
        )
    if asked[1]:
        start, end = int(asked[1]), min(int(asked[2] or len(data) - 1), len(data) - 1)
    else:
        start, end = max(0, len(data) - int(asked[2])), len(data) - 1
    if start > end:
        return Response(status=416, headers=(("Content-Range", f"bytes */{len(data)}"),))
    span = ("Content-Range", f"bytes {start}-{end}/{len(data)}")
    return Response(status=206, headers=(*headers, span), body=data[start : end + 1])
