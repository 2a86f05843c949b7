"""The windows of a signal and the bands of their spectra, compiled: each is one call that leaves Python's lock alone.

In numpy they are ten, after each of which a thread has to wait for the lock again, so that two gained a fifth.
"""

from __future__ import annotations

from typing import Any

from seqpipe.compiled import INT, INTS, NOTHING, SINGLE_ROWS, SINGLES, compiled

ABREAST = 64
"""Spectra whose bands are summed side by side."""


@compiled(NOTHING(SINGLES, SINGLES, INT, SINGLE_ROWS))
def windows(samples: Any, window: Any, hop: int, out: Any) -> None:
    """out[t, n] = samples[t · hop + n] · window[n]."""
    size = len(window)
    for t in range(len(out)):
        seen, row = samples[t * hop : t * hop + size], out[t]
        for n in range(size):
            row[n] = seen[n] * window[n]


@compiled(NOTHING(SINGLE_ROWS, INTS, INTS, SINGLES, SINGLE_ROWS, SINGLES, SINGLE_ROWS))
def bands(spectra: Any, starts: Any, bins: Any, weights: Any, power: Any, total: Any, out: Any) -> None:
    """out[t, m] = Σ_k weight_mk |spectrum_tk|², of spectra (T, 2 · K) whose numbers are re, im, re, im …

    Row m of the sparse filters is ``weights`` and their ``bins`` from ``starts[m]`` to ``starts[m + 1]``; ``power``
    (K, ABREAST) and ``total`` (ABREAST,) are room.
    """
    for first in range(0, len(spectra), ABREAST):
        count = min(ABREAST, len(spectra) - first)
        for k in range(len(power)):
            for t in range(count):
                re, im = spectra[first + t, 2 * k], spectra[first + t, 2 * k + 1]
                power[k, t] = re * re + im * im
        for m in range(out.shape[1]):
            total[:] = 0
            for at in range(starts[m], starts[m + 1]):
                weight, row = weights[at], power[bins[at]]
                for t in range(ABREAST):  # what is left of the last spectra is summed as well, and not read
                    total[t] += weight * row[t]
            for t in range(count):
                out[first + t, m] = total[t]
