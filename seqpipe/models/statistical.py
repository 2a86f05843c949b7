"""Forecasts that learn nothing, or little: what a network has to beat.

Equations are those of Hyndman & Athanasopoulos, *Forecasting: Principles and Practice* (3rd ed.): y_T is the last value
of the history, ŷ_{T+h} the forecast h steps ahead.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np

from seqpipe.report import Note, Progress, Report
from seqpipe.store import Row

LONGEST_SEASON = 24
"""Seasonal ARIMA takes minutes a series beyond it."""


def naive(history: np.ndarray, horizon: int) -> np.ndarray:
    """Repeat the last value: ŷ_{T+h} = y_T (section 5.2)."""
    return np.full(horizon, history[-1])


def seasonal_naive(history: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """Repeat the last season: ŷ_{T+h} = y_{T+h−s(k+1)}, k = ⌊(h − 1) / s⌋ (section 5.2)."""
    assert len(history) >= season
    return np.resize(history[-season:], horizon)


def drift(history: np.ndarray, horizon: int) -> np.ndarray:
    """Go on along the line from the first value to the last: ŷ_{T+h} = y_T + h (y_T − y_1) / (T − 1) (section 5.2)."""
    slope = (history[-1] - history[0]) / (len(history) - 1) if len(history) > 1 else 0.0
    return np.asarray(history[-1] + slope * np.arange(1, horizon + 1))


def baselines(
    rows: Sequence[Row], season: int, horizon: int, arima: bool, report: Report
) -> dict[str, list[list[float]]]:
    """Forecast every row's ``history`` by every baseline: ``{name: [[ŷ_{T+1}, …, ŷ_{T+H}] for each row]}``.

    Rows of one series (``group``) must come in time order, as the store keeps them: ``arima`` is fitted on the first.
    With a season beyond 24 that one is ``mstl``, and a note says so.
    """
    histories = [row["history"] for row in rows]
    forecasts = {
        "naive": [naive(history, horizon).tolist() for history in histories],
        "seasonal naive": [seasonal_naive(history, season, horizon).tolist() for history in histories],
        "drift": [drift(history, horizon).tolist() for history in histories],
    }
    if arima:
        name = "arima" if season <= LONGEST_SEASON else "mstl"
        if name == "mstl":
            why = f"season {season} is over {LONGEST_SEASON}, too long for ARIMA"
            report(Note(f"{why}; MSTL with ETS stands in its place"))
        forecasts[name] = _fitted(rows, season, horizon, report)
    return forecasts


def _fitted(rows: Sequence[Row], season: int, horizon: int, report: Report) -> list[list[float]]:
    """Fit a series once, on the history of its first row; later rows update the state, never the parameters."""
    models: dict[str, Any] = {}
    forecasts = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the optimiser says at every fixed model that it did not move
        for done, row in enumerate(rows):
            if row["group"] not in models:
                report(Progress("fit ARIMA" if season <= LONGEST_SEASON else "fit MSTL", done, len(rows)))
                models[row["group"]] = _model(season).fit(row["history"])
            forecasts.append(models[row["group"]].forward(y=row["history"], h=horizon)["mean"].tolist())
    return forecasts


def _model(season: int) -> Any:
    """ARIMA(p, d, q)(P, D, Q)_s, orders by stepwise AICc (section 9.7); or decomposition by MSTL (section 12.1)."""
    from statsforecast.models import MSTL, AutoARIMA

    return AutoARIMA(season_length=season, approximation=True) if season <= LONGEST_SEASON else MSTL(season)
