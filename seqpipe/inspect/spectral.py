"""The largest singular value σ_max of what a state is multiplied by from step to step.

‖∂h_t/∂h_{t−k}‖ ≤ Π σ_max(∂h_s/∂h_{s−1}), and for h_t = tanh(W x_t + U h_{t−1} + b) each factor is at most σ_max(U):
gradients must vanish where it is below 1, and can explode only where it is above (Pascanu, Mikolov & Bengio 2013).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from seqpipe.inspect.unrolled import Layer

BLOCKS = {
    1: ["hidden"],
    3: ["reset", "update", "candidate"],
    4: ["input", "forget", "candidate", "output"],
}
"""What the blocks of U (G·H, H) belong to, by their number G: the vanilla RNN, the GRU, the LSTM."""


def recurrent_weights(cell: Any) -> dict[str, Tensor]:
    """U of each gate of a cell, (H, H); minGRU and minLSTM, whose gates do not look at the state, have none."""
    if not hasattr(cell, "U"):
        return {}
    blocks = cell.U.split(cell.U.shape[1])
    return dict(zip(BLOCKS[len(blocks)], blocks, strict=True))


def singular_values(matrices: dict[str, Tensor]) -> dict[str, list[float]]:
    """Of each matrix (H, H), in falling order; the first is σ_max, the length of the longest U h with ‖h‖ = 1."""
    return {name: torch.linalg.svdvals(matrix.detach().double()).tolist() for name, matrix in matrices.items()}


def step_jacobians(layer: Layer, steps: Sequence[int]) -> Tensor:
    """∂s_t/∂s_{t−1} of one example at some steps, (len(steps), N, N): a row for each number of the new state.

    The state s is h, and h and c together of a cell that keeps both, for gradients go through either.
    """
    return torch.stack([_jacobian(layer, step) for step in steps])


def _jacobian(layer: Layer, step: int) -> Tensor:
    """N copies of the step go through the cell as a batch; the gradient of copy i is that of number i alone."""
    state = [part.detach() for part in layer.states[step]]
    size = sum(part.shape[1] for part in state)
    copies = tuple(part.expand(size, -1).clone().requires_grad_() for part in state)
    after = layer.cell.step(layer.inputs[step].detach().expand(size, -1), copies)
    rows = torch.autograd.grad(torch.cat(list(after), dim=1).diagonal().sum(), copies)
    return torch.cat(rows, dim=1)


def largest(jacobians: Tensor) -> list[float]:
    """σ_max of each of (T, N, N)."""
    norms: list[float] = torch.linalg.matrix_norm(jacobians, ord=2).tolist()
    return norms
