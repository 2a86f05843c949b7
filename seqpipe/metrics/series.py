"""Errors of forecasts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def mae(reference: Sequence[float], forecast: Sequence[float]) -> float:
    """Mean absolute error, in the unit of the series: mean |y − f|."""
    return float(_errors(reference, forecast).mean())


def smape(reference: Sequence[float], forecast: Sequence[float]) -> float:
    """Symmetric mean absolute percentage error in percent, 0 to 200: mean of 200 |y − f| / (|y| + |f|).

    The convention of the M4 competition (Makridakis et al., 2020); a step where both are zero has no error.
    """
    size = np.abs(reference) + np.abs(forecast)
    return float(np.mean(200 * _errors(reference, forecast) / np.where(size > 0, size, 1)))


def mase(reference: Sequence[float], forecast: Sequence[float], scale: float) -> float:
    """Mean absolute scaled error: MAE over ``scale``, the mean |y_t − y_{t−s}| of the training part.

    Below 1 is better than the seasonal naive forecast was, one step ahead, in training (Hyndman & Koehler, 2006).
    """
    assert scale > 0
    return mae(reference, forecast) / scale


def score(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> dict[str, float]:
    """MAE, MASE and sMAPE, each the mean over windows; a record has ``reference`` [H] and ``scale``."""
    pairs = [(record, answer["values"]) for record, answer in zip(records, answers, strict=True)]
    return {
        "mae": float(np.mean([mae(record["reference"], output) for record, output in pairs])),
        "mase": float(np.mean([mase(record["reference"], output, record["scale"]) for record, output in pairs])),
        "smape": float(np.mean([smape(record["reference"], output) for record, output in pairs])),
    }


def _errors(reference: Sequence[float], forecast: Sequence[float]) -> np.ndarray:
    assert len(reference) == len(forecast) > 0
    return np.abs(np.asarray(reference, np.float64) - np.asarray(forecast, np.float64))
