"""CTC prefix beam search that can stop and go on at every frame: what reads a recording reads a stream, too.

    search = start(labels, beam)                # before the first frame
    search = advance(search, log_probs)         # (T, V) float, any number of frames, as often as there are some
    found = best(search, n)                     # list[Found], best first; `ended=False` if more will come

``advance`` uses a state up: only what it returns goes on. However the frames are cut, what comes out is the same, to
the bit. Memory is that of the prefixes in the beam, not of the frames read.

Every prefix keeps log p of its paths that end in blank and of those that end in its last label (Hannun et al. 2014);
with a beam as wide as the space of prefixes the sums are exact. ``fusion`` adds to them (see ``fusion``).
"""

from __future__ import annotations

from math import inf, log
from typing import NamedTuple, Protocol

import numpy as np

from seqpipe.search.fusion import ROWS, Fusion, nothing
from seqpipe.search.hypothesis import nothing_possible

SPARE = 256  # nodes at the start; there are more when these are full of what is still needed
NEW = -2
"""A prefix that a model has to be asked about has the state NEW − its parent's row."""


class Memory(Protocol):
    """What a recurrent language model remembers of the prefixes in the beam: a row each."""

    table: np.ndarray
    """float64 (K, V): the weight of each label after the prefix of a row, and of the end."""

    def step(self, parents: np.ndarray, labels: np.ndarray, rows: np.ndarray) -> None:
        """Fill ``rows`` with prefixes that are ``labels`` after those of the rows ``parents``."""


class Search(NamedTuple):
    """A search that has read some frames: the kernel's tables, in two halves, and what it was started with."""

    blank: int
    log_threshold: float
    floats: np.ndarray
    """float64 (3, K, 6): two halves, and what becomes of the prefixes at a frame."""
    ints: np.ndarray
    """int64 (3, K, 10), likewise."""
    nodes: np.ndarray
    """int64 (N, 5): best paths."""
    counters: np.ndarray
    """int64: nodes, frames read, prefixes, the half that holds them."""
    room: tuple[np.ndarray, np.ndarray, np.ndarray]
    """What the kernel works in."""
    fusion: Fusion
    memory: Memory | None


class Found(NamedTuple):
    """An output: its labels, and of each the first and the last frame on the best path that was kept; what the search
    ranks by; log p_ctc of the labels, summed over the paths kept; its share of the whole beam's e^score."""

    labels: list[int]
    spans: list[tuple[int, int]]
    score: float
    log_prob: float
    confidence: float


def start(
    labels: int,
    beam: int,
    blank: int = 0,
    threshold: float = 0.0,
    fusion: Fusion | None = None,
    memory: Memory | None = None,
) -> Search:
    """A search over ``labels`` labels, the blank among them, that has read nothing.

    Labels whose probability at a frame is below ``threshold`` put nothing after a prefix there.
    """
    floats, ints = np.zeros((3, beam, 6)), np.zeros((3, beam, 10), np.int64)
    floats[0, 0] = 0.0, 0.0, -np.inf, 0.0, 0.0, -np.inf
    fusion = fusion or nothing(labels)
    ints[0, 0] = -1, -1, -1, 0, -1, 1, 0, fusion.model_start, 0, fusion.hotword_start
    if fusion.level == ROWS:
        assert memory is not None
        fusion = fusion._replace(table=memory.table)
    log_threshold = log(threshold) if threshold else -inf
    nodes, counters = np.zeros((SPARE + 4 * beam, 5), np.int64), np.array([0, 0, 1, 0])
    room = np.empty(5 * beam + labels), np.empty(4 * beam + 3 * max(2 * beam, labels) + 1, np.int64)
    return Search(
        blank, log_threshold, floats, ints, nodes, counters, (*room, np.empty(labels, np.float32)), fusion, memory
    )


def advance(search: Search, log_probs: np.ndarray) -> Search:
    """The search after ``log_probs`` (T, V) more, float32 as models give them (others are rounded); sums are
    float64."""
    from seqpipe.search import ctc_kernel  # numba loads here, when it is needed

    frames = np.ascontiguousarray(log_probs, np.float32)
    at, limits, tables = 0, (search.blank, search.log_threshold), (search.floats, search.ints)
    room, fusion = search.room, tuple(search.fusion)
    while at < len(frames):
        at = ctc_kernel.advance(frames, at, *limits, *tables, search.nodes, search.counters, room, fusion)
        if search.memory is not None:
            _remember(search, search.memory)
        nodes, _, live, _ = search.counters
        if at < len(frames) and 2 * (nodes + live) > len(search.nodes):
            search = search._replace(nodes=np.concatenate([search.nodes, np.zeros_like(search.nodes)]))
    return search


def _remember(search: Search, memory: Memory) -> None:
    """Give rows of the memory to prefixes that have just come in; rows of prefixes that are gone are free again."""
    _, _, live, side = search.counters
    state = search.ints[side, :live, 7]
    new = np.flatnonzero(state < 0)
    if len(new):
        free = np.setdiff1d(np.arange(len(memory.table)), state)[: len(new)]
        memory.step(NEW - state[new], search.ints[side, new, 0], free)
        state[new] = free


def best(search: Search, n: int, ended: bool = True) -> list[Found]:
    """The ``n`` best outputs, if that many are in the beam, for the frames read so far.

    ``ended``: whether the text ends here, which the language model has its own mind about. It is a ``SeqpipeError``
    if none has a probability.
    """
    from seqpipe.search import ctc_kernel

    live = int(search.counters[2])
    scores, rows, shares, found = np.empty(live), np.empty(live, np.int64), np.empty(live), []
    tables = search.floats, search.ints, search.counters
    ctc_kernel.outcome(*tables, tuple(search.fusion), ended, (scores, rows), shares)
    if not live or not scores[0] > -inf:
        raise nothing_possible()
    for row, score, share in zip(*(part[:n].tolist() for part in (rows, scores, shares)), strict=True):
        labels, first, last = _path(search, row).T.tolist()
        log_prob = float(search.floats[search.counters[3], row, 0])
        found.append(Found(labels, list(zip(first, last, strict=True)), score, log_prob, share))
    return found


def likeliest(search: Search) -> list[int]:
    """The labels of the best output, while more may come; of a long text much sooner than ``best``."""
    _, _, live, side = search.counters.tolist()
    floats = search.floats[side, :live]
    if not live:
        raise nothing_possible()
    labels: list[int] = _path(search, int(np.argmax(floats[:, 0] + floats[:, 3])))[:, 0].tolist()
    return labels


def _path(search: Search, row: int) -> np.ndarray:
    """The labels of a prefix and the first and last frame of each on its best path, int64 (L, 3)."""
    from seqpipe.search import path_kernel

    nodes, frame, _, side = search.counters.tolist()
    floats, ints = search.floats[side, row], search.ints[side, row]
    open_label = floats[5] > floats[4]
    room = np.empty((nodes + 2, 3), np.int64)
    room[-1] = ints[0], ints[3], frame - 1
    first = path_kernel.trace(search.nodes, ints[2 if open_label else 1], room[:-1])
    return room[first:] if open_label else room[first:-1]
