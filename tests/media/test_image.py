"""Pictures: what is taken, how it comes out, and what must not come out with it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pillow_heif
import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from studio.media import take_image

Photo = Callable[[str], Path]


def saved(image: Image.Image, path: Path, **options: object) -> Path:
    image.save(path, **options)
    return path


def difference(one: Image.Image, other: Image.Image) -> float:
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


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


def test_a_second_take_replaces_the_first(photo: Photo, folder: Path) -> None:
    take_image(photo("rocket.jpg"), folder)
    again = take_image(photo("chelsea.png"), folder)
    with Image.open(again.file) as after:
        assert after.size == (again.width, again.height)
