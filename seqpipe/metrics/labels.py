"""How labels are scored: one label an example."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from seqpipe.metrics import calibration


def score(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Accuracy, macro F1 and a table of every label; how far confidences can be believed, where answers have them."""
    outputs, references = [answer["text"] for answer in answers], [record["reference"] for record in records]
    table = per_label(references, outputs)
    return {
        "accuracy": accuracy(references, outputs),
        "f1": float(np.mean([row["f1"] for row in table.values()])),
        "label": table,
        **calibration.scores(calibration.outputs(records, answers)),
    }


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
