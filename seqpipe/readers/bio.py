"""BIO labels: ``B-X`` begins a span of type X, ``I-X`` goes on with it, ``O`` is outside (Ramshaw & Marcus 1995).

As ids, ``O`` is 0, ``B-`` of the type at place k is 2k + 1 and its ``I-`` is 2k + 2, so that a number of labels tells
which of them may follow which.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np

OUTSIDE = "O"


class Span(NamedTuple):
    """Words ``start`` … ``stop`` − 1 of a sentence."""

    type: str
    start: int
    stop: int


def is_bio(label: str) -> bool:
    """Whether this is ``O``, ``B-type`` or ``I-type``."""
    return label == OUTSIDE or (label[:2] in ("B-", "I-") and len(label) > 2)


def is_bioes(label: str) -> bool:
    """The same, or one of the marks ``E-`` (a span's end) and ``S-`` (a span of one word) of BIOES."""
    return is_bio(label) or (label[:2] in ("E-", "S-") and len(label) > 2)


def as_bio(labels: Sequence[str]) -> list[str]:
    """BIO labels of a sentence that is labelled in BIO, IOB1 or BIOES."""
    marks = {"E": "I", "S": "B"}
    return written(spans([marks.get(label[0], label[0]) + label[1:] for label in labels]), len(labels))


def spans(labels: Sequence[str]) -> list[Span]:
    """The spans of a sentence as conlleval reads them: an ``I-`` that goes on with nothing of its type begins one."""
    found: list[Span] = []
    for at, label in enumerate(labels):
        if label == OUTSIDE:
            continue
        mark, kind = label[0], label[2:]
        if mark == "I" and found and found[-1].stop == at and found[-1].type == kind:
            found[-1] = found[-1]._replace(stop=at + 1)
        else:
            found.append(Span(kind, at, at + 1))
    return found


def written(found: Iterable[Span], length: int) -> list[str]:
    """The labels of ``length`` words with these spans, which must not meet."""
    labels = [OUTSIDE] * length
    for kind, start, stop in found:
        assert set(labels[start:stop]) == {OUTSIDE}, "spans overlap"
        labels[start:stop] = [f"B-{kind}", *[f"I-{kind}"] * (stop - start - 1)]
    return labels


def names(types: Sequence[str]) -> list[str]:
    """All labels of ``types`` in the order of their ids."""
    return [OUTSIDE, *(f"{mark}-{kind}" for kind in types for mark in "BI")]


def may_begin(count: int) -> np.ndarray:
    """Whether a sentence may begin with each of ``count`` labels, bool[L]: not with an ``I-``."""
    ids = np.arange(count)
    begins: np.ndarray = (ids == 0) | (ids % 2 == 1)
    return begins


def may_follow(count: int) -> np.ndarray:
    """Whether label j may follow label i, bool[L, L]: ``I-X`` only after ``B-X`` and ``I-X``."""
    ids = np.arange(count)
    kind = (ids + 1) // 2  # 0 for O, k + 1 for both labels of the type at place k
    follows: np.ndarray = may_begin(count)[None] | (kind[:, None] == kind[None])
    return follows
