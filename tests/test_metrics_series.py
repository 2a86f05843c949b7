"""Forecast errors against loops by hand and utilsforecast."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from utilsforecast import losses

from seqpipe.metrics.series import mae, mase, score, smape


def test_against_loops() -> None:
    reference, forecast = [3.0, -1.0, 0.0, 0.0, 5.0], [2.0, 1.0, 0.0, 4.0, 5.0]
    assert mae(reference, forecast) == pytest.approx((1 + 2 + 0 + 4 + 0) / 5)
    assert mase(reference, forecast, 0.5) == pytest.approx(2 * mae(reference, forecast))
    terms = [200 * 1 / 5, 200 * 2 / 2, 0, 200 * 4 / 4, 0]
    assert smape(reference, forecast) == pytest.approx(sum(terms) / 5)


def test_smape_is_symmetric_and_at_most_200() -> None:
    assert smape([1.0, 2.0], [3.0, 5.0]) == smape([3.0, 5.0], [1.0, 2.0])
    assert smape([1.0], [-1.0]) == 200


def test_against_utilsforecast() -> None:
    generator = np.random.default_rng(3)
    training = generator.normal(10, 3, 31)
    season, windows = 5, generator.normal(10, 3, (4, 2, 7))
    scale = float(np.mean([abs(training[t] - training[t - season]) for t in range(season, len(training))]))
    records = [{"reference": reference.tolist(), "scale": scale} for reference, _ in windows]
    found = score(records, [{"values": forecast.tolist()} for _, forecast in windows])

    frame = pd.DataFrame({"unique_id": np.repeat(range(4), 7), "y": windows[:, 0].ravel(), "f": windows[:, 1].ravel()})
    train = pd.DataFrame({"unique_id": np.repeat(range(4), len(training)), "y": np.tile(training, 4)})
    assert found["mae"] == pytest.approx(losses.mae(frame, ["f"])["f"].mean())
    assert found["mase"] == pytest.approx(losses.mase(frame, ["f"], season, train)["f"].mean())
    assert found["smape"] == pytest.approx(
        200 * losses.smape(frame, ["f"])["f"].mean()
    )  # it counts |y − f| / (|y| + |f|)


def test_every_record_needs_an_output() -> None:
    with pytest.raises(ValueError, match="shorter"):
        score([{"reference": [1.0], "scale": 1.0}], [])
