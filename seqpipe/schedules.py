"""Step sizes over training."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

SCHEDULES: dict[str, Callable[[int, int, int], float]] = {
    "constant": lambda step, rise, total: 1.0,
    "linear": lambda step, rise, total: 1.0 - _share(step, rise, total),
    "cosine": lambda step, rise, total: (1.0 + math.cos(math.pi * _share(step, rise, total))) / 2,
    "plateau": lambda step, rise, total: 1.0,  # and `plateaus` beside it
    "inverse-sqrt": lambda step, rise, total: math.sqrt(max(1, rise) / max(1, rise, step)),  # Vaswani et al. 2017
}
"""Factor of the peak step size at a step (from 0) after the ``rise`` of ``total`` steps."""


def _share(step: int, rise: int, total: int) -> float:
    """How much of the steps after warm-up is done, from 0 to 1."""
    return (step - rise) / max(1, total - rise)


def factor(step: int, total: int, warmup: float, schedule: str) -> float:
    """Factor of the peak step size at ``step`` (from 0) of ``total``: a linear rise, then the schedule."""
    rise = round(warmup * total)
    if step < rise:
        return (step + 1) / rise
    return SCHEDULES[schedule](step, rise, total)


def plateaus(figures: Sequence[float], patience: int) -> int:
    """How often ``patience`` epochs in a row brought no lower figure than the lowest before; each begins anew."""
    lowest, waited, found = math.inf, 0, 0
    for figure in figures:
        waited = 0 if figure < lowest else waited + 1
        lowest = min(lowest, figure)
        if waited == patience:
            waited, found = 0, found + 1
    return found
