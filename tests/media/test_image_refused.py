"""Pictures that are refused, each by its rule, and what hides in those that are taken."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from studio.media import MediaError, Refused, take_image

Photo = Callable[[str], Path]


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def rule(source: Path, folder: Path) -> str:
    """Name the rule by which `source` is refused, after seeing that nothing was left behind."""
    before = sorted(folder.iterdir())
    with pytest.raises(Refused) as caught:
        take_image(source, folder)
    assert sorted(folder.iterdir()) == before
    assert str(source) not in caught.value.sentence
    return caught.value.rule


def png_header(width: int, height: int) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        check = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)

    row = zlib.compressobj(1)
    pixels = b"".join(row.compress(bytes(1 + width // 8)) for _ in range(height)) + row.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def test_a_bomb_of_fifty_thousand_pixels_a_side_is_refused(folder: Path, tmp_path: Path) -> None:
    bomb = tmp_path / "bomb.png"
    bomb.write_bytes(png_header(50_000, 50_000))
    assert bomb.stat().st_size < 10_000_000
    assert rule(bomb, folder) == "too-many-pixels"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "not-an-image"),
        (b"<!doctype html><script>alert(1)</script>", "not-an-image"),
        (b"<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'/>", "not-an-image"),
        (b"GIF89a", "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 100, "damaged"),
        (b"\xff\xd8\xff" + b"<script>" * 9, "damaged"),
        (b"RIFF\x10\0\0\0WEBPVP8 \0\0\0\0", "damaged"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "damaged"),
        (b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", "damaged"),
        (b"\xff\xd8\xff" + b"\0" * 10_000_000, "too-large"),
    ],
)  # fmt: skip
def test_what_is_no_picture_is_refused(
    content: bytes, expected: str, folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "picture.jpg"
    source.write_bytes(content)
    assert rule(source, folder) == expected


@pytest.mark.parametrize(
    "form", ["TIFF", "BMP", "ICO", "PPM", "TGA", "PDF", "EPS", "JPEG2000", "DDS"]
)
def test_formats_that_nobody_needs_are_refused(
    form: str, rocket: Image.Image, folder: Path, tmp_path: Path
) -> None:
    source = saved(rocket.resize((64, 64)), tmp_path / "picture.png", format=form)
    assert rule(source, folder) == "not-an-image"


def test_a_picture_of_fifteen_pixels_is_too_small(folder: Path, tmp_path: Path) -> None:
    source = saved(Image.new("RGB", (15, 400)), tmp_path / "slim.png")
    assert rule(source, folder) == "too-small"


@pytest.mark.parametrize("name", ["rocket.jpg", "chelsea.png"])
def test_half_a_photograph_is_damaged(
    name: str, photo: Photo, folder: Path, tmp_path: Path
) -> None:
    whole = photo(name).read_bytes()
    source = tmp_path / name
    source.write_bytes(whole[: len(whole) // 2])
    assert rule(source, folder) == "damaged"


def test_a_polyglot_loses_its_second_face(photo: Photo, folder: Path, tmp_path: Path) -> None:
    tail = b"PK\x03\x04" + b"<script>alert(1)</script>" + b"%PDF-1.7"
    drawing = BytesIO()
    Image.new("P", (64, 64)).save(drawing, "GIF", comment=b"*/=1;<script>alert(1)</script>/*")
    for number, content in enumerate((photo("rocket.jpg").read_bytes(), drawing.getvalue())):
        source = tmp_path / str(number)
        source.write_bytes(content + tail)
        image = take_image(source, folder)
        for file in (image.file, image.thumb):
            made = file.read_bytes()
            assert not any(word in made for word in (b"script", b"PK\x03\x04", b"%PDF", b"alert"))


def test_a_missing_source_or_folder_is_a_media_error(
    photo: Photo, folder: Path, tmp_path: Path
) -> None:
    for source, target in ((tmp_path / "none", folder), (photo("rocket.jpg"), tmp_path / "none")):
        with pytest.raises(MediaError):
            take_image(source, target)


def test_forty_megapixels_are_taken_and_one_row_more_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    most = saved(Image.new("RGB", (8000, 5000), "teal"), tmp_path / "most.jpg")
    more = saved(Image.new("RGB", (8000, 5001), "teal"), tmp_path / "more.jpg")
    assert take_image(most, folder).width == 8000
    assert rule(more, folder) == "too-many-pixels"
