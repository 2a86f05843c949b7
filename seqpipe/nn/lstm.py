"""Long short-term memory."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqpipe.nn.dropout import drop_weights
from seqpipe.nn.initial import gate_bias, input_weights, recurrent_weights
from seqpipe.nn.state import State, Weights
from seqpipe.params.recurrent import RecurrentParams


class LSTM(nn.Module):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

    i_t = σ(W_i x_t + U_i h_{t−1} + b_i)    f_t = σ(W_f x_t + U_f h_{t−1} + b_f)
    g_t = tanh(W_g x_t + U_g h_{t−1} + b_g) o_t = σ(W_o x_t + U_o h_{t−1} + b_o)
    c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t         h_t = o_t ⊙ tanh(c_t)

    W, U and b hold the gates in torch's order, i f g o. Over a sequence torch's fused kernels run.
    """

    def __init__(self, inputs: int, params: RecurrentParams) -> None:
        super().__init__()
        initial, self.weight_drop = params.initial, params.weight_drop
        self.W = input_weights(4, params.hidden, inputs, initial.input)
        self.U = recurrent_weights(4, params.hidden, initial.recurrent or "orthogonal")
        self.b = gate_bias(4, params.hidden, initial, 1, 0, 1.0)

    def weights(self) -> Weights:
        """W, U, b and zeros for the second bias of torch's kernels; in training a share of U is dropped."""
        return self.W, drop_weights(self.U, self.weight_drop, self.training), self.b, torch.zeros_like(self.b)

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        zeros = self.b.new_zeros(count, self.U.shape[1])
        return zeros, zeros

    def run(self, inputs: Tensor, state: State, weights: Weights | None = None) -> tuple[Tensor, State]:
        """h_1 … h_T (B, T, H) of inputs (B, T, F) from ``state``, and the state after the last step."""
        first = tuple(part[None].contiguous() for part in state)  # which cuDNN wants
        weights = weights or self.weights()
        outputs, hidden, cell = torch.lstm(inputs, first, weights, True, 1, 0.0, self.training, False, True)
        return outputs, (hidden[0], cell[0])

    def step(self, inputs: Tensor, state: State, weights: Weights | None = None) -> State:
        """One step on (B, F)."""
        return torch.lstm_cell(inputs, state, *(weights or self.weights()))

    def gates(self, inputs: Tensor, state: State) -> dict[str, Tensor]:
        """The activations (B, H) of one step's gates, by name."""
        i, f, g, o = (inputs @ self.W.t() + state[0] @ self.U.t() + self.b).chunk(4, dim=-1)
        return {"input": i.sigmoid(), "forget": f.sigmoid(), "output": o.sigmoid(), "candidate": g.tanh()}
