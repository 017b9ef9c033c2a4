"""Files are durable before their name exists, and the disk never fills up for the database."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from django.core.files.storage import InMemoryStorage, default_storage, storages
from django.test import override_settings
from django.utils.functional import empty

from studio.pipeline import files


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the system was asked to do, in order."""
    found: list[str] = []
    fsync, rename = os.fsync, os.replace

    def noted_fsync(handle: int) -> None:
        found.append(f"fsync {Path(os.readlink(f'/proc/self/fd/{handle}')).name}")
        fsync(handle)

    def noted_rename(old: Path, new: Path) -> None:
        found.append(f"rename {Path(old).name} {Path(new).name}")
        rename(old, new)

    monkeypatch.setattr(os, "fsync", noted_fsync)
    monkeypatch.setattr(os, "replace", noted_rename)
    return found


def test_a_file_is_flushed_before_it_has_its_name_and_the_folder_after(
    calls: list[str], tmp_path: Path, settings: object
) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    (tmp_path / "media").mkdir()
    source = tmp_path / "source"
    source.write_bytes(b"film")
    assert files.keep(source, "videos/abc/video.mp4") == "videos/abc/video.mp4"
    assert calls == [
        "fsync media",  # it holds the new folder videos
        "fsync videos",  # it holds the new folder abc
        "fsync source",
        "rename source video.mp4",
        "fsync abc",
    ]
    assert not source.exists()


def test_the_first_file_of_a_process_is_flushed_like_any_other(
    calls: list[str], tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(default_storage, "_wrapped", empty)
    source = tmp_path / "source"
    source.write_bytes(b"film")
    files.keep(source, "abc/video.mp4")
    assert "fsync source" in calls


def test_a_file_takes_the_place_of_what_lies_there(tmp_path: Path, settings: object) -> None:
    settings.MEDIA_ROOT = tmp_path
    for body in (b"half", b"whole"):
        (tmp_path / "source").write_bytes(body)
        files.keep(tmp_path / "source", "abc/video.mp4")
    assert (tmp_path / "abc/video.mp4").read_bytes() == b"whole"


def test_a_store_that_is_no_disk_is_given_the_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = InMemoryStorage()
    monkeypatch.setattr(default_storage, "_wrapped", store)
    (tmp_path / "source").write_bytes(b"film")
    name = files.keep(tmp_path / "source", "abc/video.mp4")
    assert store.open(name).read() == b"film"
    assert not (tmp_path / "source").exists()
    assert storages  # the real ones are as they were


def test_a_workbench_is_private_and_gone_afterwards(tmp_path: Path) -> None:
    with override_settings(MEDIA_ROOT=tmp_path / "media"):
        with pytest.raises(ZeroDivisionError), files.workbench() as bench:
            assert bench.stat().st_mode & 0o077 == 0
            (bench / "part").write_bytes(b"x")
            raise ZeroDivisionError
        assert not bench.exists()


def test_a_disk_that_is_almost_full_takes_nothing_in(
    tmp_path: Path, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setattr(files, "FREE_FLOOR", files.free_bytes() + (1 << 40))
    with pytest.raises(files.DiskFull), files.workbench():
        pass
