"""The gated recurrent unit."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqpipe.nn.dropout import drop_weights
from seqpipe.nn.initial import bias, gate_bias, input_weights, recurrent_weights
from seqpipe.nn.kernels import gru
from seqpipe.nn.state import State, Weights
from seqpipe.params.recurrent import RecurrentParams


class GRU(nn.Module):
    """Gated recurrent unit (Cho et al. 2014), in torch's convention.

    r_t = σ(W_r x_t + U_r h_{t−1} + b_r)    z_t = σ(W_z x_t + U_z h_{t−1} + b_z)
    n_t = tanh(W_n x_t + b_n + r_t ⊙ (U_n h_{t−1} + b'_n))
    h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}

    Books differ: here the reset gate acts after the product with U_n, and z keeps the old state; with Cho et al. it
    acts before, in Chung et al. 2014 z lets the new state in. W, U and b hold the gates in the order r z n.
    """

    def __init__(self, inputs: int, params: RecurrentParams) -> None:
        super().__init__()
        initial, self.weight_drop = params.initial, params.weight_drop
        self.W = input_weights(3, params.hidden, inputs, initial.input)
        self.U = recurrent_weights(3, params.hidden, initial.recurrent or "orthogonal")
        self.b = gate_bias(3, params.hidden, initial, 1)
        self.b_n = bias(params.hidden)

    def weights(self) -> Weights:
        """W, U, b and b'_n; in training a share of U is dropped."""
        return self.W, drop_weights(self.U, self.weight_drop, self.training), self.b, self.b_n

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        return (self.b_n.new_zeros(count, self.U.shape[1]),)

    def run(self, inputs: Tensor, state: State, weights: Weights | None = None) -> tuple[Tensor, State]:
        """h_1 … h_T (B, T, H) of inputs (B, T, F) from ``state``, and the state after the last step."""
        W, U, b, b_n = weights or self.weights()
        if inputs.is_cuda:  # cuDNN has the whole sequence as one kernel
            own, start = _torch(W, U, b, b_n), state[0][None].contiguous()
            outputs, last = torch.gru(inputs, start, own, True, 1, 0.0, self.training, False, True)
            return outputs, (last[0],)
        outputs = gru(inputs.transpose(0, 1), W, U, b, b_n, state[0])
        return outputs.transpose(0, 1), (outputs[-1],)

    def step(self, inputs: Tensor, state: State, weights: Weights | None = None) -> State:
        """One step on (B, F)."""
        return (torch.gru_cell(inputs, state[0], *_torch(*(weights or self.weights()))),)

    def gates(self, inputs: Tensor, state: State) -> dict[str, Tensor]:
        """The activations (B, H) of one step's gates, by name."""
        r, z, n = (inputs @ self.W.t() + self.b).chunk(3, dim=-1)
        u_r, u_z, u_n = (state[0] @ self.U.t()).chunk(3, dim=-1)
        reset = torch.sigmoid(r + u_r)
        return {
            "reset": reset,
            "update": torch.sigmoid(z + u_z),
            "candidate": torch.tanh(n + reset * (u_n + self.b_n)),
        }


def _torch(W: Tensor, U: Tensor, b: Tensor, b_n: Tensor) -> Weights:
    """The same as torch's kernels take them: with a second bias for every gate, though b'_n alone is not redundant."""
    return W, U, b, torch.cat([torch.zeros_like(b[: 2 * len(b_n)]), b_n])
