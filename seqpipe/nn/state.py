"""What recurrent cells hand from step to step, and the weights of one pass."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor

State = tuple[Tensor, ...]
"""(B, H) each, the hidden state first: ``(h,)``, or ``(h, c)`` for the LSTM."""
Weights = tuple[Tensor, ...]
"""A cell's weights as one pass over a sequence uses them."""


class Cell(Protocol):
    """One direction of one layer, over a whole sequence or one step at a time."""

    def weights(self) -> Weights:
        """The weights of one pass; in training some of the recurrent ones may be dropped."""

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""

    def run(self, inputs: Tensor, state: State, weights: Weights | None = None) -> tuple[Tensor, State]:
        """h_1 … h_T (B, T, H) of inputs (B, T, F) from ``state``, and the state after the last step.

        ``weights`` are those of a pass that goes on; without them it is a pass of its own."""

    def step(self, inputs: Tensor, state: State, weights: Weights | None = None) -> State:
        """One step on (B, F)."""

    def gates(self, inputs: Tensor, state: State) -> dict[str, Tensor]:
        """The activations (B, H) of one step's gates, by name."""
