"""CTC search over a recording that goes on: frames come in any number, as often as there are some."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from torch import Tensor

from seqpipe.models.ctc import BLANK
from seqpipe.params.decoding import CtcDecode
from seqpipe.search import prefix
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.search.scores import labels_only


class LiveSearch(Protocol):
    """A search that has read some frames."""

    def advance(self, log_probs: np.ndarray) -> LiveSearch:
        """The search after ``log_probs`` (T, V) more; this one is used up."""

    def best(self, count: int, ended: bool) -> list[Hypothesis]:
        """The best outputs so far; whether the text ends here may change their order."""


class GreedyPath(NamedTuple):
    """The single likeliest path: its labels, its last label or blank, and its log-probability."""

    labels: list[int]
    last: int
    log_prob: float

    def advance(self, log_probs: np.ndarray) -> GreedyPath:
        """The same over more frames; a label that goes on from the last frame is not a new one."""
        path = log_probs.argmax(axis=1)
        before = np.concatenate([[self.last], path])
        self.labels.extend(path[(path != before[:-1]) & (path != BLANK)].tolist())
        return GreedyPath(self.labels, int(before[-1]), self.log_prob + float(log_probs.max(axis=1).sum()))

    def best(self, count: int, ended: bool) -> list[Hypothesis]:
        """Its labels."""
        return [Hypothesis(list(self.labels), self.log_prob, self.log_prob)]


class PrefixBeam(NamedTuple):
    """The likeliest prefixes."""

    search: prefix.Search

    def advance(self, log_probs: np.ndarray) -> PrefixBeam:
        """The same over more frames."""
        return PrefixBeam(prefix.advance(self.search, log_probs))

    def best(self, count: int, ended: bool) -> list[Hypothesis]:
        """The best of the beam."""
        return [Hypothesis(one.labels, one.score, one.log_prob) for one in prefix.best(self.search, count, ended)]


def start(labels: int, options: CtcDecode) -> LiveSearch:
    """A search over ``labels`` labels and blank, by ``options``, that has read nothing."""
    if options.beam == 1:
        return GreedyPath([], BLANK, 0.0)
    return PrefixBeam(prefix.start(labels, options.beam, BLANK))


def advance(search: LiveSearch, log_probs: Tensor) -> LiveSearch:
    """The search after ``log_probs`` (T, V) of a model more; begin, end and the unknown token are never read."""
    return search.advance(labels_only(log_probs).cpu().numpy())
