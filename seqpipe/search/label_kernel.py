"""Which labels of a frame are worth a try, compiled.

The M likeliest of V labels are found by the peaks of blocks, label j in block j mod B: M peaks that are at least x show
that M labels are, so that only blocks with a peak of x or more are looked into. Finding peaks is a few instructions for
many labels; B = √(M V) balances the rest.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from seqpipe.search.compiled import FLOAT, INT, NOTHING, SINGLES, compiled
from seqpipe.search.heap_kernel import SCORED, heap, sink

UNSIGNED = np.uint64
FEW = 8
"""Blocks pay where V is this many times M."""


@compiled(INT(INT, INT))
def blocks_of(size: int, most: int) -> int:
    """B."""
    return int(math.sqrt((most + 1) * size)) if FEW * most < size else size


@compiled(NOTHING(SINGLES, SINGLES, INT))
def find_peaks(frame: Any, peaks: Any, blocks: int) -> None:
    """The highest value of each block."""
    size, width = UNSIGNED(len(frame)), UNSIGNED(blocks)  # an index that may be negative costs as much as the rest
    for block in range(width):
        peaks[block] = frame[block]
    first = width
    while first + width + width <= size:  # two at a time, so that a peak is loaded and stored half as often
        second = first + width
        for block in range(width):
            one, other = frame[first + block], frame[second + block]
            higher = one if one > other else other
            peaks[block] = higher if higher > peaks[block] else peaks[block]
        first = second + width
    while first < size:
        for block in range(min(width, size - first)):
            value = frame[first + block]
            peaks[block] = value if value > peaks[block] else peaks[block]
        first += width


@compiled(FLOAT(SINGLES, INT, FLOAT, FLOAT, FLOAT, SCORED, INT))
def floor_of(peaks: Any, blocks: int, threshold: float, top: float, least: float, labels: Any, most: int) -> float:
    """What ``most`` labels and the blank reach; ``threshold`` if so many do not reach it or are not above ``least``."""
    (score, code), count = labels, 0
    for block in range(blocks):
        if peaks[block] >= threshold and top + peaks[block] > least:
            if count <= most:
                score[count], code[count] = peaks[block], block
                count += 1
                if count > most:
                    heap(labels, count)
            elif peaks[block] > score[0]:
                score[0], code[0] = peaks[block], block
                sink(labels, count, 0)
    return float(score[0]) if count > most else threshold


@compiled(INT(SINGLES, INT, FLOAT, FLOAT, FLOAT, SCORED, INT, SINGLES))
def wanted(
    frame: Any, blank: int, threshold: float, top: float, least: float, labels: Any, most: int, peaks: Any
) -> int:
    """A heap, with the likeliest at its root, of labels that lift ``top`` above ``least``: the ``most`` likeliest and
    perhaps some more; their number."""
    (score, code), count, size = labels, 0, len(frame)
    blocks = blocks_of(size, most)
    find_peaks(frame, peaks, blocks)
    floor = floor_of(peaks, blocks, threshold, top, least, labels, most) if blocks < size else threshold
    for block in range(blocks):
        if peaks[block] >= floor and top + peaks[block] > least:
            for label in range(block, size, blocks):
                value = frame[label]
                if value >= floor and top + value > least and label != blank:
                    score[count], code[count] = -value, -label
                    count += 1
    heap(labels, count)
    return count
