"""What an order brings along: its pictures as bytes, read early, or as links, made late.

Links belong to one sending: they are made after the claim, so that whoever loses a race can
neither hand one out nor revoke the winner's.
"""

from __future__ import annotations

from collections.abc import Mapping

from studio.models import Generation, Input
from studio.pipeline.reach import callback_address, hand_over, read_bytes
from studio.vendors.base import File, Request
from studio.vendors.options import Picture

Bodies = Mapping[int, bytes]  # Input.pk -> the file's bytes


def bodies(generation: Generation) -> Bodies:
    """Read the pictures that this vendor takes as bytes. Raises what the storage raises."""
    spec = generation.spec
    names = {
        option.name
        for option in (spec.options if spec else ())
        if isinstance(option, Picture) and option.as_bytes
    }
    fields = {Input.Kind.START: "image", Input.Kind.END: "end_image"}
    return {
        item.pk: read_bytes(item.image)
        for item in generation.inputs.select_related("image")
        if item.image and fields.get(Input.Kind(item.kind)) in names
    }


def request(generation: Generation, read: Bodies) -> Request:
    """Everything the vendor needs, with links made for this one sending."""
    images: list[File] = []
    end_image: File | None = None
    audio: File | None = None
    for item in generation.inputs.select_related("image", "sound"):
        file = item.image or item.sound
        if file is None:
            continue
        handed = hand_over(generation, file, read.get(item.pk))
        if item.kind == Input.Kind.START:
            images.append(handed)
        elif item.kind == Input.Kind.END:
            end_image = handed
        else:
            audio = handed
    return Request(
        model=generation.model,
        values=generation.values,
        images=tuple(images),
        end_image=end_image,
        audio=audio,
        callback=callback_address(generation),
    )
