"""Heaps of scores with a code each, compiled; of equal scores, what has the lower code is better."""

from __future__ import annotations

from typing import Any

from seqpipe.search.compiled import FLOATS, INT, INTS, NOTHING, compiled, group

HEAP = group(FLOATS, INTS)


@compiled(NOTHING(HEAP, INT, INT))
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


@compiled(NOTHING(HEAP, INT))
def heap(items: Any, size: int) -> None:
    """Make a heap of the first ``size`` items."""
    for at in range(size // 2 - 1, -1, -1):
        sink(items, size, at)


@compiled(NOTHING(HEAP, INT))
def sort(items: Any, size: int) -> None:
    """Put the first ``size`` items in order, the best first; fast where they nearly are."""
    score, code = items
    for k in range(1, size):
        a, name, j = score[k], code[k], k
        while j > 0 and (score[j - 1] < a or (score[j - 1] == a and code[j - 1] > name)):
            score[j], code[j] = score[j - 1], code[j - 1]
            j -= 1
        score[j], code[j] = a, name
