"""Step sizes over training."""

from __future__ import annotations

import math
from collections.abc import Callable

SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda share: 1.0,
    "linear": lambda share: 1.0 - share,
    "cosine": lambda share: (1.0 + math.cos(math.pi * share)) / 2,
}
"""Factor of the peak step size by the share of the steps after warm-up that is done, from 0 to 1."""


def factor(step: int, total: int, warmup: float, schedule: str) -> float:
    """Factor of the peak step size at ``step`` (from 0) of ``total``: a linear rise, then the schedule."""
    rise = round(warmup * total)
    if step < rise:
        return (step + 1) / rise
    return SCHEDULES[schedule]((step - rise) / max(1, total - rise))
