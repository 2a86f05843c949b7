"""minGRU and minLSTM (Feng et al. 2024): gates that do not look at the hidden state, so that time runs in parallel.

Both have the interface of the other cells; the whole sequence is one linear recurrence (``scan``).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqpipe.nn.initial import gate_bias, input_weights
from seqpipe.nn.scan import linear_recurrence
from seqpipe.nn.state import State, Weights
from seqpipe.params.recurrent import RecurrentParams


def _over_time(decay: Tensor, new: Tensor, state: State) -> tuple[Tensor, State]:
    """h_t = a_t ⊙ h_{t−1} + b_t over (B, T, H), and the last."""
    outputs = linear_recurrence(decay.transpose(0, 1), new.transpose(0, 1), state[0])
    return outputs.transpose(0, 1), (outputs[-1],)


def _share(f: Tensor, i: Tensor) -> Tensor:
    """σ(f) / (σ(f) + σ(i)) = σ(log σ(f) − log σ(i)), which is a number even where both are zero."""
    return torch.sigmoid(functional.logsigmoid(f) - functional.logsigmoid(i))


class MinGRU(nn.Module):
    """z_t = σ(W_z x_t + b_z);  h̃_t = W_h x_t + b_h;  h_t = (1 − z_t) ⊙ h_{t−1} + z_t ⊙ h̃_t."""

    def __init__(self, inputs: int, params: RecurrentParams) -> None:
        super().__init__()
        self.W = input_weights(2, params.hidden, inputs, params.initial.input)
        self.b = gate_bias(2, params.hidden, params.initial, None, 0)  # 1 − z keeps the old state

    def weights(self) -> Weights:
        """W and b."""
        return self.W, self.b

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        return (self.b.new_zeros(count, len(self.b) // 2),)

    def run(self, inputs: Tensor, state: State, weights: Weights | None = None) -> tuple[Tensor, State]:
        """h_1 … h_T (B, T, H) of inputs (B, T, F) from ``state``, and the state after the last step."""
        z, candidate = self._parts(inputs)
        return _over_time(1 - z, z * candidate, state)

    def step(self, inputs: Tensor, state: State, weights: Weights | None = None) -> State:
        """One step on (B, F)."""
        z, candidate = self._parts(inputs)
        return (torch.lerp(state[0], candidate, z),)

    def gates(self, inputs: Tensor, state: State) -> dict[str, Tensor]:
        """The activations (B, H) of one step's gates, by name."""
        z, candidate = self._parts(inputs)
        return {"update": z, "candidate": candidate}

    def _parts(self, inputs: Tensor) -> tuple[Tensor, Tensor]:
        """z and h̃."""
        update, candidate = (inputs @ self.W.t() + self.b).chunk(2, dim=-1)
        return torch.sigmoid(update), candidate


class MinLSTM(nn.Module):
    """f_t = σ(W_f x_t + b_f);  i_t = σ(W_i x_t + b_i);  h̃_t = W_h x_t + b_h;
    h_t = f_t / (f_t + i_t) ⊙ h_{t−1} + i_t / (f_t + i_t) ⊙ h̃_t: shares that add up to one."""

    def __init__(self, inputs: int, params: RecurrentParams) -> None:
        super().__init__()
        initial = params.initial
        self.W = input_weights(3, params.hidden, inputs, initial.input)
        self.b = gate_bias(3, params.hidden, initial, 0, 1, 1.0)

    def weights(self) -> Weights:
        """W and b."""
        return self.W, self.b

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        return (self.b.new_zeros(count, len(self.b) // 3),)

    def run(self, inputs: Tensor, state: State, weights: Weights | None = None) -> tuple[Tensor, State]:
        """h_1 … h_T (B, T, H) of inputs (B, T, F) from ``state``, and the state after the last step."""
        f, i, candidate = self._parts(inputs)
        kept = _share(f, i)
        return _over_time(kept, (1 - kept) * candidate, state)

    def step(self, inputs: Tensor, state: State, weights: Weights | None = None) -> State:
        """One step on (B, F)."""
        f, i, candidate = self._parts(inputs)
        return (torch.lerp(candidate, state[0], _share(f, i)),)

    def gates(self, inputs: Tensor, state: State) -> dict[str, Tensor]:
        """The activations (B, H) of one step's gates, by name."""
        f, i, candidate = self._parts(inputs)
        return {"forget": f.sigmoid(), "input": i.sigmoid(), "candidate": candidate}

    def _parts(self, inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The sums inside σ of f and of i, and h̃."""
        f, i, candidate = (inputs @ self.W.t() + self.b).chunk(3, dim=-1)
        return f, i, candidate
