"""How labels are scored: one label an example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

BINS = 15


def score(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy, macro F1 and a table of every label; ``calibration`` where answers have a ``confidence``."""
    outputs, references = [answer["text"] for answer in answers], [record["reference"] for record in records]
    table = per_label(references, outputs)
    scores: dict[str, Any] = {
        "accuracy": accuracy(references, outputs),
        "f1": float(np.mean([row["f1"] for row in table.values()])),
        "label": table,
    }
    if all("confidence" in answer for answer in answers):
        right = [output == reference for output, reference in zip(outputs, references, strict=True)]
        scores["calibration"] = calibration_error([answer["confidence"] for answer in answers], right)
    return scores


def accuracy(references: Sequence[str], outputs: Sequence[str]) -> float:
    """Share of labels that are right."""
    assert len(references) == len(outputs) > 0
    return float(np.mean([output == reference for output, reference in zip(outputs, references, strict=True)]))


def per_label(references: Sequence[str], outputs: Sequence[str]) -> dict[str, dict[str, float]]:
    """``precision``, ``recall``, ``f1`` and the ``count`` of every label that is true or was read out.

    A label never read out has precision 0, one that is never true recall 0. Macro F1 is the mean of ``f1``.
    """
    labels, counts = confusions(references, outputs)
    right, true, given = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    precision, recall = right / given.clip(min=1), right / true.clip(min=1)
    f1 = 2 * right / (true + given)  # = 2 P R / (P + R); every label is true or read out at least once
    figures = zip(precision.tolist(), recall.tolist(), f1.tolist(), true.tolist(), strict=True)
    names = ("precision", "recall", "f1", "count")
    return {label: dict(zip(names, row, strict=True)) for label, row in zip(labels, figures, strict=True)}


def confusions(references: Sequence[str], outputs: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Labels in order, and how often each true one (row) was read out as each (column), int64[L, L]."""
    assert len(references) == len(outputs) > 0
    labels = sorted({*references, *outputs})
    place = {label: at for at, label in enumerate(labels)}
    counts = np.zeros((len(labels), len(labels)), np.int64)
    for reference, output in zip(references, outputs, strict=True):
        counts[place[reference], place[output]] += 1
    return labels, counts


def calibration_error(confidences: Sequence[float], right: Sequence[bool], bins: int = BINS) -> float:
    """Expected calibration error: Σ_m |B_m|/n · |accuracy(B_m) − confidence(B_m)|  (Guo et al. 2017).

    B_m holds what has a confidence in ((m−1)/M, m/M]; 0 goes to the first bin.
    """
    assert len(confidences) == len(right) > 0
    confidence, hit = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    assert ((confidence >= 0) & (confidence <= 1)).all()
    bin_of = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gaps = np.bincount(bin_of, weights=hit - confidence, minlength=bins)  # |B| (accuracy − confidence)
    return float(np.abs(gaps).sum() / len(confidence))
