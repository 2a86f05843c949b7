"""How far confidences can be believed: of all that is held for right with confidence p, the share p should be right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

BINS = 15

Judged = tuple[float, bool]
"""A confidence between 0 and 1, and whether what it is of was right."""


class Bin(NamedTuple):
    """What has a confidence in one range: how much, the mean of the confidences, the share that is right."""

    size: int
    confidence: float
    accuracy: float


def scores(judged: Sequence[Judged]) -> dict[str, float]:
    """``calibration_error`` and ``brier``; nothing, where there is nothing to judge."""
    return {"calibration_error": expected_error(judged), "brier": brier(judged)} if judged else {}


def expected_error(judged: Sequence[Judged], bins: int = BINS) -> float:
    """Expected calibration error: Σ_m |B_m|/n · |accuracy(B_m) − confidence(B_m)|  (Guo et al. 2017)."""
    found = binned(judged, bins)
    return sum(one.size * abs(one.accuracy - one.confidence) for one in found if one.size) / len(judged)


def brier(judged: Sequence[Judged]) -> float:
    """The mean square of confidence − 1 of what is right, and of confidence − 0 of what is not (Brier 1950)."""
    confidence, right = _arrays(judged)
    return float(np.mean((confidence - right) ** 2))


def binned(judged: Sequence[Judged], bins: int = BINS) -> list[Bin]:
    """M bins of equal width: B_m holds what has a confidence in ((m−1)/M, m/M], the first one 0 as well.

    Of an empty bin, confidence and accuracy are NaN.
    """
    confidence, right = _arrays(judged)
    assert ((confidence >= 0) & (confidence <= 1)).all()
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    counts = np.bincount(place, minlength=bins)
    sums = (np.bincount(place, weights=values, minlength=bins) for values in (confidence, right))
    with np.errstate(invalid="ignore"):
        means = [total / counts for total in sums]
    return [Bin(*row) for row in zip(counts.tolist(), *(mean.tolist() for mean in means), strict=True)]


def outputs(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> list[Judged]:
    """Labels or whole texts with their ``confidence``; none, if the answers have no such thing."""
    pairs = zip(records, answers, strict=True)
    return [
        (answer["confidence"], answer["text"] == record["reference"])
        for record, answer in pairs
        if "confidence" in answer
    ]


def words(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> list[Judged]:
    """Words of transcripts, from ``times`` that have a ``confidence``; right is what the alignment with the fewest
    edits leaves as it is."""
    timed = [[word for word in answer.get("times", []) if "confidence" in word] for answer in answers]
    right = kept([record["reference"].split() for record in records], [[word["word"] for word in one] for one in timed])
    judged = zip(timed, right, strict=True)
    return [(word["confidence"], hit) for one, hits in judged for word, hit in zip(one, hits, strict=True)]


def kept(references: Sequence[Sequence[str]], outputs: Sequence[Sequence[str]]) -> list[list[bool]]:
    """Of each output, which words an alignment with the fewest edits pairs with the same word of its reference."""
    from jiwer import process_words

    found = [[False] * len(output) for output in outputs]
    both = [
        at for at, pair in enumerate(zip(references, outputs, strict=True)) if all(pair)
    ]  # jiwer takes no empty ones
    if not both:
        return found
    aligned = process_words([" ".join(references[at]) for at in both], [" ".join(outputs[at]) for at in both])
    for at, chunks in zip(both, aligned.alignments, strict=True):
        for chunk in chunks:
            if chunk.type == "equal":
                found[at][chunk.hyp_start_idx : chunk.hyp_end_idx] = [True] * (chunk.hyp_end_idx - chunk.hyp_start_idx)
    return found


def _arrays(judged: Sequence[Judged]) -> tuple[np.ndarray, np.ndarray]:
    confidence, right = zip(*judged, strict=True)
    return np.asarray(confidence, np.float64), np.asarray(right, np.float64)
