"""Pictures: what is taken, how it comes out, and what must not come out with it."""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageStat

from studio.media import MediaError, Refused, take_image

Photo = Callable[[str], Path]


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def difference(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


@pytest.fixture
def rocket(photo: Photo) -> Image.Image:
    """A photograph in Adobe RGB, as many cameras write, with its colours moved to sRGB."""
    with Image.open(photo("rocket.jpg")) as image:
        own = ImageCms.ImageCmsProfile(BytesIO(image.info["icc_profile"]))
        moved = ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"))
    moved.info.clear()
    return moved


@pytest.mark.parametrize("name", ["coffee.jpg", "chelsea.png"])
def test_a_photograph_is_taken_and_looks_the_same(name: str, photo: Photo, folder: Path) -> None:
    image = take_image(photo(name), folder)
    assert image.file == folder / "image.jpg"
    assert image.mime == "image/jpeg"
    assert image.bytes == image.file.stat().st_size
    assert image.sha256 == hashlib.sha256(image.file.read_bytes()).hexdigest()
    with Image.open(photo(name)) as before, Image.open(image.file) as after:
        assert (image.width, image.height) == before.size == after.size
        assert difference(before, after) < 2
    assert sorted(path.name for path in folder.iterdir()) == ["image.jpg", "thumb.webp"]


@pytest.mark.parametrize("kind", ["webp", "heif", "avif"])
def test_pictures_of_newer_formats_are_taken(
    kind: str, rocket: Image.Image, folder: Path, tmp_path: Path
) -> None:
    source = tmp_path / "picture"
    if kind == "heif":
        pillow_heif.from_pillow(rocket).save(source, quality=80)
    else:
        saved(rocket, source, format=kind.upper(), quality=80)
    image = take_image(source, folder)
    assert image.source_format == kind
    with Image.open(image.file) as after:
        assert after.format == "JPEG"
        assert difference(rocket, after) < 5


def test_the_thumbnail_fits_640_pixels_and_is_never_larger_than_the_picture(
    rocket: Image.Image, folder: Path, tmp_path: Path
) -> None:
    tall = saved(rocket.resize((1200, 2400)), tmp_path / "tall.jpg")
    tiny = saved(rocket.resize((40, 20)), tmp_path / "tiny.jpg")
    for source, size in ((tall, (320, 640)), (tiny, (40, 20))):
        with Image.open(take_image(source, folder).thumb) as thumb:
            assert thumb.format == "WEBP"
            assert thumb.size == size


def test_orientation_is_applied_and_the_place_is_forgotten(
    rocket: Image.Image, folder: Path, tmp_path: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "secret-description"
    exif.get_ifd(0x8825).update({1: "N", 2: (48.0, 8.0, 14.0), 3: "E", 4: (11.0, 34.0, 31.0)})
    source = saved(rocket, tmp_path / "phone.jpg", exif=exif, comment=b"secret-comment")
    image = take_image(source, folder)
    with Image.open(source) as before:
        upright = before.transpose(Image.Transpose.ROTATE_270)
    assert (image.width, image.height) == upright.size
    for file in (image.file, image.thumb):
        content = file.read_bytes()
        assert not any(word in content for word in (b"Exif", b"EXIF", b"GPS", b"secret", b"ICC"))
        with Image.open(file) as after:
            assert not after.getexif()
    with Image.open(image.file) as after:
        assert difference(upright, after) < 2


def test_transparency_keeps_a_picture_png(
    folder: Path, tmp_path: Path, rocket: Image.Image
) -> None:
    rocket.putalpha(Image.linear_gradient("L").resize(rocket.size))
    image = take_image(saved(rocket, tmp_path / "veil.webp", lossless=True), folder)
    assert (image.file.name, image.mime) == ("image.png", "image/png")
    with Image.open(image.file) as after, Image.open(image.thumb) as thumb:
        assert after.mode == thumb.mode == "RGBA"
        assert not after.info


def test_an_opaque_alpha_channel_is_no_transparency(
    folder: Path, tmp_path: Path, photo: Photo
) -> None:
    with Image.open(photo("chelsea.png")) as cat:
        image = take_image(saved(cat.convert("RGBA"), tmp_path / "opaque.png"), folder)
    assert image.mime == "image/jpeg"


@pytest.mark.parametrize("kind", ["png", "gif"])
def test_line_art_stays_png_pixel_by_pixel(kind: str, folder: Path, tmp_path: Path) -> None:
    drawing = Image.new("P", (200, 100), 0)
    drawing.putpalette([255, 255, 255, 200, 0, 40])
    ImageDraw.Draw(drawing).line((0, 0, 199, 99), fill=1, width=3)
    image = take_image(saved(drawing, tmp_path / f"drawing.{kind}"), folder)
    assert image.mime == "image/png"
    with Image.open(image.file) as after:
        assert difference(drawing, after) == 0


def test_only_the_first_frame_of_a_moving_gif_is_taken(folder: Path, tmp_path: Path) -> None:
    first, second = (Image.new("RGB", (64, 64), colour) for colour in ("red", "blue"))
    source = saved(first, tmp_path / "moving.gif", save_all=True, append_images=[second])
    with Image.open(take_image(source, folder).file) as after:
        assert after.convert("RGB").getpixel((5, 5)) == (255, 0, 0)


def test_odd_colour_models_come_out_as_rgb(
    folder: Path, tmp_path: Path, rocket: Image.Image
) -> None:
    grey = rocket.convert("L")
    press = saved(rocket.convert("CMYK"), tmp_path / "press.jpg", quality=95)
    deep = Image.new("I;16", grey.size)
    deep.putdata([value * 257 for value in grey.get_flattened_data()])
    sources = [(press, rocket.copy()), (saved(deep, tmp_path / "deep.png"), grey)]
    for source, before in sources:
        with Image.open(take_image(source, folder).file) as after:
            assert after.mode == "RGB"
            assert difference(before, after) < 4


def test_a_colour_profile_is_applied_and_dropped(
    photo: Photo, rocket: Image.Image, folder: Path
) -> None:
    image = take_image(photo("rocket.jpg"), folder)
    with Image.open(image.file) as after, Image.open(photo("rocket.jpg")) as before:
        assert "icc_profile" not in after.info
        assert difference(rocket, after) < 2
        assert difference(before, after) > 4


def test_a_nonsensical_colour_profile_changes_nothing(
    rocket: Image.Image, folder: Path, tmp_path: Path
) -> None:
    source = saved(rocket, tmp_path / "odd.jpg", icc_profile=b"profile" * 20, quality=95)
    image = take_image(source, folder)
    with Image.open(source) as before, Image.open(image.file) as after:
        assert difference(before, after) < 2


def test_a_picture_that_comes_out_too_large_is_encoded_more_coarsely(
    folder: Path, tmp_path: Path
) -> None:
    noise = Image.effect_noise((4000, 4000), 120).convert("RGB")
    source = saved(noise, tmp_path / "noise.jpg", quality=60)
    assert take_image(source, folder).bytes <= 10_000_000


def test_transparency_that_would_be_too_large_is_laid_on_white(
    folder: Path, tmp_path: Path
) -> None:
    veil = Image.merge("RGBA", [Image.effect_noise((2400, 2400), 120) for _ in range(4)])
    veil.paste((0, 0, 0, 0), (0, 0, 200, 200))
    image = take_image(saved(veil, tmp_path / "veil.webp", quality=50), folder)
    assert image.mime == "image/jpeg"
    assert image.bytes <= 10_000_000
    with Image.open(image.file) as after:
        assert min(after.getpixel((100, 100))) > 250


def test_forty_megapixels_are_taken_and_one_row_more_is_refused(
    folder: Path, tmp_path: Path
) -> None:
    most = saved(Image.new("RGB", (8000, 5000), "teal"), tmp_path / "most.jpg")
    more = saved(Image.new("RGB", (8000, 5001), "teal"), tmp_path / "more.jpg")
    assert take_image(most, folder).width == 8000
    assert rule(more, folder) == "too-many-pixels"


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


def test_a_second_take_replaces_the_first(photo: Photo, folder: Path) -> None:
    take_image(photo("rocket.jpg"), folder)
    again = take_image(photo("chelsea.png"), folder)
    with Image.open(again.file) as after:
        assert after.size == (again.width, again.height)


def test_a_missing_source_or_folder_is_a_media_error(
    photo: Photo, folder: Path, tmp_path: Path
) -> None:
    for source, target in ((tmp_path / "none", folder), (photo("rocket.jpg"), tmp_path / "none")):
        with pytest.raises(MediaError):
            take_image(source, target)
