"""CTC search that goes on from chunk to chunk."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from torch import Tensor

from seqpipe.models.ctc import BLANK
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.search.scores import labels_only


class Greedy(NamedTuple):
    labels: list[int]
    last: int
    total: float


def start() -> Greedy:
    return Greedy([], BLANK, 0.0)


def advance(state: Greedy, log_probs: Tensor) -> Greedy:
    frames = labels_only(log_probs).numpy()
    best = frames.argmax(axis=1)
    before = np.concatenate([[state.last], best])[: len(best)]
    changes = best != before
    if not len(best):
        return state
    return Greedy(
        state.labels + best[changes & (best != BLANK)].tolist(),
        int(best[-1]),
        state.total + float(frames.max(axis=1).sum()),
    )


def best(state: Greedy, count: int) -> list[Hypothesis]:
    return [Hypothesis(state.labels, state.total, state.total)]
