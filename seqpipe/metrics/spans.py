"""How tagged sentences are scored: spans that are found whole, as the CoNLL shared tasks count them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from seqpipe.readers.bio import spans


def score(records: Sequence[dict[str, Any]], answers: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Precision, recall and F1 of spans, over all and by ``type``; ``accuracy`` is the share of right labels.

    A span is found if its first word, last word and type are all right (conlleval; Tjong Kim Sang & De Meulder 2003).
    Where nothing was to be found, or nothing was, the shares are 0.
    """
    true: Counter[str] = Counter()
    given: Counter[str] = Counter()
    right: Counter[str] = Counter()
    words = hits = 0
    for record, answer in zip(records, answers, strict=True):
        reference, labels = record["reference"], answer["labels"]
        assert len(reference) == len(labels)
        words += len(reference)
        hits += sum(one == other for one, other in zip(reference, labels, strict=True))
        wanted, found = set(spans(reference)), set(spans(labels))
        true.update(span.type for span in wanted)
        given.update(span.type for span in found)
        right.update(span.type for span in wanted & found)
    kinds = sorted(true | given)
    return {
        **_shares(right.total(), given.total(), true.total()),
        "accuracy": hits / max(1, words),
        "type": {kind: {**_shares(right[kind], given[kind], true[kind]), "count": true[kind]} for kind in kinds},
    }


def _shares(right: int, given: int, true: int) -> dict[str, float]:
    """P = right / given, R = right / true, F1 = 2 P R / (P + R) = 2 right / (given + true)."""
    return {
        "precision": right / max(1, given),
        "recall": right / max(1, true),
        "f1": 2 * right / max(1, given + true),
    }
