"""CTC's prefix search from frame to frame, compiled: the tables of ``prefix_kernel`` after each."""

from __future__ import annotations

from typing import Any

from seqpipe.compiled import (
    FLOAT,
    FLOAT_ROWS,
    FLOAT_TABLES,
    FLOATS,
    INT,
    INT_ROWS,
    INT_TABLES,
    INTS,
    NOTHING,
    SINGLE_ROWS,
    SINGLES,
    compiled,
    group,
)
from seqpipe.search.fusion import ROWS
from seqpipe.search.fusion_kernel import ACTIVE, FUSION, LEVEL, ended
from seqpipe.search.heap_kernel import SCORED, sort
from seqpipe.search.label_kernel import wanted
from seqpipe.search.path_kernel import NODES, collect
from seqpipe.search.prefix_kernel import EXTRA, HOTWORD, MODEL, WORD, grow, limits, lowest, possible, stay
from seqpipe.search.table_kernel import FRAME, LIVE, SIDE, fill, find_parents, remain, settled

ROOM = group(FLOAT_ROWS, INT_ROWS, FLOATS, SCORED, SCORED, INTS, SINGLES)
"""``sums``, ``links``, ``limit``, ``best``, ``labels``, ``rank`` and ``peaks``: what a frame is worked out in."""


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
    sums, links, limit, best, labels, rank, peaks = room
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
        left = wanted(frame, blank, threshold, top, floor, labels, most, peaks)
        if left == 0 and settled(prefixes, live, best, count):
            remain(prefixes, live, nodes, counters)
            counters[FRAME] += 1
            at += 1
            continue
        if left > 0:
            count = grow(frame, prefixes, live, fusion, limit, best, count, floor, beam, labels, left, rank)
        sort(best, count)
        entered = fill(frame, prefixes, live, tables, best, count, rank, nodes, counters, fusion)
        find_parents(tables[1], count, live, links, best)
        counters[FRAME] += 1
        counters[LIVE], counters[SIDE] = count, 1 - side
        at += 1
        if entered > 0 and fusion[LEVEL] == ROWS:
            return at
    return at


@compiled(NOTHING(FLOAT_TABLES, INT_TABLES, INTS, FUSION, FLOATS))
def finish(floats: Any, ints: Any, counters: Any, fusion: Any, extra: Any) -> None:
    """What fusion adds to each prefix if the text ends with it."""
    old, was = floats[counters[SIDE]], ints[counters[SIDE]]
    for row in range(counters[LIVE]):
        extra[row] = old[row, EXTRA] + ended(was[row, MODEL], was[row, WORD], was[row, HOTWORD], fusion)
