"""Naive Bayes over the words of texts: what a label can be guessed from without their order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

PIECE = 3  # characters


def naive_bayes(texts: Sequence[str], labels: Sequence[str], new: Sequence[str]) -> list[str]:
    """The label of each of ``new`` with the largest log p(label) + Σ_w log p(w | label), learned from ``texts``.

    Multinomial with one of every word added (Laplace); words that no text has say nothing. Where texts are written
    without spaces, every three neighbouring characters stand for a word.
    """
    cut = _words if any(" " in text for text in texts) else _pieces
    bags = [Counter(cut(text)) for text in texts]
    places = {word: at for at, word in enumerate(dict.fromkeys(word for bag in bags for word in bag))}
    names = sorted(set(labels))
    counts = np.ones((len(names), len(places)))
    for bag, label in zip(bags, labels, strict=True):
        for word, count in bag.items():
            counts[names.index(label), places[word]] += count
    prior = np.log([list(labels).count(name) for name in names])
    log_probs = np.log(counts) - np.log(counts.sum(axis=1, keepdims=True))  # (L, W)
    found = []
    for text in new:
        known = [places[word] for word in cut(text) if word in places]
        found.append(names[int(np.argmax(prior + log_probs[:, known].sum(axis=1)))])
    return found


def _words(text: str) -> list[str]:
    return text.casefold().split()


def _pieces(text: str) -> list[str]:
    return [text[at : at + PIECE] for at in range(max(1, len(text) - PIECE + 1))]
