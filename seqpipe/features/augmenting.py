"""Frames of a recording as another recording might have given them: training data that costs nothing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from seqpipe.params.augment import Augment

LONGEST_MASK = 0.2
"""Largest share of a recording that one mask of frames hides (p of Park et al. 2019)."""


class Augmenter(NamedTuple):
    """What changes frames: the parameters, how many of the dimensions are static (each derivative has as many), and
    what a decibel more adds to each dimension, float32[F]."""

    params: Augment
    static: int
    decibel: np.ndarray

    def __call__(self, frames: np.ndarray, least: int, random: np.random.Generator) -> np.ndarray:
        """Changed frames, float32[T', F], of ``frames``, float32[T, F]; at least ``least`` of them, if T are as many.

        Speed first, then gain and noise, then what is hidden becomes 0, the mean of normalised features.
        """
        params = self.params
        if params.speed:
            frames = stretched(frames, 1 + params.speed * random.uniform(-1, 1), least, self.static)
        if params.gain:
            frames = frames + np.float32(params.gain * random.uniform(-1, 1)) * self.decibel
        if params.noise:
            deviation = np.float32(params.noise * random.uniform())
            frames = frames + deviation * random.standard_normal(frames.shape, np.float32)
        return self._masked(frames, random)

    def _masked(self, frames: np.ndarray, random: np.random.Generator) -> np.ndarray:
        params, frames = self.params, frames.astype(np.float32)  # a copy: the store's own bytes stay
        for _ in range(params.frequency_masks):
            start, stop = _run(self.static, params.frequency_width, random)
            frames.reshape(len(frames), -1, self.static)[:, :, start:stop] = 0
        for _ in range(params.time_masks):
            start, stop = _run(len(frames), min(params.time_width, int(LONGEST_MASK * len(frames))), random)
            frames[start:stop] = 0
        return frames


def stretched(frames: np.ndarray, factor: float, least: int, static: int) -> np.ndarray:
    """About T / ``factor`` frames over the same time, by linear interpolation; derivatives grow with the factor."""
    count = max(round(len(frames) / factor), min(least, len(frames)), 1)
    at = np.linspace(0, len(frames) - 1, count)
    before = np.minimum(at.astype(np.int64), max(len(frames) - 2, 0))
    share = (at - before).astype(np.float32)[:, None]
    found: np.ndarray = (1 - share) * frames[before] + share * frames[np.minimum(before + 1, len(frames) - 1)]
    orders = np.repeat(np.arange(frames.shape[1] // static), static)
    found *= np.float32(len(frames) / count) ** orders.astype(np.float32)
    return found


def _run(size: int, widest: int, random: np.random.Generator) -> tuple[int, int]:
    """Where a mask begins and ends: its width is from 0 to ``widest``, its place anywhere."""
    width = int(random.integers(0, min(widest, size) + 1))
    start = int(random.integers(0, size - width + 1))
    return start, start + width
