"""minGRU and minLSTM (Feng et al. 2024): gates that do not look at the hidden state, so that time runs in parallel.

Both have the interface of the cells in ``cells``; the whole sequence is one linear recurrence (``scan``).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqpipe.nn.scan import linear_recurrence

State = tuple[Tensor, ...]


class MinGRU(nn.Module):
    """z_t = σ(W_z x_t + b_z);  h̃_t = W_h x_t + b_h;  h_t = (1 − z_t) ⊙ h_{t−1} + z_t ⊙ h̃_t."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.gates = nn.Linear(inputs, 2 * hidden)
        nn.init.xavier_uniform_(self.gates.weight)
        nn.init.zeros_(self.gates.bias)

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        return (self.gates.weight.new_zeros(count, self.hidden),)

    def forward(self, inputs: Tensor, state: State) -> Tensor:
        """Run over (B, T, F) from ``state``; gives h_1 … h_T, (B, T, H)."""
        decay, new = self._parts(inputs.transpose(0, 1))
        return linear_recurrence(decay, new, state[0]).transpose(0, 1)

    def step(self, inputs: Tensor, state: State) -> State:
        """One step on (B, F)."""
        decay, new = self._parts(inputs)
        return (torch.addcmul(new, decay, state[0]),)

    def _parts(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """1 − z and z ⊙ h̃."""
        update, candidate = self.gates(inputs).chunk(2, dim=-1)
        z = torch.sigmoid(update)
        return 1 - z, z * candidate


class MinLSTM(nn.Module):
    """f_t = σ(W_f x_t + b_f);  i_t = σ(W_i x_t + b_i);  h̃_t = W_h x_t + b_h;
    h_t = f_t / (f_t + i_t) ⊙ h_{t−1} + i_t / (f_t + i_t) ⊙ h̃_t: shares that add up to one."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        self.hidden = hidden
        self.gates = nn.Linear(inputs, 3 * hidden)
        nn.init.xavier_uniform_(self.gates.weight)
        nn.init.zeros_(self.gates.bias)
        nn.init.ones_(self.gates.bias.data[:hidden])  # the forget gate starts open

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        return (self.gates.weight.new_zeros(count, self.hidden),)

    def forward(self, inputs: Tensor, state: State) -> Tensor:
        """Run over (B, T, F) from ``state``; gives h_1 … h_T, (B, T, H)."""
        decay, new = self._parts(inputs.transpose(0, 1))
        return linear_recurrence(decay, new, state[0]).transpose(0, 1)

    def step(self, inputs: Tensor, state: State) -> State:
        """One step on (B, F)."""
        decay, new = self._parts(inputs)
        return (torch.addcmul(new, decay, state[0]),)

    def _parts(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """f / (f + i) and i / (f + i) ⊙ h̃."""
        forget, update, candidate = self.gates(inputs).chunk(3, dim=-1)
        f, i = torch.sigmoid(forget), torch.sigmoid(update)
        return f / (f + i), i / (f + i) * candidate
