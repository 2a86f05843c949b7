"""Frames of a recording that is still going on, equal to those of the whole recording."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from seqpipe.features.spectra import DELTA_WIDTH, Spectra


class LiveFrames:
    """From blocks of samples to the frames that are complete: call it with each block, then ``end``.

    A static frame waits for the last sample under its window; with deltas, for half the width of their regression more.
    The spectra must be without ``range``, which would have to know the loudest value to come.
    """

    def __init__(self, spectra: Spectra, scaled: Callable[[np.ndarray], np.ndarray]) -> None:
        assert not spectra.params.range
        self.spectra, self.scaled = spectra, scaled
        self.samples = np.zeros(spectra.fft // 2, np.float32)  # what the next frames will see; before the first, zeros
        self.skip = 0  # samples to come that no frame sees, where steps are longer than windows
        self.static = np.zeros((0, spectra.size // (1 + spectra.params.deltas)))
        self.given = 0  # frames of ``static`` that are given already, and stay for the deltas of later ones

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Frames, float32[T, size], that are complete with ``samples``, float32[N]."""
        static = self._static(samples)
        return self.scaled((self._with_deltas(static) if self.spectra.params.deltas else static).astype(np.float32))

    def end(self) -> np.ndarray:
        """The other frames, float32[T, size], of a recording that ends here."""
        static = np.concatenate([self.static, self._static(np.zeros(self.spectra.fft // 2, np.float32))])
        if len(static):
            static = self.spectra.with_deltas(static)
        return self.scaled(static[self.given :].astype(np.float32))

    def _static(self, samples: np.ndarray) -> np.ndarray:
        """The next static frames, float32[T, static]."""
        self.samples = np.concatenate([self.samples, samples[self.skip :]])
        self.skip = max(0, self.skip - len(samples))
        if len(self.samples) < self.spectra.fft:
            return self.static[:0]
        found = self.spectra.static(self.samples)
        seen = len(found) * self.spectra.hop
        self.skip = max(0, seen - len(self.samples))
        self.samples = self.samples[seen:]
        return found

    def _with_deltas(self, static: np.ndarray) -> np.ndarray:
        """The next frames whose regression is complete, float64[T, size]: those at the edge wait for their right half.

        Nine frames stay, so that an end that comes now finds those that its regression reaches over.
        """
        self.static = np.concatenate([self.static, static])
        ready = len(self.static) - DELTA_WIDTH // 2
        if len(self.static) < DELTA_WIDTH or ready <= self.given:
            return np.zeros((0, self.spectra.size))
        found = self.spectra.with_deltas(self.static)[self.given : ready]
        self.static = self.static[-DELTA_WIDTH:]
        self.given = DELTA_WIDTH - DELTA_WIDTH // 2
        return found
