"""Scores of labels against scikit-learn and plain loops."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import confusion_matrix, f1_score, precision_recall_fscore_support

from seqpipe.metrics.labels import accuracy, confusions, score

LABELS = ["a", "bé", "c d", "ㄱ"]
PAIRS = st.lists(st.tuples(st.sampled_from(LABELS), st.sampled_from(LABELS)), min_size=1, max_size=30)


def scored(pairs: list[tuple[str, str]], confidences: list[float] | None = None) -> dict[str, Any]:
    answers: list[dict[str, Any]] = [{"text": output} for _, output in pairs]
    if confidences is not None:
        for answer, confidence in zip(answers, confidences, strict=True):
            answer["confidence"] = confidence
    return score([{"reference": reference} for reference, _ in pairs], answers)


@pytest.mark.filterwarnings("ignore:A single label was found")
@settings(deadline=None)
@given(pairs=PAIRS)
def test_figures_are_those_of_scikit_learn(pairs: list[tuple[str, str]]) -> None:
    true, given_labels = (list(side) for side in zip(*pairs, strict=True))
    found = scored(pairs)
    names = sorted({*true, *given_labels})
    expected = precision_recall_fscore_support(true, given_labels, labels=names, zero_division=0)
    assert list(found["label"]) == names
    for at, name in enumerate(names):
        row = found["label"][name]
        assert [row["precision"], row["recall"], row["f1"], row["count"]] == pytest.approx(
            [figures[at] for figures in expected]
        )
    assert found["f1"] == pytest.approx(f1_score(true, given_labels, average="macro", zero_division=0))
    assert found["accuracy"] == pytest.approx(sum(a == b for a, b in pairs) / len(pairs))
    labels, counts = confusions(true, given_labels)
    assert labels == names
    assert counts.tolist() == confusion_matrix(true, given_labels, labels=names).tolist()


def test_confidences_are_judged_where_there_are_any() -> None:
    assert {"calibration_error", "brier"}.isdisjoint(scored([("a", "a")]))
    found = scored([("a", "a"), ("c", "a")], [0.5, 0.5])
    assert (found["calibration_error"], found["brier"]) == (0, 0.25)


def test_a_label_that_no_example_has_counts_in_macro_f1() -> None:
    found = scored([("a", "a"), ("a", "b")])
    assert found["label"]["b"] == {"precision": 0.0, "recall": 0.0, "f1": 0.0, "count": 0}
    assert found["f1"] == pytest.approx((2 / 3 + 0) / 2)


def test_nothing_cannot_be_scored() -> None:
    with pytest.raises(AssertionError):
        accuracy([], [])
