"""Initial weights, kind by kind: input weights W, recurrent weights U, and the bias of the gate that remembers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

KINDS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "xavier": lambda weight, hidden: nn.init.xavier_uniform_(weight),
    "orthogonal": lambda weight, hidden: nn.init.orthogonal_(weight),
    "identity": lambda weight, hidden: nn.init.eye_(weight),
    "normal": lambda weight, hidden: nn.init.normal_(weight, std=weight.shape[1] ** -0.5),
    "uniform": lambda weight, hidden: nn.init.uniform_(weight, -(hidden**-0.5), hidden**-0.5),
}
"""Called with weights, filled in place, and H.

Xavier keeps the variance of activations and gradients alike (Glorot & Bengio 2010); orthogonal U keeps ‖U h‖ = ‖h‖, so
gradients neither vanish nor explode at the start (Saxe et al. 2014); the identity makes a ReLU network remember (Le et
al. 2015); normal has variance 1/columns; uniform is ±1/√H, torch's own.
"""


def input_weights(gates: int, hidden: int, inputs: int, kind: str) -> nn.Parameter:
    """W (gates · H, F), all gates as one matrix."""
    return nn.Parameter(KINDS[kind](torch.empty(gates * hidden, inputs), hidden))


def recurrent_weights(gates: int, hidden: int, kind: str) -> nn.Parameter:
    """U (gates · H, H), each gate a matrix of its own."""
    return nn.Parameter(torch.cat([KINDS[kind](torch.empty(hidden, hidden), hidden) for _ in range(gates)]))


def bias(gates: int, hidden: int, remembers: int | None = None, value: float = 0.0) -> nn.Parameter:
    """Zeros (gates · H,), but for the gate number ``remembers``, which starts at ``value``.

    A forget gate that starts open, at 1, lets gradients through the cell state (Jozefowicz et al. 2015).
    """
    weight = torch.zeros(gates, hidden)
    if remembers is not None:
        weight[remembers] = value
    return nn.Parameter(weight.flatten())
