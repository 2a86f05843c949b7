"""Mel bands of windowed spectra: Slaney's triangles, as ``librosa.filters.mel`` makes them."""

from __future__ import annotations

import warnings

import numpy as np
import scipy.fft
from scipy.sparse import csr_array

from seqpipe.features.band_kernel import ABREAST, bands, windows
from seqpipe.files import SeqpipeError
from seqpipe.params.features import AudioFeatures


class MelBands:
    """From samples to the power in every band, through a window of ``fft`` samples every ``hop``.

    A bin is in two triangles, so filters are kept sparse.
    """

    def __init__(self, params: AudioFeatures, window: np.ndarray, hop: int) -> None:
        self.window, self.hop, self.fft = window.astype(np.float32), hop, len(window)
        filters = _filters(params, self.fft)
        self.count = filters.shape[0]
        self.filters = (filters.indptr.astype(np.int64), filters.indices.astype(np.int64), filters.data)

    def __call__(self, samples: np.ndarray, power: np.ndarray) -> None:
        """Fill ``power``, float32[T, bands], from samples, float32[N ≥ (T − 1) · hop + fft]."""
        windowed = np.empty((len(power), self.fft), np.float32)
        windows(np.ascontiguousarray(samples, np.float32), self.window, self.hop, windowed)
        spectra = scipy.fft.rfft(windowed).view(np.float32)
        total = np.empty(ABREAST, np.float32)
        room = np.zeros((self.fft // 2 + 1, len(total)), np.float32)
        bands(spectra, *self.filters, room, total, power)


def _filters(params: AudioFeatures, size: int) -> csr_array:
    """Slaney's triangles of equal area, float32[mels, bins], from 0 Hz to half the rate."""
    from librosa.filters import mel

    with warnings.catch_warnings(action="ignore", category=UserWarning):  # empty bands are an error below
        filters: np.ndarray = mel(sr=params.rate, n_fft=size, n_mels=min(params.mels, size)).astype(np.float32)
    empty = int((filters.max(axis=1) == 0).sum())
    if empty or params.mels > size:
        raise SeqpipeError(
            f"features.mels is {params.mels}, but a window of {params.window:g} s tells frequencies apart by "
            f"{params.rate / size:g} Hz, so some bands would be empty; use fewer bands or a longer window."
        )
    return csr_array(filters)
