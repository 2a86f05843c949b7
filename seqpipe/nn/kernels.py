"""Recurrences over whole sequences as single differentiable functions: the vanilla RNN and the GRU, on any device.

Automatic differentiation would record every small product of every step. Here the loop forward keeps what it has to,
and the loop backward computes one product a step; weights get their gradient for many steps at once. Legend: T time,
B batch, F inputs, H hidden; W input weights, U recurrent weights, as in the cells' equations.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

STEPS = 16
"""Steps whose gates are differentiated together: few enough to stay in the processor's cache."""
LEAK = 0.01
"""Slope of the leaky ReLU below zero."""

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh_,
    "relu": torch.relu_,
    "leaky-relu": lambda a: functional.leaky_relu_(a, LEAK),
}
"""In place, by name."""
SLOPES: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": lambda h: 1 - h * h,
    "relu": lambda h: (h > 0).to(h.dtype),
    "leaky-relu": lambda h: torch.ones_like(h).masked_fill_(h <= 0, LEAK),
}
"""The activation's derivative, from its value."""


def rnn(inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, start: Tensor, activation: str) -> Tensor:
    """h_t = φ(W x_t + U h_{t−1} + b): (T, B, H) from inputs (T, B, F), W (H, F), U (H, H), b (H,), start (B, H)."""
    return _Rnn.apply(inputs, W, U, b, start, activation)  # type: ignore[no-any-return, no-untyped-call]


def gru(inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, b_n: Tensor, start: Tensor) -> Tensor:
    """h_t of the GRU, (T, B, H), from inputs (T, B, F), W (3H, F), U (3H, H), b (3H,), b_n (H,), start (B, H).

    Gates in the order r, z, n: r = σ(W_r x + U_r h + b_r), z = σ(W_z x + U_z h + b_z),
    n = tanh(W_n x + b_n + r ⊙ (U_n h + b'_n)), h ← (1 − z) ⊙ n + z ⊙ h. ``b_n`` is b'_n, the part inside the reset.
    """
    return _Gru.apply(inputs, W, U, b, b_n, start)  # type: ignore[no-any-return, no-untyped-call]


def _project(inputs: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """W x_t + b for all steps: (T, B, G)."""
    return torch.addmm(b, inputs.flatten(0, 1), W.t()).view(*inputs.shape[:2], len(b))


def _spans(time: int) -> Iterator[tuple[int, int]]:
    """The steps in groups, the last group first."""
    for end in range(time, 0, -STEPS):
        yield max(0, end - STEPS), end


def _before(outputs: Tensor, start: Tensor, first: int, end: int) -> Tensor:
    """h_{t−1} for the steps from ``first`` to ``end``."""
    return torch.cat([(outputs[first - 1] if first else start)[None], outputs[first : end - 1]])


class _Rnn(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, start: Tensor, activation: str) -> Tensor:
        outputs, hidden, activate = _project(inputs, W, b), start, ACTIVATIONS[activation]
        for output in outputs.unbind(0):
            hidden = activate(output.addmm_(hidden, U.t()))
        ctx.activation = activation
        ctx.save_for_backward(inputs, W, U, start, outputs)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs, W, U, start, outputs = ctx.saved_tensors
        slopes = SLOPES[ctx.activation]
        d_projected = torch.empty_like(outputs)  # ∂loss/∂(W x_t + U h_{t−1} + b)
        d_hidden = torch.zeros_like(start)  # what later steps say of h_t
        for first, end in _spans(len(outputs)):
            slope = slopes(outputs[first:end])
            for t in range(end - 1, first - 1, -1):
                d_hidden += gradient[t]
                torch.mul(d_hidden, slope[t - first], out=d_projected[t])
                torch.mm(d_projected[t], U, out=d_hidden)
        d_U = d_projected.flatten(0, 1).t() @ _before(outputs, start, 0, len(outputs)).flatten(0, 1)
        d_inputs, d_W, d_b = _through_projection(ctx, d_projected, inputs, W)
        return d_inputs, d_W, d_U, d_b, d_hidden, None


class _Gru(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, b_n: Tensor, start: Tensor) -> Tensor:
        gates = _project(inputs, W, b)  # becomes r, z, n, (T, B, 3H)
        size, hidden = start.shape[1], start
        U_rz, U_n = U[: 2 * size].t(), U[2 * size :].t()
        inner = gates.new_empty(*gates.shape[:2], size)  # U_n h_{t−1} + b'_n
        outputs = torch.empty_like(inner)
        steps = (gates[..., : 2 * size], *gates.chunk(3, dim=-1), inner, outputs)
        for rz, r, z, n, u, h in zip(*(part.unbind(0) for part in steps), strict=True):
            rz.addmm_(hidden, U_rz).sigmoid_()
            torch.mm(hidden, U_n, out=u).add_(b_n)
            n.addcmul_(r, u).tanh_()
            hidden = torch.lerp(n, hidden, z, out=h)
        ctx.save_for_backward(inputs, W, U, start, gates, inner, outputs)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs, W, U, start, gates, inner, outputs = ctx.saved_tensors
        d_projected, d_U, d_hidden = torch.empty_like(gates), torch.zeros_like(U), torch.zeros_like(start)
        d_b_n = torch.zeros_like(start[0])
        for first, end in _spans(len(outputs)):
            before = _before(outputs, start, first, end)
            candidate, factors = _gru_factors(gates[first:end], inner[first:end], before)
            d_outputs = torch.empty_like(before)
            steps = (d_outputs, gradient[first:end], factors, factors.flatten(2), gates[first:end].chunk(3, dim=-1)[1])
            for total, given, factor, flat, z in reversed(list(zip(*(part.unbind(0) for part in steps), strict=True))):
                torch.add(d_hidden, given, out=total)
                factor *= total[:, None]
                torch.mul(total, z, out=d_hidden).addmm_(flat, U)
            d_r, d_z, d_inner = factors.unbind(2)
            d_projected[first:end] = torch.cat([d_r, d_z, d_outputs * candidate], dim=-1)
            d_U.addmm_(factors.flatten(2).flatten(0, 1).t(), before.flatten(0, 1))
            d_b_n += d_inner.sum(dim=(0, 1))
        d_inputs, d_W, d_b = _through_projection(ctx, d_projected, inputs, W)
        return d_inputs, d_W, d_U, d_b, d_b_n, d_hidden


def _gru_factors(gates: Tensor, inner: Tensor, before: Tensor) -> tuple[Tensor, Tensor]:
    """∂h_t/∂(sum inside tanh), (T, B, H), and ∂h_t/∂(sum inside σ of r, of z; U_n h + b'_n), (T, B, 3, H)."""
    r, z, n = gates.chunk(3, dim=-1)
    candidate = (1 - n * n).mul_(1 - z)
    factors = torch.stack([inner, before - n, r], dim=2)
    factors[:, :, 0] *= candidate * r * (1 - r)
    factors[:, :, 1] *= z * (1 - z)
    factors[:, :, 2] *= candidate
    return candidate, factors


def _through_projection(
    ctx: Any, d_projected: Tensor, inputs: Tensor, W: Tensor
) -> tuple[Tensor | None, Tensor, Tensor]:
    """∂loss/∂(inputs, W, b) of W x_t + b, all steps at once."""
    flat = d_projected.flatten(0, 1)
    d_inputs = (flat @ W).view_as(inputs) if ctx.needs_input_grad[0] else None
    return d_inputs, flat.t() @ inputs.flatten(0, 1), flat.sum(dim=0)
