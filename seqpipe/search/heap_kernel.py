"""The best of scores with a code each, compiled; of equal scores, what has the lower code is better."""

from __future__ import annotations

from typing import Any

from seqpipe.compiled import FLOATS, INT, INTS, NOTHING, compiled, group

SCORED = group(FLOATS, INTS)
MANY = 128
"""Up to so many it is faster to compare every pair, many at once and without a branch, than to sort."""


@compiled(NOTHING(FLOATS, INT, INTS))
def find_places(score: Any, size: int, place: Any) -> None:
    """How many of ``size`` scores come before each: those that are higher, and those before it that are as high."""
    for k in range(size):
        a, before = score[k], 0
        for j in range(k):
            ahead = int(score[j] >= a)
            before += ahead
            place[j] += 1 - ahead
        place[k] = before


@compiled(NOTHING(SCORED, INT, INTS, SCORED))
def arrange(items: Any, size: int, place: Any, spare: Any) -> None:
    """Put up to ``MANY`` items in order, the best first; equal ones stay in theirs. ``spare`` has room for them."""
    find_places(items[0], size, place)
    for k in range(size):
        spare[0][place[k]], spare[1][place[k]] = items[0][k], items[1][k]
    for k in range(size):
        items[0][k], items[1][k] = spare[0][k], spare[1][k]


@compiled(NOTHING(SCORED, INT, INT))
def sink(items: Any, size: int, at: int) -> None:
    """Restore a heap, whose root is the worst of its ``size`` items, below ``at``."""
    score, code = items
    while True:
        low = at
        for child in (2 * at + 1, 2 * at + 2):
            if child < size:
                a, b = score[child], score[low]
                if a < b or (a == b and code[child] > code[low]):
                    low = child
        if low == at:
            return
        score[at], score[low] = score[low], score[at]
        code[at], code[low] = code[low], code[at]
        at = low


@compiled(NOTHING(SCORED, INT))
def heap(items: Any, size: int) -> None:
    """Make a heap of the first ``size`` items."""
    for at in range(size // 2 - 1, -1, -1):
        sink(items, size, at)


@compiled(NOTHING(SCORED, INT, INT))
def select(items: Any, size: int, keep: int) -> None:
    """Move the ``keep`` best of the first ``size`` items to the front, the worst of them last (Hoare 1961)."""
    score, code = items
    low, high = 0, size - 1
    while low < high:
        middle = (low + high) // 2
        a, name, i, j = score[middle], code[middle], low, high
        while i <= j:
            while score[i] > a or (score[i] == a and code[i] < name):
                i += 1
            while score[j] < a or (score[j] == a and code[j] > name):
                j -= 1
            if i <= j:
                score[i], score[j] = score[j], score[i]
                code[i], code[j] = code[j], code[i]
                i, j = i + 1, j - 1
        if keep - 1 <= j:
            high = j
        elif keep - 1 >= i:
            low = i
        else:
            return


@compiled(NOTHING(SCORED, INT))
def sort(items: Any, size: int) -> None:
    """Put the first ``size`` items in order, the best first (Shell 1959): most are where they were, so few gaps."""
    score, code = items
    for gap in (301, 132, 57, 23, 1):
        for k in range(gap, size):
            a, name, j = score[k], code[k], k
            while j >= gap and (score[j - gap] < a or (score[j - gap] == a and code[j - gap] > name)):
                score[j], code[j] = score[j - gap], code[j - gap]
                j -= gap
            score[j], code[j] = a, name


@compiled(NOTHING(SCORED, INT, INT, INTS, SCORED))
def keep_best(items: Any, size: int, keep: int, place: Any, spare: Any) -> None:
    """Move the ``keep`` best of the first ``size`` items to the front, the worst of them last.

    Where all room is ``MANY``, equal ones must be in order of code.
    """
    if len(items[0]) <= MANY:
        arrange(items, size, place, spare)
    elif keep < size:
        select(items, size, keep)
