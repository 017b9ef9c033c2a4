"""The form fields for pictures and sounds: chosen from the project's library, never uploaded here."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from studio.forms.shelf import Shelf
from studio.models import Sound as SoundFile
from studio.models import SourceImage
from studio.vendors.options import Picture, Sound

# Formats as catalogs write them, by what our library calls them.
FORMATS = {
    "image/jpeg": "JPEG",
    "image/png": "PNG",
    "image/gif": "GIF",
    "image/webp": "WEBP",
    "audio/mpeg": "MP3",
    "audio/wav": "WAV",
    "audio/mp4": "M4A",
    "audio/ogg": "OGG",
}


class Given(forms.Widget):
    """All the values that were sent under one name; drawn by the option's own template."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> list[str]:
        """Without the empty value that stands for "none"."""
        values = data.getlist(name) if hasattr(data, "getlist") else data.get(name, [])
        return [value for value in values if value]

    def use_required_attribute(self, initial: Any) -> bool:
        """The server says what is missing: the inputs differ by what is on the shelf."""
        return False


class ShelfBoundField(forms.BoundField):
    """Knows what lies on the shelf and what of it is chosen."""

    @property
    def texts(self) -> list[str]:
        """The chosen UUIDs, of a bound and of an unbound form alike."""
        value = self.value() or ()
        return value.split() if isinstance(value, str) else [str(text) for text in value]

    @property
    def offers(self) -> list[tuple[SourceImage | SoundFile, bool]]:
        """Everything on the shelf, and whether it is chosen."""
        field = self.field
        assert isinstance(field, PictureField | SoundField)  # noqa: S101 made by one of them
        shelf = field.shelf
        things = shelf.images if isinstance(field, PictureField) else shelf.sounds
        return [(thing, str(thing.uuid) in self.texts) for thing in things]

    @property
    def chosen(self) -> list[SourceImage | SoundFile]:
        """What is chosen, as rows."""
        return [thing for thing, checked in self.offers if checked]


class PictureField(forms.Field):
    template: ClassVar[str] = "options/_picture.html"

    def __init__(self, option: Picture, shelf: Shelf) -> None:
        self.option = option
        self.shelf = shelf
        super().__init__(
            label=_(option.label),
            help_text=_(option.help),
            required=option.required,
            widget=Given(),
            error_messages={"required": _("Choose a picture first.")},
        )

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        """The bound field that draws the shelf."""
        return ShelfBoundField(form, self, field_name)

    def clean(self, value: Any) -> tuple[SourceImage, ...]:
        """The chosen pictures of this very project."""
        found = [self.shelf.image(str(text)) for text in super().clean(value) or ()]
        images = [image for image in found if image is not None]
        if len(images) < len(found):
            raise ValidationError(_("That picture is not in this project (any more)."))
        if len(images) > self.option.most:
            raise ValidationError(
                _("At most %(most)s pictures can be given here.") % {"most": self.option.most}
            )
        for image in images:
            check_format(image.mime, self.option.formats)
            if image.bytes > self.option.max_bytes:
                megabytes = self.option.max_bytes // 1_000_000
                raise ValidationError(
                    _("“%(name)s” is larger than the %(most)s MB that the vendor takes.")
                    % {"name": image.name, "most": megabytes}
                )
        return tuple(images)


class SoundField(forms.Field):
    template: ClassVar[str] = "options/_sound.html"

    def __init__(self, option: Sound, shelf: Shelf) -> None:
        self.option = option
        self.shelf = shelf
        super().__init__(
            label=_(option.label),
            help_text=_(option.help),
            required=option.required,
            widget=Given(),
            error_messages={"required": _("Choose a sound first.")},
        )

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> forms.BoundField:
        """The bound field that draws the shelf."""
        return ShelfBoundField(form, self, field_name)

    def clean(self, value: Any) -> SoundFile | None:
        """The chosen sound of this very project."""
        texts = super().clean(value) or ()
        if not texts:
            return None
        sound = self.shelf.sound(str(texts[0]))
        if sound is None:
            raise ValidationError(_("That sound is not in this project (any more)."))
        check_format(sound.mime, self.option.formats)
        return sound


def check_format(mime: str, formats: tuple[str, ...]) -> None:
    """Raise ValidationError for a kind of file that the vendor does not take."""
    if FORMATS.get(mime, "") not in formats:
        names = ", ".join("JPG" if name == "JPEG" else name for name in formats)
        raise ValidationError(_("The vendor takes only: %(names)s.") % {"names": names})
