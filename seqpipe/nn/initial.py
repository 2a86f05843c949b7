"""Initial weights, kind by kind: input weights W, recurrent weights U, and the bias of the gate that remembers."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from seqpipe.params.recurrent import Initial

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


def bias(size: int) -> nn.Parameter:
    """Zeros (size,)."""
    return nn.Parameter(torch.zeros(size))


def gate_bias(
    gates: int, hidden: int, initial: Initial, keeps: int | None, takes: int | None = None, default: float = 0.0
) -> nn.Parameter:
    """Biases (gates · H,) of gates that begin by keeping the old state: b of the gate number ``keeps``, which keeps it.

    A forget gate that starts open, at 1, lets gradients through the cell state (Jozefowicz et al. 2015). With
    ``chrono`` T, b = log u, u ~ U(1, T − 1): a unit keeps u / (u + 1) of its state a step, a third of it after u steps,
    so that there are units for all times up to T. The gate number ``takes``, which lets new input in, starts at −b then
    (Tallec & Ollivier 2018), and always where no gate keeps: what it leaves is what is kept.
    """
    weight = torch.zeros(gates, hidden)
    b = torch.full((hidden,), default if initial.forget_bias is None else initial.forget_bias)
    if initial.chrono is not None:
        b = torch.empty(hidden).uniform_(1, initial.chrono - 1).log()
    if keeps is not None:
        weight[keeps] = b
    if takes is not None and (keeps is None or initial.chrono is not None):
        weight[takes] = -b
    return nn.Parameter(weight.flatten())
