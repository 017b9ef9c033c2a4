"""Pictures and sounds on their way in: once by hash, checked, and from no private address."""

from __future__ import annotations

import errno
import io
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from django.core.files.storage import default_storage

from studio import clock, media
from studio.models import Project, Sound, SourceImage, User
from studio.pipeline import files
from studio.pipeline.errors import LinkRefused
from studio.pipeline.library import take_image, take_link, take_sound
from tests import make
from tests.pipeline.conftest import PHOTOS

pytestmark = [pytest.mark.django_db]

COFFEE = PHOTOS / "coffee.png"


def test_the_same_file_twice_is_the_same_image(project: Project, alice: User) -> None:
    first = take_image(project, alice, COFFEE, "one.png")
    second = take_image(project, alice, io.BytesIO(COFFEE.read_bytes()), "two.png")
    assert first.pk == second.pk
    assert SourceImage.objects.count() == 1


def test_the_same_file_in_another_project_is_another_image(project: Project, alice: User) -> None:
    other = make.project(owner=alice, name="Other")
    images = {take_image(each, alice, COFFEE, "x").pk for each in (project, other)}
    assert len(images) == 2


def test_a_file_that_lies_in_the_trash_comes_back(project: Project, alice: User) -> None:
    image = take_image(project, alice, COFFEE, "one.png")
    SourceImage.objects.update(trashed_at=clock.now())
    assert take_image(project, alice, COFFEE, "one.png").pk == image.pk
    assert SourceImage.objects.get().trashed_at is None
    sound = take_sound(project, alice, make.DATA / "tone.mp3", "tone.mp3")
    Sound.objects.update(trashed_at=clock.now())
    assert take_sound(project, alice, make.DATA / "tone.mp3", "tone.mp3").pk == sound.pk
    assert Sound.objects.get().trashed_at is None


def test_a_name_is_a_label_and_never_a_path(project: Project, alice: User) -> None:
    image = take_image(project, alice, COFFEE, "../../etc/\x00pass\nwd.png")
    assert image.name == "passwd.png"
    assert image.file.startswith("images/")
    assert default_storage.exists(image.file)


@pytest.mark.parametrize(
    ("body", "rule"),
    [(b"", "empty"), (b"<svg/>", "not-an-image"), (b"x" * 10_000_001, "too-large")],
)
def test_what_is_no_picture_is_refused_and_leaves_nothing(
    body: bytes, rule: str, project: Project, alice: User, tmp_path: Any
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(body)
    for upload in (io.BytesIO(body), path):
        with pytest.raises(media.Refused) as refused:
            take_image(project, alice, upload, "x.png")
        assert refused.value.rule == rule
    assert SourceImage.objects.count() == 0
    assert list(files.incoming().iterdir()) == []


def test_a_full_disk_is_said_so_and_keeps_nothing(
    project: Project, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as full:
        full.setattr(files, "FREE_FLOOR", 1 << 62)
        with pytest.raises(media.NoSpace):
            take_image(project, alice, COFFEE, "x.png")

    def refuse(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", refuse)
    with pytest.raises(media.NoSpace):
        take_image(project, alice, COFFEE, "x.png")
    assert SourceImage.objects.count() == 0


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = COFFEE.read_bytes() if self.path.startswith("/coffee.png") else b""
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def pages() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_port}"
        server.shutdown()


def test_a_link_is_fetched_and_its_address_kept(
    pages: str, project: Project, alice: User, settings: Any
) -> None:
    settings.STUDIO_ALLOWED_PRIVATE_HOSTS = frozenset({pages})
    image = take_link(project, alice, f"http://{pages}/coffee.png?size=1")
    assert (image.name, image.origin) == ("coffee.png", "link")
    assert image.origin_url == f"http://{pages}/coffee.png?size=1"


def test_every_refused_link_has_the_same_sentence(
    pages: str, project: Project, alice: User, settings: Any
) -> None:
    said = set()
    for url in (
        f"http://{pages}/coffee.png",  # it is there, but on a private address
        f"https://{pages}/coffee.png",
        "http://127.0.0.1:1/x.png",
        "http://169.254.169.254/latest/meta-data",
        "http://[::1]/x.png",
        "http://localhost/x.png",
        "http://10.0.0.1/x.png",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://user:word@example.com/x.png",
        "https://nobody.invalid/x.png",
        "not a link",
        "",
    ):
        with pytest.raises(LinkRefused) as refused:
            take_link(project, alice, url)
        said.add(refused.value.sentence)
    settings.STUDIO_ALLOWED_PRIVATE_HOSTS = frozenset({pages})
    with pytest.raises(LinkRefused) as refused:
        take_link(project, alice, f"http://{pages}/missing.png")
    assert said == {refused.value.sentence}
    assert SourceImage.objects.count() == 0
