"""The k largest sums of a hypothesis's log-probability and its next token's, compiled: one look at every number."""

from __future__ import annotations

from typing import Any

import numpy as np

from seqpipe.compiled import (
    FLOAT,
    FLOAT_ROWS,
    INT,
    INT_ROWS,
    NOTHING,
    SINGLE,
    SINGLE_TABLES,
    SINGLES,
    compiled,
)
from seqpipe.search.heap_kernel import SCORED, heap, sink, sort

BLOCK = 128
"""Numbers that are looked at together: is any of them large enough?"""
SLACK = 1e-6
"""More than float32 rounds by."""


@compiled(INT(SINGLES, SINGLE))
def above(numbers: Any, floor: Any) -> Any:
    """How many ``numbers`` are above ``floor``."""
    count = np.int32(0)
    for j in range(len(numbers)):
        count = np.int32(count + np.int32(numbers[j] > floor))
    return count


@compiled(NOTHING(SCORED, SINGLES, FLOAT, INT))
def enter(items: Any, numbers: Any, base: float, code: int) -> None:
    """Let the sums base + x of ``numbers`` that are above the root of the heap ``items`` replace it; the first of them
    has the code ``code``."""
    best, codes = items
    for j in range(len(numbers)):
        total = base + numbers[j]
        if total > best[0]:
            best[0], codes[0] = total, code + j
            sink(items, len(best), 0)


@compiled(NOTHING(FLOAT_ROWS, SINGLE_TABLES, INT, FLOAT_ROWS, INT_ROWS))
def largest(log_prob: Any, log_probs: Any, first: int, sums: Any, codes: Any) -> None:
    """Fill ``sums`` (N, k) with the k largest log_prob (N, M) + log_probs (N, M, V), largest first, and ``codes`` with
    where they are, m V + v; of equal ones those that come first. Tokens before the ``first`` are left out."""
    keep, size = sums.shape[1], log_probs.shape[2]
    for n in range(len(log_probs)):
        items, count = (sums[n], codes[n]), 0
        for m in range(log_probs.shape[1]):
            row, base, at = log_probs[n, m], log_prob[n, m], first
            while count < keep and at < size:
                sums[n, count], codes[n, count] = base + row[at], m * size + at
                count, at = count + 1, at + 1
                if count == keep:
                    heap(items, keep)
            while at < size:
                block = row[at : min(at + BLOCK, size)]
                floor = sums[n, 0] - base
                if above(block, np.float32(floor - SLACK * abs(floor))):
                    enter(items, block, base, m * size + at)
                at += len(block)
        sort(items, keep)
