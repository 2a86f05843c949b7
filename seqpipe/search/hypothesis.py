"""What a search returns, and what it asks of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

import torch
from torch import Tensor

from seqpipe.features.tokens import END
from seqpipe.files import SeqpipeError

WORDS = END + 1
"""The first id that an output may have: padding, the unknown token, begin and end stand before it and are in none."""


class Hypothesis(NamedTuple):
    """An output: token ids without begin and end, a label's id, or values; its ranking score; log p(output | input);
    and what more its record says (``confidence``)."""

    output: list[Any]
    score: float
    log_prob: float
    more: Mapping[str, Any] = {}


def nothing_possible() -> SeqpipeError:
    """No output has a probability."""
    return SeqpipeError(
        "The model gives no output a probability: its weights, or the input's values, are not finite; train it again "
        "with a smaller learning_rate."
    )


class SearchState(Protocol):
    """Partly written outputs of N sentences, equally many of each: R rows, sentence by sentence.

    What belongs to a sentence, as the source does, is kept once for all its rows.
    """

    def select(self, rows: Tensor, sentences: Tensor | None = None) -> Any:
        """The states of ``rows`` (R',), in that order, a row may come twice; they are of all sentences, or of
        ``sentences`` (N',), in that order, equally many of each."""


S = TypeVar("S", bound=SearchState)
Step = Callable[[S, Tensor], tuple[Tensor, S]]
"""One step of a model: from a state and the last tokens (R,), log-probabilities (R, V) and the new state."""


class Begun(NamedTuple, Generic[S]):
    """N sentences that are to be written, a row each."""

    state: S
    read: list[int]
    """The tokens that are given, the start symbol first; ``state`` has read all but the last of them."""
    token_scores: Tensor
    """log p of the last P of them, (N, P) float64: those are what every output begins with."""

    def last(self) -> Tensor:
        """The token that comes before the next one, (N,)."""
        return torch.full((len(self.token_scores),), self.read[-1], device=self.token_scores.device)

    def prefix(self) -> list[int]:
        """What every output begins with."""
        return self.read[len(self.read) - self.token_scores.shape[1] :]


def begin(state: S, count: int, read: list[int], device: torch.device) -> Begun[S]:
    """``count`` sentences of which nothing is written, after tokens that are ``read``."""
    return Begun(state, read, torch.zeros(count, 0, dtype=torch.float64, device=device))
