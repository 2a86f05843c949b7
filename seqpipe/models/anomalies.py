"""Detectors of strange sequences that learn next to nothing: what an autoencoder has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqpipe.store import Row


def mean(train: Sequence[Row], rows: Sequence[Row]) -> list[float]:
    """The reconstruction error of the training mean of the series: mean (x − x̄)², where x̄ = 0 for scaled values."""
    return [float(np.square(row["source"], dtype=np.float64).mean()) for row in rows]


def deviation(train: Sequence[Row], rows: Sequence[Row]) -> list[float]:
    """How unusual a window's mean and spread are for its series: the larger of |z| of the mean and of log deviation."""
    known: dict[str, list[np.ndarray]] = {}
    for row in train:
        known.setdefault(row["group"], []).append(_moments(row))
    usual = {group: (np.mean(many, axis=0), np.std(many, axis=0) + 1e-9) for group, many in known.items()}
    return [float(np.abs((_moments(row) - usual[row["group"]][0]) / usual[row["group"]][1]).max()) for row in rows]


def unigram(train: Sequence[Row], rows: Sequence[Row]) -> list[float]:
    """Mean −log p of a text's tokens, by how often training has each: p(w) = (c(w) + 1) / (N + V)."""
    size = 1 + max(int(row["source"].max()) for row in [*train, *rows])
    counts = np.bincount(np.concatenate([row["source"] for row in train]), minlength=size) + 1.0
    log_p = np.log(counts / counts.sum())
    return [float(-log_p[row["source"]].mean()) for row in rows]


def _moments(row: Row) -> np.ndarray:
    """Mean and log standard deviation of each value of a window, [2 F]."""
    values = row["source"].astype(np.float64)
    return np.concatenate([values.mean(axis=0), np.log(values.std(axis=0) + 1e-6)])
