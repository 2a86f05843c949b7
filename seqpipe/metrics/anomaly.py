"""How well strange sequences are told from normal ones by a score, and by a threshold on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def score(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Detection of the records with a ``label`` by the answers' ``score`` and ``flag``.

    ``error`` is the mean score of what is normal; ``kinds`` the AUC of each kind of fault against all that is normal.
    Where all is normal, or nothing is, there is nothing to tell apart: the AUC is one half, and ``faults`` says why.
    """
    labels = np.array([record["label"] for record in records])
    scores = np.array([answer["score"] for answer in answers], np.float64)
    flags = np.array([answer["flag"] for answer in answers], bool)
    strange = labels != ""
    right = int((flags & strange).sum())
    precision, recall = right / max(1, int(flags.sum())), right / max(1, int(strange.sum()))
    kinds = {kind: auc(scores[~strange], scores[labels == kind]) for kind in sorted(set(labels[strange].tolist()))}
    return {
        "auc": auc(scores[~strange], scores[strange]),
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(1e-12, precision + recall),
        "error": float(scores[~strange].mean()) if (~strange).any() else 0.0,
        "faults": int(strange.sum()),
        **({"kinds": kinds} if kinds else {}),
    }


def auc(normal: np.ndarray, strange: np.ndarray) -> float:
    """Area under the ROC curve: how often a strange score is above a normal one, ties counting half.

    By ranks (Mann & Whitney 1947): (Σ ranks of the strange − n (n + 1) / 2) / (n m). One half if either is missing.
    """
    n, m = len(strange), len(normal)
    if not n or not m:
        return 0.5
    _, place, counts = np.unique(np.concatenate([strange, normal]), return_inverse=True, return_counts=True)
    ranks = (counts.cumsum() - (counts - 1) / 2)[place]  # ties share the mean of their ranks
    return float((ranks[:n].sum() - n * (n + 1) / 2) / (n * m))
