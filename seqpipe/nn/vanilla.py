"""The vanilla recurrent network."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqpipe.nn.dropout import drop_weights
from seqpipe.nn.initial import bias, input_weights, recurrent_weights
from seqpipe.nn.kernels import ACTIVATIONS, rnn
from seqpipe.nn.state import State, Weights
from seqpipe.params.recurrent import RecurrentParams

FUSED = {"tanh": torch.rnn_tanh, "relu": torch.rnn_relu}
"""torch's kernels, for GPUs."""


class VanillaRNN(nn.Module):
    """h_t = φ(W x_t + U h_{t−1} + b)  (Elman 1990), φ being tanh, ReLU or leaky ReLU."""

    def __init__(self, inputs: int, params: RecurrentParams) -> None:
        super().__init__()
        self.activation, self.weight_drop = params.activation, params.weight_drop
        self.W = input_weights(1, params.hidden, inputs, params.initial.input)
        self.U = recurrent_weights(1, params.hidden, params.initial.recurrent or "orthogonal")
        self.b = bias(params.hidden)

    def weights(self) -> Weights:
        """W, U and b of one pass; in training a share of U is dropped."""
        return self.W, drop_weights(self.U, self.weight_drop, self.training), self.b

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        return (self.b.new_zeros(count, self.U.shape[1]),)

    def run(self, inputs: Tensor, state: State, weights: Weights | None = None) -> tuple[Tensor, State]:
        """h_1 … h_T (B, T, H) of inputs (B, T, F) from ``state``, and the state after the last step."""
        W, U, b = weights or self.weights()
        if inputs.is_cuda and self.activation in FUSED:  # cuDNN has the whole sequence as one kernel
            own, start = (W, U, b, torch.zeros_like(b)), state[0][None].contiguous()
            outputs, last = FUSED[self.activation](inputs, start, own, True, 1, 0.0, self.training, False, True)
            return outputs, (last[0],)
        outputs = rnn(inputs.transpose(0, 1), W, U, b, state[0], self.activation)
        return outputs.transpose(0, 1), (outputs[-1],)

    def step(self, inputs: Tensor, state: State, weights: Weights | None = None) -> State:
        """One step on (B, F)."""
        W, U, b = weights or self.weights()
        return (ACTIVATIONS[self.activation](torch.addmm(b, inputs, W.t()).addmm(state[0], U.t())),)

    def gates(self, inputs: Tensor, state: State) -> dict[str, Tensor]:
        """It has none."""
        return {}


def irnn(inputs: int, params: RecurrentParams) -> VanillaRNN:
    """The same with ReLU, and U the identity at the start, so that it begins by remembering (Le et al. 2015)."""
    initial = params.initial.model_copy(update={"recurrent": params.initial.recurrent or "identity"})
    return VanillaRNN(inputs, params.model_copy(update={"activation": "relu", "initial": initial}))
