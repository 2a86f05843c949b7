"""Which prefixes are the K best after a frame, compiled: the sums of CTC's prefix search (Hannun et al. 2014).

A prefix is a row of two tables, in order of score. ``old`` has log p of its paths, of those that end in blank and in
its last label, what fusion adds, and log p of its best single path of either kind; ``was`` its last label, where its
best paths come from, the row of its parent, its hash and its parent's, and its states in fusion.

What makes it fast and keeps it exact:

- a prefix is reached twice only if it and its parent are both in the beam, so the parent's row is kept, and hashes are
  compared only when a prefix enters;
- prefixes and labels are tried in order of score, as long as a bound is above the K-th best found so far; at a frame
  that is surely blank not even the first is;
- labels are sorted only as far as they are asked for.

Legend: K beam, V labels and blank, n prefixes in the beam. Sums are float64, for float32 would flip near ties.
"""

from __future__ import annotations

import math
from typing import Any

from seqpipe.compiled import FLOAT, FLOAT_ROWS, FLOATS, INT, INT_ROWS, INTS, NOTHING, SINGLES, compiled, group
from seqpipe.search.add_kernel import add, added
from seqpipe.search.fusion_kernel import ACTIVE, BOUND, CREDIT, FUSION, REACH, extended
from seqpipe.search.heap_kernel import SCORED, keep_best
from seqpipe.search.label_kernel import RANKED, likely
from seqpipe.search.path_kernel import LAST

LOG_PROB, IN_BLANK, IN_LABEL, EXTRA, BEST_BLANK, BEST_LABEL = range(6)
PARENT, HASH, PARENT_HASH, MODEL, WORD, HOTWORD = range(4, 10)
"""Columns of the tables; those of best paths are in ``path_kernel``."""
ROUNDING = 1e-9
"""More than sums in another order differ by."""
CAME_FROM, CHILD, SIBLING, CLOSED, MOVED = range(5)
"""Columns of ``links``: whose path the last label is put after (0 its own, 1 its parent's blank, 2 its parent's label),
the first of its children in the beam and the next child of its parent, its node if a path leaves its last label, its
row after this frame."""
PREFIXES = group(FLOAT_ROWS, INT_ROWS, FLOAT_ROWS, INT_ROWS)
"""``old``, ``was``, ``sums`` (``old`` after the frame, of the prefixes as they are; a row a column) and ``links``."""


@compiled(group(FLOAT, FLOAT, INT)(FLOAT_ROWS, INT_ROWS, INT, INT), inline="always")
def lengthened(old: Any, was: Any, row: int, label: int) -> tuple[float, float, int]:
    """log p of the paths of a prefix that ``label`` can be put after, of the best of them, and its ``CAME_FROM``.

    The same label again needs a blank between.
    """
    if label == was[row, LAST]:
        return old[row, IN_BLANK], old[row, BEST_BLANK], 1
    if old[row, BEST_LABEL] > old[row, BEST_BLANK]:
        return old[row, LOG_PROB], old[row, BEST_LABEL], 2
    return old[row, LOG_PROB], old[row, BEST_BLANK], 1


@compiled(NOTHING(SINGLES, INT, FLOAT, PREFIXES, INT))
def stay(frame: Any, blank: int, threshold: float, prefixes: Any, live: int) -> None:
    """Sums of the prefixes as they are: a blank, the last label once more, or that label after the parent."""
    old, was, sums, links = prefixes
    for i in range(live):
        links[i, CAME_FROM], links[i, CHILD], links[i, CLOSED], links[i, MOVED] = 0, -1, -1, -1
        again = frame[was[i, LAST]] if was[i, LAST] >= 0 else -math.inf
        sums[IN_BLANK, i], sums[IN_LABEL, i] = old[i, LOG_PROB] + frame[blank], old[i, IN_LABEL] + again
        sums[BEST_BLANK, i] = max(old[i, BEST_BLANK], old[i, BEST_LABEL]) + frame[blank]
        sums[BEST_LABEL, i], sums[EXTRA, i] = old[i, BEST_LABEL] + again, old[i, EXTRA]
    for j in range(live):
        i, last = was[j, PARENT], was[j, LAST]
        if i >= 0:
            links[j, SIBLING], links[i, CHILD] = links[i, CHILD], j
            if frame[last] >= threshold:
                longer, best, source = lengthened(old, was, i, last)
                sums[IN_LABEL, j] = added(sums[IN_LABEL, j], longer + frame[last])
                if best + frame[last] > sums[BEST_LABEL, j]:
                    sums[BEST_LABEL, j], links[j, CAME_FROM] = best + frame[last], source
    add(sums[IN_BLANK], sums[IN_LABEL], sums[LOG_PROB, :live])


