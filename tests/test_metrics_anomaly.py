"""Detection: the area under the curve against scikit-learn, precision and recall by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from seqpipe.metrics.anomaly import auc, score

SCORES = st.lists(st.integers(0, 6), min_size=1, max_size=20)


@given(SCORES, SCORES)
def test_auc_against_scikit_learn(normal: list[int], strange: list[int]) -> None:
    expected = roc_auc_score([0] * len(normal) + [1] * len(strange), normal + strange)
    assert auc(np.array(normal), np.array(strange)) == pytest.approx(expected)


def test_one_of_each_kind() -> None:
    records = [{"label": label} for label in ("", "", "", "spike", "spike", "drop")]
    answers = [{"score": value, "flag": value > 2.5} for value in (1.0, 2.0, 3.0, 4.0, 2.5, 0.5)]
    found = score(records, answers)
    assert found["kinds"] == {"spike": pytest.approx(5 / 6), "drop": 0.0}
    assert found["auc"] == pytest.approx(5 / 9)
    assert (found["precision"], found["recall"]) == (pytest.approx(1 / 2), pytest.approx(1 / 3))
    assert found["f1"] == pytest.approx(0.4)
    assert (found["error"], found["faults"]) == (2.0, 3)


def test_without_faults_there_is_nothing_to_tell_apart() -> None:
    found = score([{"label": ""}] * 2, [{"score": 1.0, "flag": False}, {"score": 2.0, "flag": True}])
    assert (found["auc"], found["faults"], found["precision"], found["recall"]) == (0.5, 0, 0.0, 0.0)
    assert "kinds" not in found
