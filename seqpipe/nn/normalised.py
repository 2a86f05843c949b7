"""LSTM and GRU with layer normalisation inside the cell (Ba, Kiros & Hinton 2016).

LN(a) = γ ⊙ (a − mean(a)) / √(var(a) + ε), over all sums of one side at once, so that W x_t and U h_{t−1} have the same
scale at every step, whatever the length of the sequence.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqpipe.nn.dropout import drop_weights
from seqpipe.nn.initial import bias, gate_bias, input_weights, recurrent_weights
from seqpipe.nn.state import State, Weights
from seqpipe.params.recurrent import RecurrentParams


def _scale(size: int) -> nn.Parameter:
    return nn.Parameter(torch.ones(size))


def _normalised(sums: Tensor, scale: Tensor) -> Tensor:
    return functional.layer_norm(sums, sums.shape[-1:], scale)


def _over_time(
    step: Callable[[Tensor, State, Tensor], State], projected: Tensor, state: State, U: Tensor
) -> tuple[Tensor, State]:
    outputs = []
    for sums in projected.unbind(1):
        state = step(sums, state, U)
        outputs.append(state[0])
    return torch.stack(outputs, dim=1), state


class LayerNormLSTM(nn.Module):
    """[i f g o]_t = LN(W x_t) + LN(U h_{t−1}) + b;  c_t = σ(f) ⊙ c_{t−1} + σ(i) ⊙ tanh(g);
    h_t = σ(o) ⊙ tanh(LN(c_t) + b_c)  (their equations 20 to 22)."""

    def __init__(self, inputs: int, params: RecurrentParams) -> None:
        super().__init__()
        hidden, initial, self.weight_drop = params.hidden, params.initial, params.weight_drop
        self.W = input_weights(4, hidden, inputs, initial.input)
        self.U = recurrent_weights(4, hidden, initial.recurrent or "orthogonal")
        self.b = gate_bias(4, hidden, initial, 1, 0, 1.0)
        self.b_c = bias(hidden)
        self.scale_W, self.scale_U, self.scale_c = _scale(4 * hidden), _scale(4 * hidden), _scale(hidden)

    def weights(self) -> Weights:
        """W and U; in training a share of U is dropped."""
        return self.W, drop_weights(self.U, self.weight_drop, self.training)

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        zeros = self.b.new_zeros(count, self.U.shape[1])
        return zeros, zeros

    def run(self, inputs: Tensor, state: State, weights: Weights | None = None) -> tuple[Tensor, State]:
        """h_1 … h_T (B, T, H) of inputs (B, T, F) from ``state``, and the state after the last step."""
        W, U = weights or self.weights()
        return _over_time(self._next, self._projected(inputs, W), state, U)

    def step(self, inputs: Tensor, state: State, weights: Weights | None = None) -> State:
        """One step on (B, F)."""
        W, U = weights or self.weights()
        return self._next(self._projected(inputs, W), state, U)

    def gates(self, inputs: Tensor, state: State) -> dict[str, Tensor]:
        """The activations (B, H) of one step's gates, by name."""
        i, f, g, o = self._sums(self._projected(inputs, self.W), state, self.U).chunk(4, dim=-1)
        return {"input": i.sigmoid(), "forget": f.sigmoid(), "output": o.sigmoid(), "candidate": g.tanh()}

    def _projected(self, inputs: Tensor, W: Tensor) -> Tensor:
        return _normalised(inputs @ W.t(), self.scale_W) + self.b

    def _sums(self, projected: Tensor, state: State, U: Tensor) -> Tensor:
        return projected + _normalised(state[0] @ U.t(), self.scale_U)

    def _next(self, projected: Tensor, state: State, U: Tensor) -> State:
        i, f, g, o = self._sums(projected, state, U).chunk(4, dim=-1)
        c = f.sigmoid() * state[1] + i.sigmoid() * g.tanh()
        return o.sigmoid() * torch.tanh(_normalised(c, self.scale_c) + self.b_c), c


class LayerNormGRU(nn.Module):
    """[r z n]_t = LN(W x_t) + b, [r' z' n']_t = LN(U h_{t−1}) + b';  r = σ(r + r'), z = σ(z + z'),
    n = tanh(n + r ⊙ n');  h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}, b' acting on n' alone, as in ``gru``."""

    def __init__(self, inputs: int, params: RecurrentParams) -> None:
        super().__init__()
        hidden, initial, self.weight_drop = params.hidden, params.initial, params.weight_drop
        self.W = input_weights(3, hidden, inputs, initial.input)
        self.U = recurrent_weights(3, hidden, initial.recurrent or "orthogonal")
        self.b = gate_bias(3, hidden, initial, 1)
        self.b_n = bias(hidden)
        self.scale_W, self.scale_U = _scale(3 * hidden), _scale(3 * hidden)

    def weights(self) -> Weights:
        """W and U; in training a share of U is dropped."""
        return self.W, drop_weights(self.U, self.weight_drop, self.training)

    def start(self, count: int) -> State:
        """The zero state for ``count`` rows."""
        return (self.b_n.new_zeros(count, self.U.shape[1]),)

    def run(self, inputs: Tensor, state: State, weights: Weights | None = None) -> tuple[Tensor, State]:
        """h_1 … h_T (B, T, H) of inputs (B, T, F) from ``state``, and the state after the last step."""
        W, U = weights or self.weights()
        return _over_time(self._next, self._projected(inputs, W), state, U)

    def step(self, inputs: Tensor, state: State, weights: Weights | None = None) -> State:
        """One step on (B, F)."""
        W, U = weights or self.weights()
        return self._next(self._projected(inputs, W), state, U)

    def gates(self, inputs: Tensor, state: State) -> dict[str, Tensor]:
        """The activations (B, H) of one step's gates, by name."""
        reset, update, candidate = self._gates(self._projected(inputs, self.W), state, self.U)
        return {"reset": reset, "update": update, "candidate": candidate}

    def _projected(self, inputs: Tensor, W: Tensor) -> Tensor:
        return _normalised(inputs @ W.t(), self.scale_W) + self.b

    def _gates(self, projected: Tensor, state: State, U: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        r, z, n = projected.chunk(3, dim=-1)
        u_r, u_z, u_n = _normalised(state[0] @ U.t(), self.scale_U).chunk(3, dim=-1)
        reset = torch.sigmoid(r + u_r)
        return reset, torch.sigmoid(z + u_z), torch.tanh(n + reset * (u_n + self.b_n))

    def _next(self, projected: Tensor, state: State, U: Tensor) -> State:
        _, z, n = self._gates(projected, state, U)
        return (torch.lerp(n, state[0], z),)
