"""The tables of prefixes after a frame, compiled: made anew where something moves, changed where nothing does.

``old`` and ``was`` hold the prefixes before a frame, ``new`` and ``now`` those after it.
"""

from __future__ import annotations

import math
from typing import Any

from seqpipe.compiled import FLOAT_ROWS, INT, INT_ROWS, INTS, NOTHING, SINGLES, TRUTH, compiled, group
from seqpipe.search.fusion_kernel import ACTIVE, FUSION, extended
from seqpipe.search.heap_kernel import SCORED
from seqpipe.search.path_kernel import BLANK_CHAIN, LABEL_CHAIN, LAST, SINCE, closed
from seqpipe.search.prefix_kernel import (
    BEST_BLANK,
    BEST_LABEL,
    CAME_FROM,
    CLOSED,
    EXTRA,
    HASH,
    HOTWORD,
    IN_BLANK,
    IN_LABEL,
    LOG_PROB,
    MODEL,
    MOVED,
    PARENT,
    PARENT_HASH,
    PREFIXES,
    WORD,
    lengthened,
)

FRAME, LIVE, SIDE = range(1, 4)
"""Counters beside ``NODES``: frames read, prefixes, which half of the tables is the last."""
TABLES = group(FLOAT_ROWS, INT_ROWS)


@compiled(INT(PREFIXES, INT, INT_ROWS, INTS), inline="always")
def leave(prefixes: Any, row: int, nodes: Any, counters: Any) -> int:
    """The chain with the last label of a prefix, which a path leaves now; there is one node for all that go on."""
    _, was, _, links = prefixes
    if links[row, CLOSED] < 0:
        links[row, CLOSED] = closed(was, row, nodes, counters, counters[FRAME])
    return int(links[row, CLOSED])


@compiled(INT(SINGLES, PREFIXES, INT, INT, TABLES, INT, FUSION), inline="always")
def enter(frame: Any, prefixes: Any, i: int, label: int, tables: Any, row: int, fusion: Any) -> int:
    """Fill a row with the prefix of row ``i`` and ``label`` after it; its ``CAME_FROM``."""
    old, was, _, _ = prefixes
    new, now = tables
    before, best, source = lengthened(old, was, i, label)
    new[row, IN_BLANK] = new[row, BEST_BLANK] = -math.inf
    new[row, IN_LABEL] = new[row, LOG_PROB] = before + frame[label]
    new[row, BEST_LABEL], new[row, EXTRA] = best + frame[label], old[i, EXTRA]
    mixed = (was[i, HASH] ^ (label + 1) * -7046029254386353131) * -4658895280553007687
    now[row, HASH], now[row, PARENT_HASH], now[row, PARENT] = mixed ^ (mixed >> 29), was[i, HASH], i
    now[row, LAST], now[row, BLANK_CHAIN] = label, -1
    now[row, MODEL] = now[row, WORD] = now[row, HOTWORD] = 0
    if fusion[ACTIVE]:
        gain, model, word, hotword = extended(label, was[i, MODEL], was[i, WORD], was[i, HOTWORD], fusion)
        new[row, EXTRA] += gain
        now[row, MODEL], now[row, WORD], now[row, HOTWORD] = model, word, hotword
    return int(source)


@compiled(INT(SINGLES, PREFIXES, INT, TABLES, SCORED, INT, INTS, INT_ROWS, INTS, FUSION))
def fill(
    frame: Any,
    prefixes: Any,
    live: int,
    tables: Any,
    best: Any,
    count: int,
    rank: Any,
    nodes: Any,
    counters: Any,
    fusion: Any,
) -> int:
    """Write the best into the new tables, and the labels that their paths leave into ``nodes``; how many are new."""
    old, was, sums, links = prefixes
    new, now = tables
    entered = 0
    for row in range(count):
        code = best[1][row]
        if code < live:
            i = above = code
            links[i, MOVED] = row
            for column in range(6):
                new[row, column] = sums[column, i]
            for column in range(10):
                now[row, column] = was[i, column]
            if old[i, BEST_LABEL] > old[i, BEST_BLANK]:
                now[row, BLANK_CHAIN] = leave(prefixes, i, nodes, counters)
            source = links[i, CAME_FROM]
            if source > 0:
                above = was[i, PARENT]
        else:
            entered += 1
            above, label = (code >> 32) - 1, rank[code & 0xFFFFFFFF]
            source = enter(frame, prefixes, above, label, tables, row, fusion)
        if source > 0:
            now[row, SINCE] = counters[FRAME]
            now[row, LABEL_CHAIN] = was[above, BLANK_CHAIN] if source == 1 else leave(prefixes, above, nodes, counters)
    return entered


@compiled(TRUTH(PREFIXES, INT, SCORED, INT))
def settled(prefixes: Any, live: int, best: Any, count: int) -> bool:
    """Whether all prefixes stay, in their order, each with the best path into its last label that it had."""
    links, score = prefixes[3], best[0]
    for i in range(live):
        if links[i, CAME_FROM] > 0 or (i > 0 and score[i] > score[i - 1]):
            return False
    return count == live


@compiled(NOTHING(PREFIXES, INT, INT_ROWS, INTS))
def remain(prefixes: Any, live: int, nodes: Any, counters: Any) -> None:
    """What ``fill`` would write if nothing moves, into the same tables."""
    old, was, sums, _ = prefixes
    for i in range(live):
        if old[i, BEST_LABEL] > old[i, BEST_BLANK]:
            was[i, BLANK_CHAIN] = leave(prefixes, i, nodes, counters)
        for column in range(6):
            old[i, column] = sums[column, i]


@compiled(NOTHING(INT_ROWS, INT, INT, INT_ROWS, SCORED))
def find_parents(now: Any, count: int, live: int, links: Any, best: Any) -> None:
    """Parents' rows after the frame: where they have moved to, or where they come in again.

    What has just come in has a parent that was there before, so only of those that stayed can it be the parent.
    """
    for row in range(count):
        if now[row, PARENT] >= 0:
            now[row, PARENT] = links[now[row, PARENT], MOVED]
    for child in range(count):
        if best[1][child] < live and now[child, PARENT] < 0:
            for row in range(count):
                if best[1][row] >= live and now[row, HASH] == now[child, PARENT_HASH]:
                    now[child, PARENT] = row
