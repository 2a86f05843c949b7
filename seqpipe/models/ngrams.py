"""Language models that count: what a network has to beat.

Sequences are rows of a store: ``source`` begins with the start symbol, ``target`` is the same one step later.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seqpipe.store import Row

PRIOR = 1.0
"""Weight of the shorter context: counts of 1 are as good as it."""


def unigram(train: Sequence[Row], rows: Sequence[Row], vocabulary: int) -> list[float]:
    """log p of each row's targets, all tokens alike: p(w) = (c(w) + 1) / (N + V)  (Laplace)."""
    log_p = np.log(_unigram(train, vocabulary))
    return [float(log_p[row["target"]].sum()) for row in rows]


def bigram(train: Sequence[Row], rows: Sequence[Row], vocabulary: int) -> list[float]:
    """log p of each row's targets, each after the one before it: p(w | v) = (c(v, w) + α p(w)) / (c(v) + α).

    A Dirichlet prior around the unigrams (MacKay & Peto 1995), α = ``PRIOR`` × the number of tokens ever seen after v.
    """
    source, target = (np.concatenate([row[name] for row in train]).astype(np.int64) for name in ("source", "target"))
    pairs, counts = np.unique(source * vocabulary + target, return_counts=True)
    before = np.bincount(source, minlength=vocabulary)
    weight = PRIOR * np.maximum(np.bincount(pairs // vocabulary, minlength=vocabulary), 1)
    single, found = _unigram(train, vocabulary), []
    for row in rows:
        v, w = row["source"].astype(np.int64), row["target"].astype(np.int64)
        at = np.searchsorted(pairs, v * vocabulary + w).clip(max=len(pairs) - 1)
        seen = np.where(pairs[at] == v * vocabulary + w, counts[at], 0)
        found.append(float(np.log((seen + weight[v] * single[w]) / (before[v] + weight[v])).sum()))
    return found


def _unigram(train: Sequence[Row], vocabulary: int) -> np.ndarray:
    counts = np.bincount(np.concatenate([row["target"] for row in train]), minlength=vocabulary) + 1.0
    return np.asarray(counts / counts.sum())
