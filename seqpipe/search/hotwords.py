"""Phrases that are likely to come, as an automaton over letters (Aho & Corasick 1975).

A phrase counts wherever it stands at the start of a word, in whatever tokens; an ending may follow it. Each letter of
it is lent its part of the weight, which is taken back where the text goes on otherwise: what a whole text gains is the
weight for each phrase in it.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple
from unicodedata import normalize

import numpy as np

from seqpipe.features.tokens import SPACE, UNKNOWN, Tokenizer
from seqpipe.files import SeqpipeError


class Hotwords(NamedTuple):
    """``goto`` int64 (S, A): the state after a letter; ``credit`` float64 (S, 3): given for good on coming to a state,
    lent while there, and the most that a token can bring. Letter 0 is all that no phrase has; ``start`` is the state
    before a text, which is the start of a word."""

    letters: dict[str, int]
    goto: np.ndarray
    credit: np.ndarray
    start: int


def spelled(phrases: Sequence[str], tokenizer: Tokenizer) -> list[str]:
    """Phrases as the tokens write them, with a space before each; one that they cannot write is a ``SeqpipeError``."""
    found = []
    for phrase in phrases:
        ids = tokenizer.encode(normalize("NFC", phrase))
        text = SPACE + "".join(tokenizer.pieces(ids)).strip(SPACE)
        if text == SPACE:
            raise SeqpipeError(f"decode.hotwords has '{phrase}', which holds no letter; remove it.")
        if UNKNOWN in ids:
            raise SeqpipeError(
                f"decode.hotwords has '{phrase}', which the vocabulary of the targets cannot spell; write it otherwise "
                "or remove it."
            )
        found.append(text)
    return list(dict.fromkeys(found))


def hotwords(phrases: Sequence[str], weight: float, longest: int) -> Hotwords:
    """The automaton of spelled phrases, for tokens of up to ``longest`` letters."""
    letters = {letter: at for at, letter in enumerate(sorted(set("".join(phrases))), start=1)}
    trie: list[dict[int, int]] = [{}]
    given, lent = [0.0], [0.0]
    for phrase in phrases:
        node = 0
        for at, letter in enumerate(phrase):
            lent[node] = max(lent[node], weight * max(0, at - 1) / (len(phrase) - 1))  # its space counts for nothing
            if letters[letter] not in trie[node]:
                trie[node][letters[letter]] = len(trie)
                trie.append({})
                given.append(0.0)
                lent.append(0.0)
            node = trie[node][letters[letter]]
        given[node] = weight
    goto = _linked(trie, given, lent, len(letters) + 1)
    credit = np.column_stack([given, lent, np.zeros(len(trie))])
    credit[:, 2] = _reach(goto, credit, longest)
    return Hotwords(letters, goto, credit, trie[0][letters[SPACE]])


def _linked(trie: list[dict[int, int]], given: list[float], lent: list[float], letters: int) -> np.ndarray:
    """The state after every letter: the longest end of the text that a phrase begins with. ``given`` and ``lent`` are
    made to hold what such ends bring, too."""
    goto = np.zeros((len(trie), letters), np.int64)
    fail = [0] * len(trie)
    waiting = deque([0])
    while waiting:
        node = waiting.popleft()
        if node:
            goto[node] = goto[fail[node]]
            given[node] += given[fail[node]]
            lent[node] = max(lent[node], lent[fail[node]])
        for letter, child in trie[node].items():
            fail[child] = int(goto[fail[node], letter]) if node else 0
            goto[node, letter] = child
            waiting.append(child)
    return goto


def _reach(goto: np.ndarray, credit: np.ndarray, longest: int) -> np.ndarray:
    """The most that a token of 1 to ``longest`` letters can add: over its letters, Σ given + what is lent then."""
    after: np.ndarray = credit[:, 1]
    most = np.full(len(goto), -np.inf)
    for _ in range(longest):
        after = (credit[:, 0] + after)[goto].max(axis=1)
        most = np.maximum(most, after)
    return np.asarray(most - credit[:, 1])
