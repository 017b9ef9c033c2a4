"""What a composer can choose from: the project's latest pictures and sounds, and the chosen ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from studio.forms.reading import uuid_of
from studio.models import Project, Sound, SourceImage

RECENT = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Pictures and sounds of one project, newest first."""

    images: tuple[SourceImage, ...] = ()
    sounds: tuple[Sound, ...] = ()

    @classmethod
    def of(
        cls,
        project: Project,
        *,
        images: bool,
        sounds: bool,
        chosen: Iterable[str] = (),
    ) -> Shelf:
        """Look up what the form needs; `chosen` (UUIDs as text) is there however old it is."""
        wanted = {found for text in chosen if (found := uuid_of(text))}
        pictures: list[SourceImage] = []
        tones: list[Sound] = []
        if images:
            kept = project.images.kept()
            pictures = list(kept.newest()[:RECENT])
            if missing := wanted - {image.uuid for image in pictures}:
                pictures += list(kept.among(missing).newest())
        if sounds:
            heard = project.sounds.kept()
            tones = list(heard.newest()[:RECENT])
            if missing := wanted - {sound.uuid for sound in tones}:
                tones += list(heard.among(missing).newest())
        return cls(images=tuple(pictures), sounds=tuple(tones))

    def image(self, text: str) -> SourceImage | None:
        """The picture of this UUID, None when the project has none such."""
        return next((image for image in self.images if str(image.uuid) == text), None)

    def sound(self, text: str) -> Sound | None:
        """The sound of this UUID, None when the project has none such."""
        return next((sound for sound in self.sounds if str(sound.uuid) == text), None)
