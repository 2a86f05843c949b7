"""Samples of a sound file, whole or block by block: one channel at one rate, or a clear error."""

from __future__ import annotations

import io
import os
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np
import soundfile

from seqpipe.files import SeqpipeError
from seqpipe.readers.mixing import at_rate
from seqpipe.readers.recordings import Clip

SLACK = 0.05  # seconds that a manifest's rounded times may reach past the end of a file
AT_ONCE = 1 << 22  # samples that are read together
SLOWEST = 1000  # samples a second of what can be heard
DIRECT = (".wav", ".flac")
"""Files that libsndfile opens itself, a fifth faster; others it reads through Python, for by their names it takes some
for raw samples."""
ENDLESS = 0x7FFFF000  # writers to a pipe put this or more where they cannot know the size


def read_audio(clip: Clip, rate: int) -> tuple[np.ndarray, list[str]]:
    """Samples, float32[T] in −1…1, of one channel at ``rate`` Hz, and remarks on what was changed to get there.

    Channels are averaged, another rate is resampled (soxr HQ) to ceil(T · rate / old rate) samples, as librosa does.
    A file that is no sound, or truncated, empty, silent or not finite is a ``SeqpipeError``.
    """
    remarks: list[str] = []
    return _joined(list(read_blocks(clip, rate, None, remarks.append))), remarks


def read_blocks(clip: Clip, rate: int, seconds: float | None, remark: Callable[[str], None]) -> Iterator[np.ndarray]:
    """The samples of ``read_audio``, to the bit, some ``seconds`` of the file at a time, or all at once.

    Remarks come before the first block; what is wrong further on, when it is met.
    """
    with _opened(clip) as sound:
        if sound.samplerate < SLOWEST:
            raise SeqpipeError(
                f"{clip.name} has a rate of {sound.samplerate} Hz, but sound has {SLOWEST} or more; mend its header."
            )
        start, count = _span(sound, clip)
        sound.seek(start)
        sound.seekable = lambda: False  # else soundfile seeks after every block, which garbles MP3
        size = count if seconds is None else max(1, round(seconds * sound.samplerate))
        yield from at_rate(_read(sound, count, size, clip), sound.channels, sound.samplerate, rate, clip, remark)


def _read(sound: soundfile.SoundFile, count: int, size: int, clip: Clip) -> Iterator[np.ndarray]:
    """Blocks of ``size`` samples, float32[T, channels], ``count`` in all."""
    for done in range(0, count, size):
        wanted = min(size, count - done)
        parts: list[np.ndarray] = []
        for at in range(0, wanted, AT_ONCE):  # a header may promise more than memory holds
            parts.append(_samples(sound, min(AT_ONCE, wanted - at)))
            if len(parts[-1]) < min(AT_ONCE, wanted - at):
                there = done + at + len(parts[-1])
                raise SeqpipeError(
                    f"{clip.name} is truncated: {count} samples are promised, {there} are there; copy it again."
                )
        yield _joined(parts)


def _samples(sound: soundfile.SoundFile, count: int) -> np.ndarray:
    """At most ``count`` samples, float32[T, channels]: 16 bits n are n / 32768, which numpy makes of them in half the
    time that libsndfile takes."""
    whole = sound.subtype == "PCM_16"
    samples: np.ndarray = sound.read(count, dtype="int16" if whole else "float32", always_2d=True)
    return np.multiply(samples, np.float32(2**-15), dtype=np.float32) if whole else samples


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


class Steady:
    """A file as libsndfile sees it: where a broken header sends it to a place that no file has, it stays."""

    def __init__(self, file: BinaryIO) -> None:
        self.file, self.read, self.tell = file, file.read, file.tell

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Go to a place; where there is none, an error here would be printed by the callback and go no further."""
        try:
            return self.file.seek(offset, whence)
        except (OSError, ValueError, OverflowError):
            return self.file.tell()


@contextmanager
def _opened(clip: Clip) -> Iterator[soundfile.SoundFile]:
    try:
        file: BinaryIO = io.BytesIO(sys.stdin.buffer.read()) if str(clip.path) == "-" else clip.path.open("rb")
        with file:
            _check_whole(file, clip)
            name = os.fsencode(clip.path) if os.name == "posix" else str(clip.path)  # a name need not be UTF-8
            with soundfile.SoundFile(name if clip.path.suffix.lower() in DIRECT else Steady(file)) as sound:
                yield sound
    except soundfile.LibsndfileError as error:
        reason = error.error_string.rstrip(".").replace(". ", ", ")
        raise SeqpipeError(f"{clip.name} is not sound that can be read ({reason}).") from None
    except OSError as error:
        raise SeqpipeError(f"{clip.name} cannot be read ({error.strerror}).") from None


def _span(sound: soundfile.SoundFile, clip: Clip) -> tuple[int, int]:
    """The first sample of the part of the file that the clip names, and how many there are."""
    if not sound.frames:
        raise SeqpipeError(f"{clip.name} is empty: it has no samples; record it again or remove it.")
    start, stop = round(clip.offset * sound.samplerate), sound.frames
    if clip.duration is not None:
        stop = start + round(clip.duration * sound.samplerate)
    if start >= sound.frames or stop > sound.frames + SLACK * sound.samplerate:
        raise SeqpipeError(
            f"{clip.name} lasts {sound.frames / sound.samplerate:g} s, but offset and duration reach to "
            f"{stop / sound.samplerate:g} s; mend them or the file."
        )
    if stop <= start:
        raise SeqpipeError(f"{clip} has a duration of {clip.duration:g} s, which holds no samples.")
    return start, min(stop, sound.frames) - start


def _check_whole(file: BinaryIO, clip: Clip) -> None:
    """Compare what a RIFF or AIFF header promises with the file's size: libsndfile silently reads what is left."""
    size = file.seek(0, os.SEEK_END)
    if not size:
        raise SeqpipeError(f"{clip.name} is empty (0 bytes); record it again or remove it.")
    file.seek(0)
    order = {b"RIFF": "<", b"RIFX": ">", b"FORM": ">"}.get(file.read(12)[:4])
    while order and len(header := file.read(8)) == 8:
        name, (length,) = header[:4], struct.unpack(order + "I", header[4:])
        left = size - file.tell()
        if name in (b"data", b"SSND"):
            if left < length < ENDLESS:
                raise SeqpipeError(
                    f"{clip.name} is truncated: its header promises {length} bytes of sound, but {left} are there; "
                    "copy or record it again."
                )
            break
        file.seek(length + length % 2, os.SEEK_CUR)  # chunks begin at even places
    file.seek(0)
