"""Initial weights of recurrent cells."""

from __future__ import annotations

import torch
from torch import Tensor, nn


@torch.no_grad()
def initialise(net: nn.RNNBase, hidden: int) -> None:
    """Xavier input weights, orthogonal recurrent weights gate by gate, zero biases, forget-gate bias 1 (LSTM).

    An orthogonal U keeps ‖U h‖ = ‖h‖, so gradients neither vanish nor explode at the start (Saxe et al. 2014); the
    forget-gate bias keeps the cell state open (Jozefowicz et al. 2015).
    """
    for name, weight in net.named_parameters():
        if name.startswith("weight_ih"):
            nn.init.xavier_uniform_(weight)
        elif name.startswith("weight_hh"):
            for gate in _gates(weight, hidden):
                nn.init.orthogonal_(gate)
        else:
            nn.init.zeros_(weight)
    if isinstance(net, nn.LSTM):
        _gates(net.all_weights[0][2], hidden)[1].fill_(1.0)  # torch's order of gates: i f g o


def _gates(weight: Tensor, hidden: int) -> tuple[Tensor, ...]:
    return torch.split(weight, hidden)
