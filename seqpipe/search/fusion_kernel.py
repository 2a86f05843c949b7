"""What fusion adds to a prefix when a label is put after it, or when it ends, compiled for the inner loop.

All weights are in the arrays already. ``MODEL`` is a state of an n-gram model, or a row of ``table``; ``WORD`` is the
hash of the letters since the last space; ``HOTWORD`` is a state of the automaton of hotwords.
"""

from __future__ import annotations

from typing import Any

from seqpipe.compiled import FLOAT, FLOAT_ROWS, FLOATS, INT, INT_ROWS, INTS, TRUTH, compiled, group
from seqpipe.search.fusion import ALONE, ROWS, TOKENS, WORDS

HOTWORDS = (INT_ROWS, INTS, INT_ROWS, FLOAT_ROWS)
COUNTS = (INT_ROWS, FLOATS, INT_ROWS, FLOATS, INT_ROWS)
FUSION = group(*HOTWORDS, *COUNTS, FLOAT_ROWS, INT, INT, INT, FLOAT, FLOAT, TRUTH, INT, INT)
"""``fusion.Fusion`` as a plain tuple, and its fields by number:"""
SPELLING, LETTERS, GOTO, CREDIT, ARCS, WEIGHTS, CONTEXTS, BACKOFFS, VOCABULARY, TABLE = range(10)
LEVEL, UNKNOWN, END, BONUS, BOUND, ACTIVE = range(10, 16)
SPACE, POWER, DIGITS, NUMBER, FIRST, AFTER = range(6)
"""Columns of ``spelling``."""
WHOLE, PART, REACH = range(3)
"""Columns of ``credit``."""
GAIN = group(FLOAT, INT)


@compiled(INT(INT_ROWS, INT, INT, INT))
def find(table: Any, low: int, high: int, key: int) -> int:
    """The row in [low, high) of ``table``, sorted by its first column, that has ``key`` there; −1 for none."""
    while low < high:
        middle = (low + high) // 2
        if table[middle, 0] < key:
            low = middle + 1
        elif table[middle, 0] > key:
            high = middle
        else:
            return middle
    return -1


@compiled(GAIN(INT, INT, FUSION))
def counted(state: int, word: int, fusion: Any) -> tuple[float, int]:
    """α log p(word | state) of an n-gram model, backed off where the state has none (Katz 1987); the state after."""
    arcs, weights, contexts, backoffs = fusion[ARCS], fusion[WEIGHTS], fusion[CONTEXTS], fusion[BACKOFFS]
    gain = 0.0
    while True:
        arc = word if state == 0 else find(arcs, contexts[state, 0], contexts[state + 1, 0], word)
        if arc >= 0:
            return gain + weights[arc], arcs[arc, 1]
        gain += backoffs[state]
        state = contexts[state, 1]


@compiled(GAIN(INT, INT, FUSION))
def worded(state: int, word: int, fusion: Any) -> tuple[float, int]:
    """What a whole word brings: the bonus, and at level ``WORDS`` the model's weight of it."""
    if fusion[LEVEL] != WORDS:
        return fusion[BONUS], state
    at = find(fusion[VOCABULARY], 0, len(fusion[VOCABULARY]), word)
    gain, state = counted(state, fusion[VOCABULARY][at, 1] if at >= 0 else fusion[UNKNOWN], fusion)
    return fusion[BONUS] + gain, state


@compiled(group(FLOAT, INT, INT, INT)(INT, INT, INT, INT, FUSION))
def extended(label: int, state: int, word: int, hotword: int, fusion: Any) -> tuple[float, int, int, int]:
    """What ``label`` adds to the score, and the states after it: of the model, of the word, of the hotwords."""
    spelling, credit = fusion[SPELLING], fusion[CREDIT]
    gain = -credit[hotword, PART]
    for at in range(spelling[label, FIRST], spelling[label, AFTER]):
        hotword = fusion[GOTO][hotword, fusion[LETTERS][at]]
        gain += credit[hotword, WHOLE]
    gain += credit[hotword, PART]
    if spelling[label, SPACE]:
        if word != 0:
            more, state = worded(state, word, fusion)
            gain += more
        word = 0
    word = word * spelling[label, POWER] + spelling[label, DIGITS]
    if fusion[LEVEL] == TOKENS:
        more, state = counted(state, spelling[label, NUMBER], fusion)
        gain += more
    elif fusion[LEVEL] == ROWS:
        gain += fusion[TABLE][state, label]
        state = -2 - state
    return gain, state, word, hotword


@compiled(FLOAT(INT, INT, INT, FUSION))
def ended(state: int, word: int, hotword: int, fusion: Any) -> float:
    """What the end of the text adds: its last word, the model's end, and nothing for hotwords only begun."""
    gain = -fusion[CREDIT][hotword, PART]
    if word != 0:
        more, state = worded(state, word, fusion)
        gain += more
    if fusion[LEVEL] == ROWS:
        gain += fusion[TABLE][state, fusion[END]]
    elif fusion[LEVEL] != ALONE:
        gain += counted(state, fusion[END], fusion)[0]
    return float(gain)
