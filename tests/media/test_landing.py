"""How files reach a folder: all or none, durable before they have a name, and no litter."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from studio.media import Broken, take_image
from studio.media.landing import STAGE_PREFIX, land, staging

JPEG = b"\xff\xd8\xff picture"


def test_the_stage_of_a_killed_process_is_cleared_by_the_next(
    photo: Callable[[str], Path], folder: Path
) -> None:
    dead = folder / f"{STAGE_PREFIX}dead"
    dead.mkdir()
    (dead / "image.jpeg").write_bytes(JPEG)
    take_image(photo("rocket.jpg"), folder)
    assert {path.name for path in folder.iterdir()} == {"image.jpg", "thumb.webp"}


def test_the_stage_of_a_living_process_is_left_alone(
    photo: Callable[[str], Path], folder: Path
) -> None:
    with staging(folder) as stage:
        take_image(photo("rocket.jpg"), folder)
        assert stage.is_dir()
    assert not stage.exists()


def test_one_bad_file_keeps_the_good_ones_out(folder: Path) -> None:
    with staging(folder) as stage:
        (stage / "good").write_bytes(JPEG)
        (stage / "bad").write_bytes(b"<script>")
        with pytest.raises(Broken):
            land(stage, {folder / "a.jpg": ("good", "jpeg"), folder / "b.jpg": ("bad", "jpeg")})
    assert not list(folder.iterdir())


def test_every_file_is_synced_before_any_is_renamed_and_the_folder_after(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary: list[str] = []
    sync, replace = os.fsync, os.replace

    def recorded_sync(descriptor: int) -> None:
        diary.append("sync " + Path(f"/proc/self/fd/{descriptor}").resolve().name)
        sync(descriptor)

    def recorded_replace(source: Path, target: Path) -> None:
        diary.append("rename " + target.name)
        replace(source, target)

    monkeypatch.setattr(os, "fsync", recorded_sync)
    monkeypatch.setattr(os, "replace", recorded_replace)
    with staging(folder) as stage:
        for name in ("one", "two"):
            (stage / name).write_bytes(JPEG)
        land(stage, {folder / f"{name}.jpg": (name, "jpeg") for name in ("one", "two")})
    assert diary == ["sync one", "sync two", "rename one.jpg", "rename two.jpg", "sync taken"]
