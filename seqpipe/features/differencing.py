"""Differences of a series and back: with B y_t = y_{t−1}, w_t = (1 − B)^d (1 − B^s) y_t.

Hyndman & Athanasopoulos, *Forecasting: Principles and Practice* (3rd ed.), sections 9.1 and 9.2.
"""

from __future__ import annotations

import numpy as np


def lag(season: int, times: int) -> int:
    """How many values a difference uses up: s + d; ``season`` 0 means no seasonal difference."""
    return season + times


def difference(values: np.ndarray, season: int, times: int) -> np.ndarray:
    """Take y_t − y_{t−season} (unless ``season`` is 0), then ``times`` first differences: [T] → [T − lag]."""
    if season:
        values = values[season:] - values[:-season]  # (1 − B^s) y_t
    return np.diff(values, times)  # (1 − B)^d


def integrate(changes: np.ndarray, past: np.ndarray, season: int, times: int) -> np.ndarray:
    """Undo ``difference``: the values [H] that follow ``past`` (at least ``lag`` values) with these ``changes`` [H].

    Beyond one season the values just found take the place of the past: y_{T+h} = w_{T+h} + y_{T+h−s}.
    """
    assert len(past) >= lag(season, times)
    for order in reversed(range(times)):
        changes = difference(past, season, order)[-1] + np.cumsum(changes)  # Σ (1 − B) u = u_{T+h} − u_T
    if not season:
        return changes
    values = list(past[-season:])
    for change in changes:
        values.append(change + values[-season])  # y_{T+h} = w_{T+h} + y_{T+h−s}
    return np.array(values[season:])
