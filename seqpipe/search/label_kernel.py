"""Which labels of a frame are worth a try, compiled.

The M likeliest of V labels are found by the peaks of blocks, label j in block j mod B: M peaks that are at least x show
that M labels are, so that only blocks with a peak of x or more are looked into. Finding peaks is a few instructions for
many labels; B = √(M V) balances the rest.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from seqpipe.compiled import FLOAT, FLOATS, INT, INTS, NOTHING, SINGLES, compiled, group
from seqpipe.search.heap_kernel import MANY, SCORED, find_places, heap, sink

UNSIGNED, SHORT, SINGLE = np.uint64, np.int32, np.float32
FEW = 8
"""Blocks pay where V is this many times M."""
RANKED = group(FLOATS, INTS, INTS, INTS)
"""Labels wanted at a frame: a heap of score and code, the likeliest at its root; those ranked, the likeliest first, and
their number. Up to ``MANY`` are all ranked at once, more as they are asked for."""
ROUNDING = 1e-6
"""More than float32 rounds by; what is not passed over is looked at in float64."""


@compiled(INT(INT, INT))
def blocks_of(size: int, most: int) -> int:
    """B."""
    return int(math.sqrt(most * size)) if FEW * most < size else size


@compiled(NOTHING(SINGLES, SINGLES, INT))
def find_peaks(frame: Any, peaks: Any, blocks: int) -> None:
    """The highest value of each block, from rows of ``blocks`` labels and a rest.

    Two rows at a time, an odd one with the first again: what is stored is never one of two values of which the other
    was loaded from there, for that would become a masked store, which takes five times as long as all the rest.
    """
    size, width = UNSIGNED(len(frame)), UNSIGNED(blocks)  # an index that may be negative costs as much as the rest
    rest = size // width * width
    for block in range(width):
        peaks[block] = frame[block]
    for block in range(size - rest):
        one, other = frame[block], frame[rest + block]
        peaks[block] = one if one > other else other
    first = width
    while first < rest:
        second = first + width
        if second == rest:
            second = UNSIGNED(0)
        for block in range(width):
            peak, one, other = peaks[block], frame[first + block], frame[second + block]
            higher = peak if peak > one else one
            peaks[block] = higher if higher > other else other
        first += width + width


@compiled(NOTHING(SINGLES, INT, SINGLES, INT))
def leave_out(frame: Any, blank: int, peaks: Any, blocks: int) -> None:
    """The peak of blank's block without it."""
    home, peak = blank % blocks, SINGLE(-math.inf)
    for label in range(home, len(frame), blocks):
        if label != blank and frame[label] > peak:
            peak = frame[label]
    peaks[home] = peak


@compiled(INT(SINGLES, INT, FLOAT))
def reaching(peaks: Any, blocks: int, least: float) -> int:
    """How many peaks are ``least`` or more, those included that float32 cannot tell from it."""
    bound, count = SINGLE(least - ROUNDING * abs(least)), SHORT(0)  # of one width: many are compared at once
    for block in range(blocks):
        count = SHORT(count + SHORT(peaks[block] >= bound))
    return int(count)


@compiled(FLOAT(SINGLES, INT, FLOAT, FLOAT, FLOAT, SCORED, INT))
def floor_of(peaks: Any, blocks: int, threshold: float, top: float, least: float, labels: Any, most: int) -> float:
    """What ``most`` labels reach; ``threshold`` if so many do not reach it or are not above ``least``."""
    (score, code), count = labels, 0
    for block in range(blocks):
        if peaks[block] >= threshold and top + peaks[block] > least:
            if count < most:
                score[count], code[count] = peaks[block], block
                count += 1
                if count == most:
                    heap(labels, count)
            elif peaks[block] > score[0]:
                score[0], code[0] = peaks[block], block
                sink(labels, count, 0)
    return float(score[0]) if count == most else threshold


@compiled(NOTHING(SINGLES, INTS, INT))
def put_equals_in_order(frame: Any, rank: Any, count: int) -> None:
    """Of ranked labels that are equally likely, which came in block by block, the lower comes first."""
    for k in range(1, count):
        j, label = k, rank[k]
        while j > 0 and frame[rank[j - 1]] == frame[label] and rank[j - 1] > label:
            rank[j] = rank[j - 1]
            j -= 1
        rank[j] = label


@compiled(INT(SINGLES, INT, FLOAT, FLOAT, FLOAT, RANKED, INT, SINGLES, INTS))
def wanted(
    frame: Any, blank: int, threshold: float, top: float, least: float, labels: Any, most: int, peaks: Any, place: Any
) -> int:
    """Find labels that lift ``top`` above ``least``: the ``most`` likeliest and perhaps some more; their number."""
    (score, code, rank, ranked), count, size = labels, 0, len(frame)
    blocks = blocks_of(size, most)
    find_peaks(frame, peaks, blocks)
    leave_out(frame, blank, peaks, blocks)
    some = reaching(peaks, blocks, max(threshold, least - top))
    if some == 0:  # at most frames
        return 0
    floor = threshold
    if most < some and blocks < size:
        floor = floor_of(peaks, blocks, threshold, top, least, (score, code), most)
    for block in range(blocks):
        if peaks[block] >= floor and top + peaks[block] > least:
            for label in range(block, size, blocks):
                value = frame[label]
                if value >= floor and top + value > least and label != blank:
                    score[count], code[count] = value, label
                    count += 1
    if count <= MANY:
        find_places(score, count, place)
        for k in range(count):
            rank[place[k]] = code[k]
        put_equals_in_order(frame, rank, count)
        ranked[0] = count
    else:
        for k in range(count):
            score[k], code[k] = -score[k], -code[k]
        heap((score, code), count)
        ranked[0] = 0
    return count


@compiled(INT(RANKED, INT, INT), inline="always")
def likely(labels: Any, count: int, r: int) -> int:
    """The label that ``r`` of the ``count`` wanted are likelier than."""
    score, code, rank, ranked = labels
    while ranked[0] <= r:
        left = count - ranked[0] - 1
        rank[ranked[0]] = -code[0]
        score[0], code[0] = score[left], code[left]
        sink((score, code), left, 0)
        ranked[0] += 1
    return int(rank[r])
