"""Frames of a signal: the spectral features of ``librosa.feature``, by the FFT alone.

The definition is librosa 0.11's, with ``center=True`` and zeros beyond both ends: frame t is the signal around sample
t · hop, seen through a periodic Hann window of ``window`` seconds inside an FFT of the next power of two, so that
T = 1 + ⌊samples / hop⌋ for every clip however short. Its own functions are not called: some compile for 16 s and more
in a fresh environment, and a chunk of frames at a time is more than twice as fast.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import scipy.fft

from seqpipe.files import SeqpipeError
from seqpipe.params.features import AudioFeatures

if TYPE_CHECKING:
    from seqpipe.features.bands import MelBands

CHUNK = 1 << 16  # samples of windows whose spectra fit a core's cache together
FLOOR = 1e-10  # smallest power before the logarithm: −100 dB
DELTA_WIDTH = 9  # frames in a regression of deltas


class Spectra:
    """From samples to frames, with window and filters made once."""

    def __init__(self, params: AudioFeatures) -> None:
        self.params = params
        self.hop = round(params.hop * params.rate)
        length = round(params.window * params.rate)
        if length < 2 or self.hop < 1:
            raise SeqpipeError(
                f"features.window {params.window:g} s and features.hop {params.hop:g} s make windows of {length} and "
                f"steps of {self.hop} samples at features.rate {params.rate}; they need at least 2 and 1."
            )
        self.fft = 1 << (length - 1).bit_length()
        self.chunk = max(1, CHUNK // self.fft)
        self.window = _centred_hann(length, self.fft)
        self.bands = None if params.kind == "spectrogram" else _mel_bands(params, self.window, self.hop)
        if params.kind == "mfcc" and params.coefficients > params.mels:
            raise SeqpipeError(
                f"features.coefficients is {params.coefficients}, but features.mels is {params.mels}: "
                "there are no more coefficients than bands."
            )
        static = {"logmel": params.mels, "mfcc": params.coefficients, "spectrogram": self.fft // 2 + 1}[params.kind]
        self.size = static * (1 + params.deltas)

    def __call__(self, samples: np.ndarray) -> np.ndarray:
        """Frames, float32[T, size], of samples, float32[N] at ``params.rate``: static values, then their deltas.

        logmel is ``power_to_db(melspectrogram(…))``, mfcc is ``feature.mfcc(…)``, spectrogram is
        ``power_to_db(abs(stft(…)) ** 2)``; deltas are ``feature.delta(…)``, with ``mode="nearest"`` in a clip of fewer
        frames than its regression is wide, where librosa's default is an error.
        """
        return self.with_deltas(self.static(np.pad(samples, self.fft // 2))).astype(np.float32)

    def static(self, padded: np.ndarray) -> np.ndarray:
        """Static values, float32[T, static], of every frame of ``fft`` samples that ``padded`` holds whole, ``hop``
        apart."""
        static = _decibels(self._power(padded), self.params.range)
        if self.params.kind == "mfcc":
            static = scipy.fft.dct(static, type=2, norm="ortho", axis=1)[:, : self.params.coefficients]
        return static

    def with_deltas(self, static: np.ndarray) -> np.ndarray:
        """Static values and their deltas, [T, size]."""
        return np.hstack([static, *(_delta(static, order + 1) for order in range(self.params.deltas))])

    def _power(self, padded: np.ndarray) -> np.ndarray:
        """Power by frequency or mel band, float32[T, bins or mels]: |Σ_n w_n x_n e^{−2πikn/N}|².

        Where every bin is told, the sum over n is in float64, for what is 80 dB below the loudest must not be its
        rounding; bands add up many bins, of which the louder count, and float32 does.
        """
        time = 1 + (len(padded) - self.fft) // self.hop
        bins = self.fft // 2 + 1
        result = np.empty((time, bins if self.bands is None else self.bands.count), np.float32)
        for start in range(0, time, self.chunk):
            some = result[start : start + self.chunk]
            seen = padded[start * self.hop :]
            if self.bands is not None:
                self.bands(seen, some)
            else:
                frames = np.lib.stride_tricks.sliding_window_view(seen, self.fft)[:: self.hop][: len(some)]
                spectra = scipy.fft.rfft(frames * self.window)
                some[:] = spectra.real**2 + spectra.imag**2
        return result


def _mel_bands(params: AudioFeatures, window: np.ndarray, hop: int) -> MelBands:
    from seqpipe.features.bands import MelBands  # and numba with it

    return MelBands(params, window, hop)


def _centred_hann(length: int, size: int) -> np.ndarray:
    """w_n = (1 − cos(2πn / length)) / 2 in the middle of ``size`` zeros."""
    window = np.zeros(size)
    left = (size - length) // 2
    window[left : left + length] = 0.5 - 0.5 * np.cos(2 * math.pi * np.arange(length) / length)
    return window


def _decibels(power: np.ndarray, below: float) -> np.ndarray:
    """10 log₁₀ of power above a floor, and never more than ``below``, if it is not 0, under the loudest value."""
    level: np.ndarray = np.log(np.maximum(power, np.float32(FLOOR)))  # in float32 many times as fast as log₁₀
    level *= np.float32(10 / math.log(10))
    return np.maximum(level, level.max() - np.float32(below), out=level) if below else level


def _delta(static: np.ndarray, order: int) -> np.ndarray:
    """Local derivative of every dimension by a polynomial regression over ``DELTA_WIDTH`` frames (Savitzky–Golay)."""
    from scipy.signal import savgol_filter

    mode = "interp" if len(static) >= DELTA_WIDTH else "nearest"
    result: np.ndarray = savgol_filter(static, DELTA_WIDTH, polyorder=order, deriv=order, axis=0, mode=mode)
    return result
