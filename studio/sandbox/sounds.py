"""Sound of a film: a small tune for "AI" sound, or the sound that was sent, as AAC frames."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.filter import Graph
from av.filter.context import FilterContext

RATE = 44_100
BLOCK = 1_024  # samples in one AAC frame
SCALE = (0, 2, 4, 7, 9, 12, 14, 16)  # semitones: a pentatonic scale never sounds wrong


class Silent(Exception):
    """The file holds no sound that can be decoded."""


def tune(words: str, seconds: float) -> Iterator[AudioFrame]:
    """A quiet arpeggio; its key and its notes come from the words."""
    rng = Random(hashlib.sha256(words.encode()).digest())
    root, beat = rng.choice((196.0, 220.0, 246.9, 261.6)), 0.36
    notes = [root * 2 ** (rng.choice(SCALE) / 12) for _ in range(8)]
    pitch = f"{notes[-1]:.2f}"
    for place in reversed(range(7)):
        pitch = f"if(lt(ld(0),{place + 1}),{notes[place]:.2f},{pitch})"
    bell = "(sin(2*PI*ld(2)*ld(1))+0.35*sin(4*PI*ld(2)*ld(1)))*exp(-4.5*ld(1))*min(1,ld(1)*240)"
    pad = f"(sin(2*PI*{root / 2}*t)+0.7*sin(2*PI*{root * 0.75}*t))*(0.7+0.3*sin(1.7*t))"
    expression = (
        f"st(0,mod(floor(t/{beat}),8));st(1,mod(t,{beat}));st(2,{pitch});0.16*{bell}+0.05*{pad}"
    )
    graph = Graph()
    source = graph.add("aevalsrc", f"'{expression}':s={RATE}:d={seconds}")
    echo = graph.add("aecho", "0.85:0.7:190|310:0.28|0.18")
    source.link_to(echo)
    return _finished(graph, echo, seconds)


def own(path: Path, seconds: float) -> Iterator[AudioFrame]:
    """The sound of a file, cut or filled with silence to the film's length.

    Raises Silent when nothing in it can be decoded.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.audio:
                raise Silent(path.name)
            stream = container.streams.audio[0]
            graph = Graph()
            source = graph.add_abuffer(template=stream)
            pad = graph.add("apad", f"whole_dur={seconds}")
            source.link_to(pad)
            frames = _finished(graph, pad, seconds)
            for frame in container.decode(stream):
                if frame.time is not None and frame.time > seconds:
                    break
                source.push(frame)
            source.push(None)
            yield from frames
    except (av.FFmpegError, ValueError) as error:
        raise Silent(str(error)) from error


def check(path: Path) -> None:
    """Raise Silent unless the file holds a sound."""
    for _ in own(path, 0.2):
        return
    raise Silent(path.name)


def _finished(graph: Graph, last: FilterContext, seconds: float) -> Iterator[AudioFrame]:
    chain = (
        ("atrim", f"end={seconds}"),
        ("afade", f"t=out:st={max(0.0, seconds - 0.5)}:d=0.5"),
        ("aformat", f"sample_fmts=fltp:sample_rates={RATE}:channel_layouts=stereo"),
        ("asetnsamples", f"n={BLOCK}:p=0"),
        ("abuffersink", ""),
    )
    for name, arguments in chain:
        step = graph.add(name, arguments) if arguments else graph.add(name)
        last.link_to(step)
        last = step
    graph.configure()
    return drained(graph)


def drained(graph: Graph) -> Iterator[Any]:
    """All frames a graph still has to give."""
    while True:
        try:
            yield graph.pull()
        except (av.EOFError, av.BlockingIOError):
            return
