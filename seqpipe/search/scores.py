"""How outputs of unequal length compare: score = log p / norm(length) + penalty, lengths counting the end.

``wu``: norm = ((5 + length) / 6)^α (Wu et al. 2016); ``average``: norm = length; ``none``: norm = 1. A norm never falls
with the length and a penalty is never above zero, so log p / norm(longest output) bounds the score of whatever an
unfinished output can become.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, NamedTuple

import torch
from torch import Tensor

from seqpipe.features.tokens import BEGIN, END, UNKNOWN
from seqpipe.search.hypothesis import S

Norm = Callable[[Any], Any]
"""Of a length, or of lengths."""
NORMS: dict[str, Callable[[float], Norm]] = {
    "wu": lambda alpha: lambda length: ((5 + length) / 6) ** alpha,
    "average": lambda alpha: lambda length: length,
    "none": lambda alpha: lambda length: length**0,
}
"""By ``normalization``; called with α."""


Penalty = Callable[[S], Tensor]
"""Of each row of a state, (R,), after the step that writes the end."""


class Ranking(NamedTuple, Generic[S]):
    """What outputs are ranked by."""

    norm: Norm
    penalty: Penalty[S] | None = None

    def scores(self, log_prob: Tensor, length: int, state: S, rows: Tensor) -> Tensor:
        """Of outputs (…) of ``length`` tokens with their end, which ``rows`` (…) of ``state`` have written."""
        scores: Tensor = log_prob / self.norm(length)
        return scores if self.penalty is None else scores + self.penalty(state)[rows]


def labels_only(log_probs: Tensor) -> Tensor:
    """Log-probabilities (…, V) of CTC with −∞ for begin, end and the unknown token: a blank or a label is left.

    The model does without this: an unknown label of the validation split must not make its loss infinite.
    """
    return log_probs.index_fill(-1, torch.tensor([UNKNOWN, BEGIN, END], device=log_probs.device), -torch.inf)