@compiled(INT(PREFIXES, INT, SCORED))
def possible(prefixes: Any, live: int, best: Any) -> int:
    """Put scores of the prefixes that can stay into ``best``, each with its row as code; their number."""
    sums, (score, code), count = prefixes[2], best, 0
    for i in range(live):
        if sums[LOG_PROB, i] > -math.inf:
            score[count], code[count] = sums[LOG_PROB, i] + sums[EXTRA, i], i
            count += 1
    return count


@compiled(FLOAT(PREFIXES, INT, FUSION, FLOATS))
def limits(prefixes: Any, live: int, fusion: Any, limit: Any) -> float:
    """Bounds of what each prefix can become, without the label's log-probability; the highest."""
    old, was, _, _ = prefixes
    credit, bound, top = fusion[CREDIT], fusion[BOUND], -math.inf
    for i in range(live):
        limit[i] = old[i, LOG_PROB] + old[i, EXTRA] + (credit[was[i, HOTWORD], REACH] + bound)
        top = max(top, limit[i])
    return top


@compiled(FLOAT(SCORED, INT, INT))
def lowest(best: Any, count: int, beam: int) -> float:
    """The lowest score of a full beam; −∞ if there is room for more."""
    if count < beam:
        return -math.inf
    low = best[0][0]
    for i in range(1, count):
        low = min(low, best[0][i])
    return float(low)


@compiled(FLOAT(SINGLES, FLOATS, INT, FLOAT, INT, RANKED, INT))
def raised(frame: Any, limit: Any, live: int, floor: float, beam: int, labels: Any, wanted: int) -> float:
    """A floor below K prefixes with one label more, or in the beam already, where fusion adds nothing.

    Any of the h best prefixes with any of w + 1 labels is at least as good as the last with the last; one of the labels
    of each may need a blank first, which leaves h w ≥ K.
    """
    width = 1
    while width < wanted:
        label, height = likely(labels, wanted, width), (beam + width - 1) // width
        if limit[0] + frame[label] <= floor:
            break
        if height <= live:
            reached = limit[height - 1] + frame[label]
            floor = max(floor, reached - ROUNDING * abs(reached))
        width *= 2
    return floor


@compiled(INT(SINGLES, PREFIXES, INT, FUSION, FLOATS, SCORED, INT, FLOAT, INT, RANKED, INT, INTS, SCORED))
def grow(
    frame: Any,
    prefixes: Any,
    live: int,
    fusion: Any,
    limit: Any,
    best: Any,
    count: int,
    floor: float,
    beam: int,
    labels: Any,
    wanted: int,
    place: Any,
    spare: Any,
) -> int:
    """Let prefixes with one label more in among the ``count`` that stay; the number of both, K at the most.

    There is room for more than K: the best are chosen when it is full, and the K-th is the ``floor`` of those to come.
    ``limit`` bounds their scores without the label's log-probability. The code of row i with the label of rank r is
    (i + 1) 2^32 + r: in order of entry, and above those of prefixes that stay, so that of equals the first stays.
    """
    old, was, _, links = prefixes
    active = fusion[ACTIVE]
    if not active:
        floor = raised(frame, limit, live, floor, beam, labels, wanted)
    for i in range(live):
        for r in range(wanted):
            label = likely(labels, wanted, r)
            if limit[i] + frame[label] <= floor:
                break
            child = links[i, CHILD]
            while child >= 0 and was[child, LAST] != label:
                child = links[child, SIBLING]
            if child >= 0:  # it is in the beam, and has had its share
                continue
            score = lengthened(old, was, i, label)[0] + frame[label] + old[i, EXTRA]
            if active:
                score += extended(label, was[i, MODEL], was[i, WORD], was[i, HOTWORD], fusion)[0]
            if score > floor:
                best[0][count], best[1][count] = score, ((i + 1) << 32) + r
                count += 1
                if count == len(best[0]):
                    keep_best(best, count, beam, place, spare)
                    count, floor = beam, best[0][beam - 1]
    keep_best(best, count, beam, place, spare)
    return min(count, beam)
