"""Bytes in part and whole: what a player, a resuming download and a probe rely on."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from studio.models import Video
from tests import make

BODY = (make.DATA / "clip.mp4").read_bytes()
SIZE = len(BODY)


@pytest.fixture
def address(video: Video) -> str:
    return reverse("video_file", args=[video.uuid, "video.mp4"])


def get(client: Client, address: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    response = client.get(address, headers={key.replace("_", "-"): v for key, v in headers.items()})
    body = response.getvalue()
    return response.status_code, body, dict(response.headers)


def test_the_whole_file_comes_with_its_length_and_takes_ranges(
    client: Client, address: str
) -> None:
    status, body, headers = get(client, address)
    assert (status, body) == (200, BODY)
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Length"] == str(SIZE)
    assert headers["Content-Type"] == "video/mp4"
    assert "Content-Range" not in headers


@pytest.mark.parametrize(
    ("asked", "first", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=0-1", 0, 2),
        ("bytes=100-199", 100, 200),
        ("bytes=7000-", 7000, SIZE),
        (f"bytes={SIZE - 1}-", SIZE - 1, SIZE),
        ("bytes=-500", SIZE - 500, SIZE),
        ("bytes=-99999999", 0, SIZE),
        ("bytes=100-99999999", 100, SIZE),
        ("bytes=0-", 0, SIZE),
    ],
)
def test_a_range_comes_as_206_with_exactly_these_bytes(
    client: Client, address: str, asked: str, first: int, end: int
) -> None:
    status, body, headers = get(client, address, Range=asked)
    assert (status, body) == (206, BODY[first:end])
    assert headers["Content-Range"] == f"bytes {first}-{end - 1}/{SIZE}"
    assert headers["Content-Length"] == str(end - first)


@pytest.mark.parametrize("asked", [f"bytes={SIZE}-", "bytes=99999999-", "bytes=-0"])
def test_a_range_outside_the_file_is_416_with_its_length(
    client: Client, address: str, asked: str
) -> None:
    status, body, headers = get(client, address, Range=asked)
    assert (status, body) == (416, b"")
    assert headers["Content-Range"] == f"bytes */{SIZE}"


@pytest.mark.parametrize(
    "asked",
    [
        "bytes=5-3",
        "bytes=-",
        "bytes=a-b",
        "lines=0-1",
        "bytes=0-1,4-5",
        "bytes=" + "9" * 5000 + "-",
        "bytes=٣-٤",
    ],
)
def test_a_range_that_makes_no_sense_is_ignored(client: Client, address: str, asked: str) -> None:
    status, body, _headers = get(client, address, Range=asked)
    assert (status, body) == (200, BODY)


def test_what_the_browser_has_is_not_sent_again(client: Client, address: str) -> None:
    etag = get(client, address)[2]["ETag"]
    status, body, headers = get(client, address, If_None_Match=etag)
    assert (status, body) == (304, b"")
    assert headers["ETag"] == etag
    assert get(client, address, If_None_Match='"another"')[0] == 200


def test_a_resumed_download_starts_over_when_the_file_is_another(
    client: Client, address: str
) -> None:
    etag = get(client, address)[2]["ETag"]
    assert get(client, address, Range="bytes=5-9", If_Range=etag)[:2] == (206, BODY[5:10])
    assert get(client, address, Range="bytes=5-9", If_Range='"another"')[:2] == (200, BODY)
    past = "Wed, 21 Oct 2015 07:28:00 GMT"
    assert get(client, address, Range="bytes=5-9", If_Range=past)[:2] == (200, BODY)


def test_head_tells_everything_and_sends_nothing(client: Client, address: str) -> None:
    whole = client.head(address)
    assert (whole.status_code, whole.content) == (200, b"")
    assert whole["Content-Length"] == str(SIZE)
    part = client.head(address, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part["Content-Length"]) == (206, "10")
    assert part["Content-Range"] == f"bytes 0-9/{SIZE}"


def test_a_file_that_is_gone_from_the_disk_is_404(client: Client, video: Video) -> None:
    Video.objects.update(poster="nowhere/poster.webp")
    address = reverse("video_file", args=[video.uuid, "poster.webp"])
    assert client.get(address).status_code == 404


def test_a_part_that_was_never_made_is_404(client: Client, video: Video) -> None:
    for name in ("sprite.webp", "video.html", "last.png"):
        assert client.get(reverse("video_file", args=[video.uuid, name])).status_code == 404


def test_a_download_has_a_name_that_tells_what_it_is(
    client: Client, address: str, video: Video
) -> None:
    headers = get(client, f"{address}?download")[2]
    project = video.project.slug
    assert headers["Content-Disposition"] == (
        f'attachment; filename="{project}_text-1-0-standard_{video.pk:04}'
        '_ink-spreading-in-milk-very-slow.mp4"'
    )
    assert get(client, address)[2]["Content-Disposition"].startswith("inline")


def test_media_can_run_nothing_and_says_only_what_we_probed(
    client: Client, video: Video, image: object
) -> None:
    type(image).objects.update(mime="text/html", name='x.html"\r\nSet-Cookie: a=b')
    address = reverse("image_file", args=[image.uuid, "image"])
    headers = get(client, address)[2]
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "\r" not in headers["Content-Disposition"]
    assert "Set-Cookie" not in headers


def test_a_part_is_bounded_however_a_server_reads_it(video: Video) -> None:
    from studio.views.ranges import Part

    with (make.DATA / "clip.mp4").open("rb") as file:
        file.seek(10)
        part = Part(file, 25)
        assert part.fileno() == file.fileno()
        assert [part.read(20), part.read(20), part.read(20)] == [BODY[10:30], BODY[30:35], b""]
        assert not hasattr(part, "tell")
