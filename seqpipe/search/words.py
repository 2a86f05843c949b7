"""Words of transcripts: when each was said, and how sure it is.

A word is as sure as all the hypotheses of the beam together that have it at that place, each by its share of the
beam's e^score (a posterior over the n-best: Evermann & Woodland 2000).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import NamedTuple

from seqpipe.search.ctc import Path
from seqpipe.search.prefix import Found
from seqpipe.search.spelling import words_of


class Word(NamedTuple):
    """A word, its first frame, the one after its last, and how sure it is."""

    word: str
    start: int
    end: int
    confidence: float


def words_of_path(path: Path, pieces: Sequence[str]) -> list[Word]:
    """Words of the likeliest path, each as sure as its part of that path is likely."""
    return [
        Word(word, path.spans[first][0], path.spans[last][1] + 1, exp(path.sums[last][1] - path.sums[first][0]))
        for word, first, last in words_of(path.labels, pieces)
    ]


def words_of_beam(found: Sequence[Found], n: int, pieces: Sequence[str]) -> list[list[Word]]:
    """Words of the ``n`` best of ``found``, which is the whole beam."""
    spoken = [words_of(one.labels, pieces) for one in found]
    shares: dict[tuple[str, ...], float] = {}
    for one, words in zip(found, spoken, strict=True):
        text = tuple(word for word, _, _ in words)
        shares[text] = shares.get(text, 0.0) + one.confidence
    return [
        [
            Word(word, one.spans[first][0], one.spans[last][1] + 1, sure)
            for (word, first, last), sure in zip(words, _sure([word for word, _, _ in words], shares), strict=True)
        ]
        for one, words in zip(found[:n], spoken, strict=False)
    ]


def _sure(words: Sequence[str], shares: dict[tuple[str, ...], float]) -> list[float]:
    """Of each word, the shares of all texts that have it at that place; rounding may not make it more than sure."""
    sure = [0.0] * len(words)
    for text, share in shares.items():
        for at, _ in kept(words, text):
            sure[at] += share
    return [min(one, 1.0) for one in sure]


def kept(words: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """Places of the words that stay, in both texts, if the one becomes the other by the fewest edits (Levenshtein)."""
    head, both = 0, min(len(words), len(other))
    while head < both and words[head] == other[head]:
        head += 1
    tail = 0
    while tail < both - head and words[-1 - tail] == other[-1 - tail]:
        tail += 1
    middle = _middle(words[head : len(words) - tail], other[head : len(other) - tail])
    pairs = [(at, at) for at in range(head)] + [(head + a, head + b) for a, b in middle]
    return pairs + [(len(words) - at, len(other) - at) for at in range(tail, 0, -1)]


def _middle(words: Sequence[str], other: Sequence[str]) -> list[tuple[int, int]]:
    """The same for texts that begin and end differently."""
    if not words or not other:
        return []
    cost = [[a + b for b in range(len(other) + 1)] for a in range(len(words) + 1)]
    for a, word in enumerate(words, start=1):
        for b, against in enumerate(other, start=1):
            cost[a][b] = min(cost[a - 1][b - 1] + (word != against), cost[a - 1][b] + 1, cost[a][b - 1] + 1)
    pairs, a, b = [], len(words), len(other)
    while a and b:
        if cost[a][b] == cost[a - 1][b - 1] + (words[a - 1] != other[b - 1]):
            a, b = a - 1, b - 1
            if words[a] == other[b]:
                pairs.append((a, b))
        elif cost[a][b] == cost[a - 1][b] + 1:
            a -= 1
        else:
            b -= 1
    return pairs[::-1]
