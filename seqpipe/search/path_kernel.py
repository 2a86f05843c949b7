"""Best paths of prefixes, compiled: chains of nodes, a label each with its first and last frame.

The chain of a path that ends in a label has the labels before that; the last one is open since frame ``SINCE``.
"""

from __future__ import annotations

from typing import Any

from seqpipe.compiled import INT, INT_ROWS, INTS, NOTHING, compiled

LAST, BLANK_CHAIN, LABEL_CHAIN, SINCE = range(4)
"""Columns of a prefix: its last label, the chains of its best paths that end in blank and in that label."""
NODES = 0
"""The counter of nodes."""
OLDER, NAME, FIRST, FINAL, PLACE = range(5)
"""Columns of a node: the one before, its label, first and last frame, and room for its new place."""


@compiled(INT(INT_ROWS, INT, INT_ROWS, INTS, INT), inline="always")
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
    for at in range(count):
        nodes[at, PLACE] = -1
    for row in range(live):
        for column in (BLANK_CHAIN, LABEL_CHAIN):
            if was[row, column] >= 0:
                nodes[was[row, column], PLACE] = 0
    for at in range(count - 1, -1, -1):
        if nodes[at, PLACE] == 0 and nodes[at, OLDER] >= 0:
            nodes[nodes[at, OLDER], PLACE] = 0
    kept = 0
    for at in range(count):
        if nodes[at, PLACE] == 0:
            older = nodes[at, OLDER]
            nodes[kept, OLDER] = nodes[older, PLACE] if older >= 0 else -1
            for column in (NAME, FIRST, FINAL):
                nodes[kept, column] = nodes[at, column]
            nodes[at, PLACE] = kept
            kept += 1
    counters[NODES] = kept
    for row in range(live):
        for column in (BLANK_CHAIN, LABEL_CHAIN):
            if was[row, column] >= 0:
                was[row, column] = nodes[was[row, column], PLACE]


@compiled(INT(INT_ROWS, INT, INT_ROWS))
def trace(nodes: Any, at: int, found: Any) -> int:
    """Write label, first and last frame of a chain into ``found`` (M, 3) from the end; the row of the first."""
    row = len(found)
    while at >= 0:
        row -= 1
        found[row, 0], found[row, 1], found[row, 2] = nodes[at, NAME], nodes[at, FIRST], nodes[at, FINAL]
        at = nodes[at, OLDER]
    return int(row)
