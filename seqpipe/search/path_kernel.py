"""Best paths of prefixes, compiled: chains of nodes, a label each with its first and last frame.

The chain of a path that ends in a label has the labels before that; the last one is open since frame ``SINCE``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seqpipe.search.compiled import INT, INT_ROWS, INTS, NOTHING, compiled

LAST, BLANK_CHAIN, LABEL_CHAIN, SINCE = range(4)
"""Columns of a prefix: its last label, the chains of its best paths that end in blank and in that label."""
NODES = 0
"""The counter of nodes."""
OLDER, NAME, FIRST, FINAL = range(4)
"""Columns of a node."""


@compiled(INT(INT_ROWS, INT, INT_ROWS, INTS, INT))
def closed(was: Any, row: int, nodes: Any, counters: Any, frame: int) -> int:
    """A node for the last label of a prefix, which its best path leaves at ``frame``."""
    at = counters[NODES]
    counters[NODES] += 1
    nodes[at, OLDER], nodes[at, NAME] = was[row, LABEL_CHAIN], was[row, LAST]
    nodes[at, FIRST], nodes[at, FINAL] = was[row, SINCE], frame - 1
    return int(at)


@compiled(NOTHING(INT_ROWS, INT, INT_ROWS, INTS))
def collect(was: Any, live: int, nodes: Any, counters: Any) -> None:
    """Drop the nodes that no prefix comes from; the others move up, in order."""
    count = counters[NODES]
    place = np.full(count, -1, np.int64)
    for row in range(live):
        for column in (BLANK_CHAIN, LABEL_CHAIN):
            if was[row, column] >= 0:
                place[was[row, column]] = 0
    for at in range(count - 1, -1, -1):
        if place[at] == 0 and nodes[at, OLDER] >= 0:
            place[nodes[at, OLDER]] = 0
    kept = 0
    for at in range(count):
        if place[at] == 0:
            place[at] = kept
            for column in (OLDER, NAME, FIRST, FINAL):
                nodes[kept, column] = nodes[at, column]
            if nodes[kept, OLDER] >= 0:
                nodes[kept, OLDER] = place[nodes[kept, OLDER]]
            kept += 1
    counters[NODES] = kept
    for row in range(live):
        for column in (BLANK_CHAIN, LABEL_CHAIN):
            if was[row, column] >= 0:
                was[row, column] = place[was[row, column]]


@compiled(INT(INT_ROWS, INT, INT_ROWS))
def trace(nodes: Any, at: int, found: Any) -> int:
    """Write label, first and last frame of a chain into ``found`` (M, 3) from the end; the row of the first."""
    row = len(found)
    while at >= 0:
        row -= 1
        found[row, 0], found[row, 1], found[row, 2] = nodes[at, NAME], nodes[at, FIRST], nodes[at, FINAL]
        at = nodes[at, OLDER]
    return int(row)
