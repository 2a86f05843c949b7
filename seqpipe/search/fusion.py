"""What is added to log p(labels | frames) while the beam is searched: a language model, words, hotwords.

score(y) = log p_ctc(y) + α log p_lm(y) + β words(y) + γ hotwords(y)  (shallow fusion: Gulcehre et al. 2015)
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

ALONE, TOKENS, WORDS, ROWS = range(4)
"""What a language model scores: nothing, as there is none; n-grams of tokens; n-grams of words; rows of a table."""


class Fusion(NamedTuple):
    """All of it as arrays; V labels, A letters, S states of hotwords, N n-grams, C contexts.

    Weights hold their factor: α ln 10 of an ARPA file, β, γ.
    """

    spelling: np.ndarray
    """int64 (V, 6): whether a space comes before the label, multiplier and summand of a word's hash, its number in the
    model, and from where to where its ``letters`` go."""
    letters: np.ndarray
    """int64: letters of all labels, as the hotwords number them."""
    goto: np.ndarray
    """int64 (S, A): the state of the hotwords after a letter."""
    credit: np.ndarray
    """float64 (S, 3): given for good on coming here, lent while here, and the most that one label can bring."""
    arcs: np.ndarray
    """int64 (N, 2): word and next context, those of a context together, in order of words; context 0 has all words."""
    weights: np.ndarray
    """float64 (N)."""
    contexts: np.ndarray
    """int64 (C + 1, 2): its first arc and the context that it backs off to."""
    backoffs: np.ndarray
    """float64 (C)."""
    vocabulary: np.ndarray
    """int64 (W, 2): hash and number, sorted."""
    table: np.ndarray
    """float64 (K, V): weight of every label after each prefix that has a row."""
    level: int
    unknown: int
    """Number of the unknown word."""
    end: int
    """Number of the end: a word of an n-gram model, or a column of ``table``."""
    bonus: float
    bound: float
    """The most that a label can bring beside hotwords."""
    active: bool
    """Whether any of it can add something."""
    model_start: int
    """State of the model before a text."""
    hotword_start: int
    """State of the hotwords there."""


@cache
def nothing(labels: int) -> Fusion:
    """No fusion, for ``labels`` labels and blank."""
    ints, floats = np.zeros((1, 2), np.int64), np.zeros(1)
    return Fusion(
        spelling=np.zeros((labels, 6), np.int64),
        letters=np.zeros(1, np.int64),
        goto=np.zeros((1, 1), np.int64),
        credit=np.zeros((1, 3)),
        arcs=ints,
        weights=floats,
        contexts=np.zeros((2, 2), np.int64),
        backoffs=floats,
        vocabulary=ints,
        table=np.zeros((1, 1)),
        level=ALONE,
        unknown=0,
        end=0,
        bonus=0.0,
        bound=0.0,
        active=False,
        model_start=0,
        hotword_start=0,
    )
