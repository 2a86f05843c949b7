"""Baselines against loops by hand, and ARIMA against statsforecast's own forecast."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.models.statistical import baselines, drift, naive, seasonal_naive
from seqpipe.report import Note, Progress, silent
from seqpipe.store import Row


def rows(values: np.ndarray, origins: range, group: str = "a") -> list[Row]:
    return [{"id": f"{group}:{origin}", "group": group, "history": values[:origin]} for origin in origins]


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=13), st.integers(1, 5), st.integers(1, 11))
def test_simple_forecasts_against_loops(values: list[float], season: int, horizon: int) -> None:
    history = np.array(values)
    last = len(values) - 1
    assert naive(history, horizon).tolist() == [values[last] for _ in range(horizon)]
    if len(values) >= season:
        past = list(values)
        for _ in range(horizon):
            past.append(past[len(past) - season])
        assert seasonal_naive(history, season, horizon).tolist() == past[len(values) :]
    slope = (values[last] - values[0]) / last if last else 0.0
    assert drift(history, horizon) == pytest.approx([values[last] + h * slope for h in range(1, horizon + 1)])


def test_every_row_has_one_forecast_in_order() -> None:
    values = np.arange(23.0) ** 2
    both = rows(values, range(9, 12)) + rows(-values, range(10, 11), "b")
    found = baselines(both, 3, 5, arima=False, report=silent)
    assert list(found) == ["naive", "seasonal naive", "drift"]
    assert [forecast[0] for forecast in found["naive"]] == [values[8], values[9], values[10], -values[9]]
    assert all(len(forecast) == 5 for forecasts in found.values() for forecast in forecasts)


def seasonal_series(season: int, length: int) -> np.ndarray:
    generator = np.random.default_rng(season)
    time = np.arange(length)
    return np.asarray(50 + 0.2 * time + 5 * np.sin(2 * np.pi * time / season) + generator.normal(0, 0.5, length))


@pytest.mark.filterwarnings("ignore:possible convergence problem")  # of the direct forecast
def test_arima_is_fitted_on_the_first_origin_only() -> None:
    from statsforecast.models import AutoARIMA

    values = seasonal_series(4, 71)
    heard: list[Note | Progress] = []
    found = baselines(rows(values, range(60, 66)), 4, 5, arima=True, report=heard.append)["arima"]
    direct = AutoARIMA(season_length=4, approximation=True).forecast(y=values[:60], h=5)["mean"]
    np.testing.assert_allclose(found[0], direct, rtol=1e-5)
    assert len(heard) == 1
    errors = [np.abs(forecast - values[at : at + 5]).mean() for at, forecast in enumerate(found, start=60)]
    assert max(errors) < 2  # the season is 10 from crest to trough
    assert len({tuple(forecast) for forecast in found}) == 6  # later origins see later values


def test_one_series_forecast_does_not_depend_on_the_others() -> None:
    first, second = seasonal_series(4, 60), seasonal_series(3, 60)
    together = baselines(rows(first, range(50, 52)) + rows(second, range(50, 52), "b"), 4, 3, True, silent)["arima"]
    alone = baselines(rows(second, range(50, 52), "b"), 4, 3, True, silent)["arima"]
    assert together[2:] == alone


def test_a_long_season_takes_mstl_and_says_so() -> None:
    from statsforecast.models import MSTL

    values = seasonal_series(25, 110)
    heard: list[Note | Progress] = []
    found = baselines(rows(values, range(100, 102)), 25, 7, arima=True, report=heard.append)
    assert "arima" not in found
    np.testing.assert_allclose(found["mstl"][0], MSTL(25).forecast(y=values[:100], h=7)["mean"], rtol=1e-5)
    assert any(isinstance(event, Note) and "season 25 is over 24" in event.text for event in heard)
