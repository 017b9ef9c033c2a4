"""From order to kept file at every vendor, through the real sandbox and the real network."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest
from django.core.files.storage import default_storage

from studio.ledger.reading import balance
from studio.models import Account, Generation, PriceObservation, Project, SourceImage, Stage, User
from studio.pipeline.library import take_image
from tests.pipeline.conftest import PHOTOS
from tests.sandboxed import Sandbox

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both]

Place = Callable[..., Generation]
Carry = Callable[..., Generation]


@pytest.mark.parametrize(
    ("model", "values"),
    [
        ("remaker/image-1.0-standard", {"duration": "5"}),
        ("reelbyte/seedance-1-lite", {}),
        ("mnml/kling-2.1-pro", {"duration": "5", "movement_type": "zoom_in"}),
        ("akool/image-to-video", {"resolution": "720p", "negative_prompt": "blur"}),
    ],
)
def test_a_photograph_becomes_a_kept_video(
    model: str,
    values: dict[str, Any],
    reachable: None,
    photo: SourceImage,
    sandbox: Sandbox,
    accounts: dict[str, Account],
    place: Place,
    carry: Carry,
    sound_book: None,
) -> None:
    generation = carry(place(model, prompt="steam rises", images=[photo], **values))
    assert generation.stage == Stage.READY, (generation.fault, generation.fault_message)
    video = generation.video
    path = Path(default_storage.path(video.file))
    assert hashlib.sha256(path.read_bytes()).hexdigest() == video.sha256
    with av.open(str(path)) as film:
        assert film.streams.video[0].codec_context.name == "h264"
        assert abs(film.duration / 1e6 - video.duration_ms / 1000) < 0.2
    for name in (video.poster, video.preview, video.sprite, video.last_frame):
        assert default_storage.size(name) > 100
    with default_storage.open(f"videos/{generation.uuid}/sidecar.json") as opened:
        beside = json.loads(opened.read())
    assert beside["prompt"] == "steam rises"
    assert beside["file"]["sha256"] == video.sha256
    assert beside["inputs"][0]["sha256"] == photo.sha256
    [taken] = sandbox.accepted()
    pool = balance(generation.account.pool_key)
    assert generation.charged_milli == pool.spent
    assert pool.held == 0
    assert pool.available == 1_000_000 - pool.spent
    assert taken["credits"] * 1000 == pool.spent


def test_a_generated_image_becomes_a_source_image(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place, carry: Carry
) -> None:
    generation = carry(place("reelbyte/text-to-image", prompt="a red door"))
    assert generation.stage == Stage.READY, generation.fault_message
    [image] = generation.made_images.all()
    assert default_storage.size(image.file) == image.bytes
    assert image.name == "a red door"


def test_a_price_that_the_vendor_sets_is_learned_for_the_next_quote(
    accounts: dict[str, Account], sandbox: Sandbox, place: Place, carry: Carry
) -> None:
    first = place("reelbyte/seedance-1-lite", prompt="one")
    assert first.price_source == "default"
    carry(first)
    second = place("reelbyte/seedance-1-lite", prompt="two")
    assert second.price_source == "learned"
    assert second.asked_milli == first.charged_milli
    assert PriceObservation.objects.count() == 1


def test_turbo_takes_a_second_picture_as_its_last_frame(
    reachable: None,
    photo: SourceImage,
    project: Project,
    alice: User,
    sandbox: Sandbox,
    accounts: dict[str, Account],
    place: Place,
    carry: Carry,
) -> None:
    end = take_image(project, alice, PHOTOS / "rocket.jpg", "Rocket")
    model = "remaker/image-1.0-turbo"
    generation = carry(place(model, prompt="x", images=[photo], end_image=end))
    assert generation.stage == Stage.READY, generation.fault_message
    assert {link.first_fetched_at is not None for link in generation.links.all()} == {True}


def test_an_unreachable_picture_fails_the_job_with_its_class(
    photo: SourceImage,
    settings: Any,
    sandbox: Sandbox,
    accounts: dict[str, Account],
    place: Place,
    carry: Carry,
) -> None:
    settings.STUDIO_PORT = 1  # nobody answers there
    generation = carry(place("akool/image-to-video", prompt="x", images=[photo]))
    assert generation.stage == Stage.FAILED
    assert generation.fault == "unreachable image"
