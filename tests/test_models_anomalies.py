"""Detectors that hardly learn: their scores by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from seqpipe.models.anomalies import deviation, mean, unigram


def window(*values: float, group: str = "a") -> dict[str, object]:
    return {"source": np.array(values, np.float32)[:, None], "group": group}


def test_distance_from_the_mean() -> None:
    assert mean([], [window(1, -2, 2), window(0, 0)]) == pytest.approx([3, 0])


def test_unusual_moments_of_ones_own_series() -> None:
    train = [window(0, 2), window(1, 5), window(-1, 7), window(100, 300, group="b"), window(200, 500, group="b")]
    means = np.array([1.0, 3.0, 3.0])
    logs = np.log(np.array([1.0, 2.0, 4.0]) + 1e-6)
    usual = [(means.mean(), means.std()), (logs.mean(), logs.std())]
    found = deviation(train, [window(2, 8)])
    expected = [(5 - usual[0][0]) / usual[0][1], (math.log(3) - usual[1][0]) / usual[1][1]]
    assert found == pytest.approx([max(map(abs, expected))], rel=1e-5)


def test_rare_tokens() -> None:
    train = [{"source": np.array([4, 4, 5])}]
    p = {4: 3 / 9, 5: 2 / 9, 1: 1 / 9}
    assert unigram(train, [{"source": np.array([4, 1])}]) == pytest.approx([-math.log(p[4] * p[1]) / 2])
