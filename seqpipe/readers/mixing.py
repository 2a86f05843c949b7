"""Blocks of sound as it comes: mixed down to one channel, checked, and brought to one rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import soxr

from seqpipe.files import SeqpipeError
from seqpipe.readers.recordings import Clip


def at_rate(
    blocks: Iterable[np.ndarray], channels: int, old: int, rate: int, clip: Clip, remark: Callable[[str], None]
) -> Iterator[np.ndarray]:
    """Blocks float32[T] at ``rate`` Hz of blocks float32[T, channels] at ``old`` Hz, with remarks on what is changed.

    Joined they are the same to the bit, however the sound is cut. Sound that is silent or not finite is an error.
    """
    if channels > 1:
        remark(f"mixed down from {channels} channels to one")
    mono = _mono(blocks, clip)
    if old == rate:
        return mono
    remark(f"resampled from {old} to {rate} Hz")
    return resampled(mono, old, rate)


def resampled(blocks: Iterable[np.ndarray], old: int, new: int) -> Iterator[np.ndarray]:
    """Blocks float32[T] at another rate (soxr HQ): of T samples in all, ceil(T · new / old)."""
    stream = soxr.ResampleStream(old, new, 1, dtype="float32", quality="HQ")
    heard = given = 0
    for block in blocks:
        some: np.ndarray = stream.resample_chunk(block)
        heard, given = heard + len(block), given + len(some)
        yield some
    rest = stream.resample_chunk(np.zeros(0, np.float32), last=True)
    left = math.ceil(heard * new / old) - given
    yield np.pad(rest[:left], (0, max(0, left - len(rest))))


def _mono(blocks: Iterable[np.ndarray], clip: Clip) -> Iterator[np.ndarray]:
    """The mean of all channels, float32[T]."""
    sounds = False
    for block in blocks:
        mono = block[:, 0] if block.shape[1] == 1 else block.mean(axis=1)
        if not np.isfinite(mono).all():
            raise SeqpipeError(f"{clip} holds values that are not finite numbers; record or convert it again.")
        sounds = sounds or bool(mono.any())
        yield mono
    if not sounds:
        raise SeqpipeError(f"{clip} is silent: every sample is zero; record it again or remove it.")
