"""Samples of a sound file: one channel at one rate, or a clear error."""

from __future__ import annotations

import io
import math
import os
import struct
import sys
from typing import BinaryIO

import numpy as np
import soundfile
import soxr

from seqpipe.files import SeqpipeError
from seqpipe.readers.recordings import Clip

SLACK = 0.05  # seconds that a manifest's rounded times may reach past the end of a file
ENDLESS = 0x7FFFF000  # writers to a pipe put this or more where they cannot know the size


def read_audio(clip: Clip, rate: int) -> tuple[np.ndarray, list[str]]:
    """Samples, float32[T] in −1…1, of one channel at ``rate`` Hz, and remarks on what was changed to get there.

    Channels are averaged, another rate is resampled (soxr HQ) to ceil(T · rate / old rate) samples, as librosa does.
    A file that is no sound, or truncated, empty, silent or not finite is a ``SeqpipeError``.
    """
    try:
        file: BinaryIO = io.BytesIO(sys.stdin.buffer.read()) if str(clip.path) == "-" else clip.path.open("rb")
        with file:
            _check_whole(file, clip)
            with soundfile.SoundFile(file) as sound:
                samples, old = _read(sound, clip), sound.samplerate
    except soundfile.LibsndfileError as error:
        raise SeqpipeError(f"{clip.name} is not sound that can be read ({error.error_string.rstrip('.')}).") from None
    except OSError as error:
        raise SeqpipeError(f"{clip.name} cannot be read ({error.strerror}).") from None
    remarks = []
    if samples.shape[1] > 1:
        remarks.append(f"mixed down from {samples.shape[1]} channels to one")
    mono = samples.mean(axis=1)
    if not np.isfinite(mono).all():
        raise SeqpipeError(f"{clip} holds values that are not finite numbers; record or convert it again.")
    if not mono.any():
        raise SeqpipeError(f"{clip} is silent: every sample is zero; record it again or remove it.")
    if old != rate:
        remarks.append(f"resampled from {old} to {rate} Hz")
        mono = resample(mono, old, rate)
    return mono, remarks


def resample(samples: np.ndarray, old: int, new: int) -> np.ndarray:
    """``samples``, float32[T], at another rate: float32[ceil(T · new / old)]."""
    length = math.ceil(len(samples) * new / old)
    result = soxr.resample(samples, old, new, quality="HQ")[:length]
    return np.pad(result, (0, length - len(result)))


def _read(sound: soundfile.SoundFile, clip: Clip) -> np.ndarray:
    """Samples, float32[T, channels], of the part of the file that the clip names."""
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
    count = min(stop, sound.frames) - start
    sound.seek(start)
    samples: np.ndarray = sound.read(count, dtype="float32", always_2d=True)
    if len(samples) < count:
        raise SeqpipeError(
            f"{clip.name} is truncated: {count} samples are promised, {len(samples)} are there; copy it again."
        )
    return samples


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
