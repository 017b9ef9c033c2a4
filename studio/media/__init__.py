"""Everything that decodes: pictures, films and sounds from strangers become files of our own.

A stranger to the studio: no Django, no settings, no database, no network. Decoders run only in a
short-lived child process with limits, so importing this package loads neither PyAV nor Pillow.
"""

from __future__ import annotations

from .errors import Broken, MediaError, NoSpace, Refused
from .frame import take_frame
from .image import take_image
from .sound import take_sound
from .values import Frame, Image, Sound, Video
from .video import take_video

__all__ = [
    "Broken",
    "Frame",
    "Image",
    "MediaError",
    "NoSpace",
    "Refused",
    "Sound",
    "Video",
    "take_frame",
    "take_image",
    "take_sound",
    "take_video",
]
