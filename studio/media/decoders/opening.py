"""Open a film or a sound for decoding, with every door but the one file shut."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import av
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from studio.media import limits
from studio.media.errors import Refused

VIDEO_CODECS: Final = frozenset({"h264", "hevc", "vp8", "vp9", "av1", "mpeg4"})
AUDIO_CODECS: Final = frozenset(
    {"aac", "mp3", "opus", "vorbis", "ac3", "eac3", "alac", "flac"}
    | {"pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_s24be", "pcm_s32le", "pcm_f32le", "pcm_u8"}
)


# Demuxers fail with any number, "not permitted" among them. These few do not speak of the file.
_NOT_ITS_FAULT: Final = frozenset(
    {errno.ENOMEM, errno.ENOENT, errno.EACCES, errno.EMFILE, errno.ENOSPC, errno.EDQUOT}
)


@contextmanager
def opened(source: Path, kind: str) -> Iterator[InputContainer]:
    """Open `source` as `kind` and nothing else: "mp4", "webm", "mp3", "wav", "aac" or "ogg".

    Without `format`, FFmpeg would take a list of files for a film and open them all. What goes
    wrong with the data in here comes out as `Refused("damaged")`.
    """
    options = {
        "protocol_whitelist": "file",
        "max_pixels": str(limits.VIDEO_PIXELS),
        "enable_drefs": "0",
    }
    try:
        with av.open(
            f"file:{source}", format=kind, options=options, metadata_errors="replace"
        ) as container:
            yield container
    except FFmpegError as error:
        if error.errno in _NOT_ITS_FAULT:
            raise
        raise Refused("damaged") from error


def moving_pictures(container: InputContainer) -> VideoStream:
    """Return the first stream of moving pictures, ready to decode.

    Raises `Refused`: no-video, codec, too-many-pixels or too-long.
    """
    for stream in container.streams.video:
        if not stream.disposition & (Disposition.attached_pic | Disposition.still_image):
            break
    else:
        raise Refused("no-video")
    if codec_of(stream) not in VIDEO_CODECS:
        raise Refused("codec")
    if stream.width * stream.height > limits.VIDEO_PIXELS:
        raise Refused("too-many-pixels")
    if (container.duration or 0) // 1000 > limits.VIDEO_MS:
        raise Refused("too-long")
    stream.thread_type = "AUTO"
    stream.codec_context.thread_count = 2
    stream.codec_context.options = {"max_pixels": str(limits.VIDEO_PIXELS)}
    return stream


def codec_of(stream: Stream) -> str:
    """Name of the stream's codec; "" when PyAV has no decoder, and so no context, for it."""
    context = getattr(stream, "codec_context", None)
    return "" if context is None else str(context.codec.canonical_name)
