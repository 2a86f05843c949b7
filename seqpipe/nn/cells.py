"""Recurrent cells: one direction of one layer, over a whole sequence or one step at a time.

A state is a tuple of (B, H) tensors, hidden state first: ``(h,)``, or ``(h, c)`` for the LSTM. The sequence form runs
torch's fused kernels; the step form runs the cell on the same weights (``nn.LSTM`` on one step reorders its weights at
every call, which costs more than the step).
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from seqpipe.nn.initial import initialise
from seqpipe.nn.minimal import MinGRU, MinLSTM

State = tuple[Tensor, ...]


def _zeros(net: nn.RNNBase, count: int) -> Tensor:
    return net.all_weights[0][1].new_zeros(count, net.hidden_size)


class VanillaRNN(nn.Module):
    """h_t = tanh(W x_t + U h_{t−1} + b)  (Elman 1990)."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.RNN(inputs, hidden, batch_first=True)
        initialise(self.net, hidden)

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        return (_zeros(self.net, count),)

    def forward(self, inputs: Tensor, state: State) -> Tensor:
        """Run over (B, T, F) from ``state``; gives h_1 … h_T, (B, T, H)."""
        outputs, _ = self.net(inputs, state[0][None])
        return outputs  # type: ignore[no-any-return]

    def step(self, inputs: Tensor, state: State) -> State:
        """One step on (B, F)."""
        return (torch.rnn_tanh_cell(inputs, state[0], *self.net.all_weights[0]),)


class LSTM(nn.Module):
    """Long short-term memory (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).

    i_t = σ(W_i x_t + U_i h_{t−1} + b_i)    f_t = σ(W_f x_t + U_f h_{t−1} + b_f)
    g_t = tanh(W_g x_t + U_g h_{t−1} + b_g) o_t = σ(W_o x_t + U_o h_{t−1} + b_o)
    c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t         h_t = o_t ⊙ tanh(c_t)
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.LSTM(inputs, hidden, batch_first=True)
        initialise(self.net, hidden)

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        zeros = _zeros(self.net, count)
        return zeros, zeros

    def forward(self, inputs: Tensor, state: State) -> Tensor:
        """Run over (B, T, F) from ``state``; gives h_1 … h_T, (B, T, H)."""
        return self.run(inputs, state)[0]

    def run(self, inputs: Tensor, state: State) -> tuple[Tensor, State]:
        """The same, and the state after the last step."""
        hidden, cell = state
        outputs, (hidden, cell) = self.net(inputs, (hidden[None], cell[None]))
        return outputs, (hidden[0], cell[0])

    def step(self, inputs: Tensor, state: State) -> State:
        """One step on (B, F)."""
        return torch.lstm_cell(inputs, state, *self.net.all_weights[0])


class GRU(nn.Module):
    """Gated recurrent unit (Cho et al. 2014), in torch's convention: the reset gate acts after the product.

    r_t = σ(W_r x_t + U_r h_{t−1} + b_r)    z_t = σ(W_z x_t + U_z h_{t−1} + b_z)
    n_t = tanh(W_n x_t + b_n + r_t ⊙ (U_n h_{t−1} + b'_n))
    h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}
    """

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.net = nn.GRU(inputs, hidden, batch_first=True)
        initialise(self.net, hidden)

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        return (_zeros(self.net, count),)

    def forward(self, inputs: Tensor, state: State) -> Tensor:
        """Run over (B, T, F) from ``state``; gives h_1 … h_T, (B, T, H)."""
        outputs, _ = self.net(inputs, state[0][None])
        return outputs  # type: ignore[no-any-return]

    def step(self, inputs: Tensor, state: State) -> State:
        """One step on (B, F)."""
        return (torch.gru_cell(inputs, state[0], *self.net.all_weights[0]),)


Cell = VanillaRNN | LSTM | GRU | MinGRU | MinLSTM

CELLS: dict[str, Callable[[int, int], Cell]] = {
    "rnn": VanillaRNN,
    "lstm": LSTM,
    "gru": GRU,
    "mingru": MinGRU,
    "minlstm": MinLSTM,
}


def run(cell: Cell, inputs: Tensor, state: State) -> tuple[Tensor, State]:
    """Outputs (B, T, H) of a cell and its state after the last step, which is the last output but for the LSTM."""
    if isinstance(cell, LSTM):
        return cell.run(inputs, state)
    outputs = cell(inputs, state)
    return outputs, (outputs[:, -1],)
