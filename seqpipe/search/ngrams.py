"""An n-gram model as arrays: from a state and a word to the next state and a weight.

A state is the longest end of the text so far that the model knows as a context; state 0 is the empty one.

p(w | h) = p(hw) if the model has hw, else bow(h) p(w | h without its first word)  (Katz 1987)
"""

from __future__ import annotations

from math import log
from typing import NamedTuple

import numpy as np

from seqpipe.files import SeqpipeError
from seqpipe.readers.arpa import END, START, UNKNOWN, Arpa


class Ngrams(NamedTuple):
    """N n-grams over C contexts; weights are natural logarithms. ``arcs`` is int64 (N, 2), word and next state, sorted
    by context and word; ``contexts`` int64 (C + 1, 2), the first arc and the state to back off to."""

    words: list[str]
    arcs: np.ndarray
    weights: np.ndarray
    contexts: np.ndarray
    backoffs: np.ndarray
    start: int
    """The state before the first word."""
    end: int
    """The word that ends a text."""
    unknown: int
    bound: float
    """No word's weight is above."""


def ngrams(model: Arpa) -> Ngrams:
    """Number contexts and link them. An n-gram without its beginning is a ``SeqpipeError``."""
    size, orders = len(model.words), len(model.orders)
    keys = np.zeros(0, np.int64)  # context · W + word of every n-gram so far, ascending; n-gram i is state i + 1
    log_prob, backoff, suffix = np.zeros(0), np.zeros(1), np.zeros(1, np.int64)
    following = np.zeros(0, np.int64)
    for order, grams in enumerate(model.orders, start=1):
        context = _states(grams.words[:, :-1], keys, size)
        if (context < 0).any():
            line = int(grams.lines[np.flatnonzero(context < 0)[0]])
            raise SeqpipeError(
                f"{model.path} line {line} is an n-gram whose first {order - 1} words are none; write the model again."
            )
        own = context * size + grams.words[:, -1]
        rank = np.argsort(own, kind="stable")
        if (np.diff(own[rank]) == 0).any():
            line = int(grams.lines[rank[1:]][np.diff(own[rank]) == 0][0])
            raise SeqpipeError(f"{model.path} line {line} is an n-gram that stands before; keep one.")
        last = grams.words[rank, -1]
        shorter = _follow(suffix[context[rank]], last, keys, suffix, size) if order > 1 else np.zeros(size, np.int64)
        log_prob = np.append(log_prob, grams.log_prob[rank])
        if order < orders:
            following = np.append(following, len(keys) + 1 + np.arange(len(rank)))
            suffix, backoff = np.append(suffix, shorter), np.append(backoff, grams.backoff[rank])
        else:
            following = np.append(following, shorter)
        keys = np.append(keys, own[rank])
    first = np.searchsorted(keys // size, np.arange(len(suffix) + 1))
    contexts = np.column_stack([first, np.append(suffix, 0)]).astype(np.int64)
    arcs = np.column_stack([keys % size, following]).astype(np.int64)
    number = {word: at for at, word in enumerate(model.words)}
    start = int(arcs[number[START], 1])
    most = sum(max(0.0, float(grams.backoff.max(initial=0.0))) for grams in model.orders[:-1])
    scale = log(10)
    named = number[END], number[UNKNOWN]
    return Ngrams(model.words, arcs, log_prob * scale, contexts, backoff * scale, start, *named, most * scale)


def _states(words: np.ndarray, keys: np.ndarray, size: int) -> np.ndarray:
    """The states of n-grams (N, n); −1 for those that are none."""
    state = np.zeros(len(words), np.int64)
    for column in words.T:
        state = np.where(state < 0, -1, _find(state * size + column, keys))
    return state


def _find(wanted: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """The state that each key leads to, −1 for none."""
    at = np.searchsorted(keys, wanted).clip(max=max(len(keys) - 1, 0))
    return np.where(keys[at] == wanted, at + 1, -1)


def _follow(state: np.ndarray, word: np.ndarray, keys: np.ndarray, suffix: np.ndarray, size: int) -> np.ndarray:
    """The state after ``word``: that of the longest known end; every word is known by itself."""
    found = _find(state * size + word, keys)
    while (found < 0).any():
        state = np.where(found < 0, suffix[state], state)
        found = _find(state * size + word, keys)
    return found
