"""What a search returns, and what it asks of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol, TypeVar

from torch import Tensor


class Hypothesis(NamedTuple):
    """An output: token ids without begin and end, a label's id, or values; its ranking score; log p(output | input);
    and what more its record says (``confidence``)."""

    output: list[Any]
    score: float
    log_prob: float
    more: Mapping[str, Any] = {}


class SearchState(Protocol):
    """Partly written outputs, one a row."""

    def select(self, rows: Tensor) -> Any:
        """The states of ``rows``, in that order; a row may come twice."""


S = TypeVar("S", bound=SearchState)
Step = Callable[[S, Tensor], tuple[Tensor, S]]
"""One step of a model: from a state and the last tokens (R,), log-probabilities (R, V) and the new state."""
