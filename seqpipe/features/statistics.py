"""What is fitted to a time series: the moments that scale it, and the error that its forecasts are measured by."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

NOISE = 1e-9  # a spread this small beside the values is rounding


class Statistics(NamedTuple):
    """Three numbers about one series."""

    mean: float
    """Of the differenced values."""
    deviation: float
    """Standard deviation of the differenced values; 1 where they do not vary."""
    error: float
    """Mean |y_t − y_{t−season}|, the scale of MASE; 0 where there is none."""


def measure(values: np.ndarray, changes: np.ndarray, season: int, scaled: bool) -> Statistics:
    """Measure ``values`` [T] and their differences, ``changes``; not ``scaled`` means mean 0 and deviation 1."""
    noise = NOISE * float(np.abs(values).max())
    mean, deviation = (float(changes.mean()), float(changes.std())) if scaled else (0.0, 1.0)
    error = float(np.abs(values[season:] - values[:-season]).mean()) if len(values) > season else 0.0
    return Statistics(mean, deviation if deviation > noise else 1.0, error if error > noise else 0.0)
