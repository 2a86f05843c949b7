"""Scaling the dimensions of frames: by statistics that are known, or by those of the seconds just heard."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

FLAT = 0.01  # a dimension that varies by less (in decibels) holds nothing to scale up
HEARD = 600
"""Frames that a running scale looks back over, the present one the last."""
BELIEVED = 50
"""Frames that the statistics of the corpus make up for at the beginning."""


class Scale:
    """Zero mean and unit variance per dimension: (x − mean) / deviation."""

    def __init__(self, mean: np.ndarray, deviation: np.ndarray) -> None:
        self.mean, self.deviation = mean, np.maximum(deviation, FLAT)

    @classmethod
    def of(cls, many: Iterable[np.ndarray]) -> Scale:
        """Fit to frames, float[T, F] each, in one pass, keeping two sums."""
        count, total, squares = 0, np.zeros(1), np.zeros(1)
        for frames in many:
            count += len(frames)
            total = total + frames.sum(axis=0, dtype=np.float64)
            squares = squares + np.square(frames, dtype=np.float64).sum(axis=0)
        count = max(count, 1)  # where every recording was dropped, preprocessing ends with the reasons
        mean = total / count
        return cls(mean, np.sqrt(np.maximum(squares / count - mean**2, 0)))  # Var x = E x² − (E x)²

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = (frames - self.mean) / self.deviation
        return scaled.astype(np.float32)


class RunningScale:
    """The same by the last ``HEARD`` frames, so that a voice or a level is told from another without its future.

    With n frames heard, at most ``HEARD``, and m = max(0, ``BELIEVED`` − n) of the corpus:

        mean = (m μ + Σ x) / (m + n)        variance = (m (σ² + μ²) + Σ x²) / (m + n) − mean²

    as Kaldi's online cepstral mean and variance normalisation does. Call it with frames in any pieces: the sums go on
    from where they were, in the same order, so that what comes out is the same to the bit.
    """

    def __init__(self, corpus: Scale) -> None:
        self.corpus = corpus
        self.sums = np.zeros((1, 2, len(corpus.mean)))  # Σ x and Σ x² up to each of the last frames

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Scaled frames, float32[T, F]."""
        moments = np.stack([frames, np.square(frames, dtype=np.float64)], axis=1)  # (T, 2, F)
        sums = np.cumsum(np.concatenate([self.sums[-1:], moments]), axis=0)
        sums = np.concatenate([self.sums[:-1], sums])
        last = np.arange(len(self.sums), len(sums))
        first = np.maximum(last - HEARD, 0)
        self.sums = sums[-HEARD:]
        heard = (last - first)[:, None]  # n
        believed = np.maximum(BELIEVED - heard, 0)  # m
        own, (mean, deviation) = sums[last] - sums[first], (self.corpus.mean, self.corpus.deviation)
        mean, square = (believed * mean + own[:, 0]), (believed * (deviation**2 + mean**2) + own[:, 1])
        mean, square = mean / (believed + heard), square / (believed + heard)
        return Scale(mean, np.sqrt(np.maximum(square - mean**2, 0)))(frames)
