"""Decode a sound for its length and its waveform, and copy its packets into a clean container."""

from __future__ import annotations

import itertools
from array import array
from pathlib import Path
from typing import Any, Final

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import Disposition

from studio.media import limits
from studio.media.errors import Refused

from .opening import codec_of, opened

_PEAKS: Final = 200
_RATE: Final = 8_000
_TICK: Final = _RATE // 50

_PCM: Final = {"pcm_s16le", "pcm_s24le", "pcm_s32le", "pcm_f32le", "pcm_u8"}
_CODECS: Final = {
    "mp3": {"mp3"},
    "wav": _PCM,
    "mp4": {"aac"},
    "aac": {"aac"},
    "ogg": {"vorbis", "opus"},
}
_MUXERS: Final = {"mp4": "ipod", "aac": "adts"}


def take(source: Path, stage: Path, kind: str, name: str) -> dict[str, Any]:
    """Write the copied sound as `name`. Raises `Refused`."""
    with opened(source, kind) as container:
        stream = _stream(container, kind)
        packets: list[Packet[AudioStream]] = []
        wave = _Wave()
        samples = 0
        for packet in container.demux(stream):
            if packet.is_corrupt:
                raise Refused("damaged")
            for frame in packet.decode():
                samples += frame.samples
                if samples * 1000 > limits.SOUND_MS * stream.rate:
                    raise Refused("too-long")
                wave.see(frame)
            if packet.size:
                packets.append(packet)
        if samples == 0:
            raise Refused("no-sound")
        _copy(stage / name, kind, stream, packets)
        return {
            "duration_ms": max(1, samples * 1000 // stream.rate),
            "codec": codec_of(stream),
            "channels": stream.channels,
            "rate": stream.rate,
            "peaks": wave.peaks(),
        }


def _stream(container: InputContainer, kind: str) -> AudioStream:
    if any(not film.disposition & Disposition.attached_pic for film in container.streams.video):
        raise Refused("not-a-sound")
    if not container.streams.audio:
        raise Refused("no-sound")
    stream = container.streams.audio[0]
    if codec_of(stream) not in _CODECS[kind]:
        raise Refused("codec")
    if not stream.rate or not 1 <= stream.channels <= limits.SOUND_CHANNELS:
        raise Refused("damaged")
    return stream


def _copy(file: Path, kind: str, stream: AudioStream, packets: list[Packet[AudioStream]]) -> None:
    options = {"fflags": "+bitexact"}
    if kind == "mp3":
        options |= {"id3v2_version": "0", "write_id3v1": "0"}
    muxer = _MUXERS.get(kind, kind)
    with av.open(f"file:{file}", "w", format=muxer, options=options) as container:
        copy = container.add_stream_from_template(stream)
        copy.metadata.clear()
        for packet in packets:
            packet.stream = copy
            container.mux(packet)


class _Wave:
    """The loudest sample of each fiftieth of a second, gathered into at most 200 peaks."""

    def __init__(self) -> None:
        self._resampler = AudioResampler(format="s16", layout="mono", rate=_RATE)
        self._ticks: list[int] = []
        self._rest = array("h")

    def see(self, frame: AudioFrame) -> None:
        for small in self._resampler.resample(frame):
            self._rest.frombytes(bytes(small.planes[0])[: small.samples * 2])
        while len(self._rest) >= _TICK:
            self._ticks.append(_loudest(self._rest[:_TICK]))
            del self._rest[:_TICK]

    def peaks(self) -> list[int]:
        ticks = [*self._ticks, _loudest(self._rest)] if self._rest else self._ticks
        count = max(1, min(_PEAKS, len(ticks)))
        edges = [number * len(ticks) // count for number in range(count + 1)]
        heights = [max(ticks[a:b], default=0) for a, b in itertools.pairwise(edges)]
        return [min(255, height * 255 // 32767) for height in heights]


def _loudest(samples: array[int]) -> int:
    return max(max(samples), -min(samples))
