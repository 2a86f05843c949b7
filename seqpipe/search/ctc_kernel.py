"""CTC's prefix search from frame to frame, compiled: the tables of ``prefix_kernel`` after each."""

from __future__ import annotations

import math
from typing import Any

from seqpipe.compiled import (
    FLOAT,
    FLOAT_TABLES,
    FLOATS,
    INT,
    INT_ROWS,
    INT_TABLES,
    INTS,
    NOTHING,
    SINGLE_ROWS,
    SINGLES,
    TRUTH,
    compiled,
    group,
)
from seqpipe.search.fusion import ROWS
from seqpipe.search.fusion_kernel import ACTIVE, FUSION, LEVEL, ended
from seqpipe.search.heap_kernel import SCORED, sort
from seqpipe.search.label_kernel import RANKED, wanted
from seqpipe.search.path_kernel import NODES, collect
from seqpipe.search.prefix_kernel import EXTRA, HOTWORD, LOG_PROB, MODEL, WORD, grow, limits, lowest, possible, stay
from seqpipe.search.table_kernel import FRAME, LIVE, SIDE, fill, find_parents, remain, settled

ROOM = group(FLOATS, INTS, SINGLES)
"""What a frame is worked out in: 5 K + V floats, 4 K + 3 max(2 K, V) + 1 ints, V singles."""
PARTS = group(FLOATS, SCORED, SCORED, INTS, RANKED)


@compiled(PARTS(ROOM, INT, INT), inline="always")
def parted(room: Any, beam: int, size: int) -> Any:
    """``limit``, ``best``, ``spare``, ``place`` and ``labels``, from one piece each of floats and ints."""
    floats, ints, _ = room
    most = max(2 * beam, size)
    best, spare = floats[beam : 3 * beam], floats[3 * beam : 5 * beam]
    codes, others = ints[: 2 * beam], ints[2 * beam : 4 * beam]
    place, label = ints[4 * beam : 4 * beam + most], ints[4 * beam + most : 4 * beam + 2 * most]
    rank, ranked = ints[4 * beam + 2 * most : 4 * beam + 3 * most], ints[4 * beam + 3 * most :]
    return floats[:beam], (best, codes), (spare, others), place, (floats[5 * beam :], label, rank, ranked)


@compiled(INT(SINGLE_ROWS, INT, INT, FLOAT, FLOAT_TABLES, INT_TABLES, INT_ROWS, INTS, ROOM, FUSION))
def advance(
    log_probs: Any,
    at: int,
    blank: int,
    threshold: float,
    floats: Any,
    ints: Any,
    nodes: Any,
    counters: Any,
    room: Any,
    fusion: Any,
) -> int:
    """Read ``log_probs`` (T, V) from frame ``at`` on; the number of frames read.

    It stops early where nodes run out, and where prefixes came in that have no row of a ``table`` yet: their ``MODEL``
    is −2 − the row of their parent.
    """
    beam, size = floats.shape[1], log_probs.shape[1]
    sums, links, peaks = floats[2].reshape((6, beam)), ints[2], room[2]
    limit, best, spare, place, labels = parted(room, beam, size)
    # without fusion K prefixes with one of the K + 1 likeliest labels are above any with another (one label may need a
    # blank first); in fusion any label may be the best
    most = size if fusion[ACTIVE] else beam + 1
    while at < len(log_probs):
        live, side, frame = counters[LIVE], counters[SIDE], log_probs[at]
        prefixes = (floats[side], ints[side], sums, links)
        tables = (floats[1 - side], ints[1 - side])
        if counters[NODES] + live > len(nodes):
            collect(ints[side], live, nodes, counters)
            if 2 * (counters[NODES] + live) > len(nodes):
                return at
        stay(frame, blank, threshold, prefixes, live)
        count = possible(prefixes, live, best)
        top = limits(prefixes, live, fusion, limit)
        floor = lowest(best, count, beam)
        some = wanted(frame, blank, threshold, top, floor, labels, most, peaks, place)
        if some == 0 and settled(prefixes, live, best, count):
            remain(prefixes, live, nodes, counters)
            counters[FRAME] += 1
            at += 1
            continue
        if some > 0:
            count = grow(frame, prefixes, live, fusion, limit, best, count, floor, beam, labels, some, place, spare)
        sort(best, count)
        entered = fill(frame, prefixes, live, tables, best, count, labels[2], nodes, counters, fusion)
        find_parents(tables[1], count, live, links, best)
        counters[FRAME] += 1
        counters[LIVE], counters[SIDE] = count, 1 - side
        at += 1
        if entered > 0 and fusion[LEVEL] == ROWS:
            return at
    return at


@compiled(NOTHING(FLOAT_TABLES, INT_TABLES, INTS, FUSION, TRUTH, SCORED, FLOATS))
def outcome(floats: Any, ints: Any, counters: Any, fusion: Any, end: bool, ranked: Any, shares: Any) -> None:
    """Scores of the prefixes, with what fusion adds at the end of the text if it is one, the best first, each with its
    row; and the share of each in all of e^score."""
    old, was, (score, code) = floats[counters[SIDE]], ints[counters[SIDE]], ranked
    for row in range(len(score)):
        score[row], code[row] = old[row, LOG_PROB] + old[row, EXTRA], row
        if end and fusion[ACTIVE]:
            score[row] += ended(was[row, MODEL], was[row, WORD], was[row, HOTWORD], fusion)
    sort(ranked, len(score))
    total = 0.0
    for row in range(len(score)):
        shares[row] = math.exp(score[row] - score[0])
        total += shares[row]
    for row in range(len(score)):
        shares[row] /= total
