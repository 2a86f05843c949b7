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

CACHED = 2**17
"""Numbers of a span, the steps that are worked on together: few enough to stay in the processor's cache."""
FEWEST = 8
"""Steps of a span at least: each adds to the gradient of all weights."""
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


def _spans(time: int, numbers: int) -> list[slice]:
    """The steps, of so many numbers each, in spans."""
    steps = max(FEWEST, CACHED // max(1, numbers))
    return [slice(first, min(first + steps, time)) for first in range(0, time, steps)]


def _steps(*tensors: Tensor) -> Iterator[tuple[Tensor, ...]]:
    """What each of the tensors (T, …) holds at a step, step by step."""
    return zip(*(tensor.unbind(0) for tensor in tensors), strict=True)


def _before(outputs: Tensor, start: Tensor, span: slice) -> Tensor:
    """h_{t−1} for the steps of ``span``."""
    return torch.cat([(outputs[span.start - 1] if span.start else start)[None], outputs[span.start : span.stop - 1]])


class _Rnn(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, start: Tensor, activation: str) -> Tensor:
        outputs, hidden, activate = _project(inputs, W, b), start, ACTIVATIONS[activation]
        across = U.t().contiguous()  # a product by rows is a third faster than one by columns
        for output in outputs.unbind(0):
            hidden = activate(output.addmm_(hidden, across))
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
        for span in reversed(_spans(len(outputs), start.numel())):
            steps = _steps(gradient[span], slopes(outputs[span]), d_projected[span])
            for given, slope, d_sum in reversed(list(steps)):
                d_hidden += given
                torch.mul(d_hidden, slope, out=d_sum)
                torch.mm(d_sum, U, out=d_hidden)
        flat = d_projected.flatten(0, 1)
        d_inputs = (flat @ W).view_as(inputs) if ctx.needs_input_grad[0] else None
        d_U = flat.t() @ _before(outputs, start, slice(0, len(outputs))).flatten(0, 1)
        return d_inputs, flat.t() @ inputs.flatten(0, 1), d_U, flat.sum(dim=0), d_hidden, None


class _Gru(torch.autograd.Function):
    """With u_t = U_n h_{t−1} + b'_n the four sums of a step lie side by side, (T, B, 4H), in the order n r z u.

    The first three are W x_t + b, the last three take U h_{t−1}: so each product is one, and so is its gradient. The
    gates take the place of their sums.
    """

    @staticmethod
    def forward(ctx: Any, inputs: Tensor, W: Tensor, U: Tensor, b: Tensor, b_n: Tensor, start: Tensor) -> Tensor:
        size, hidden = start.shape[1], start
        W_nrz, biases = W.roll(size, 0), torch.cat([b.roll(size), b_n])
        across = U.t().contiguous()  # a product by rows is a third faster than one by columns
        gates = W.new_empty(*inputs.shape[:2], 4 * size)
        outputs = W.new_empty(*inputs.shape[:2], size)
        for span in _spans(len(inputs), gates[0].numel()):
            part = gates[span].copy_(biases)
            part.flatten(0, 1)[:, : 3 * size].addmm_(inputs[span].flatten(0, 1), W_nrz.t())
            n_r_z_u = part.chunk(4, dim=-1)
            for rzu, rz, n, r, z, u, h in _steps(part[..., size:], part[..., size:-size], *n_r_z_u, outputs[span]):
                rzu.addmm_(hidden, across)
                rz.sigmoid_()
                n.addcmul_(r, u).tanh_()
                hidden = torch.lerp(n, hidden, z, out=h)
        ctx.save_for_backward(inputs, W_nrz, U, start, gates, outputs)
        return outputs

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs, W_nrz, U, start, gates, outputs = ctx.saved_tensors
        size = start.shape[1]
        d_inputs = torch.empty_like(inputs, memory_format=torch.contiguous_format) if ctx.needs_input_grad[0] else None
        d_W, d_U, d_biases = torch.zeros_like(W_nrz), torch.zeros_like(U), U.new_zeros(4 * size)
        d_hidden = torch.zeros_like(start)  # what later steps say of h_t
        for span in reversed(_spans(len(outputs), gates[0].numel())):
            before = _before(outputs, start, span)
            d_sums = _gru_slopes(gates[span], before)
            z = gates[span].chunk(4, dim=-1)[2]
            steps = _steps(gradient[span], z, d_sums.view(*before.shape[:2], 4, size), d_sums[..., size:])
            for given, z_t, d_nrzu, d_rzu in reversed(list(steps)):
                d_hidden += given
                d_nrzu *= d_hidden[:, None]
                d_hidden.mul_(z_t).addmm_(d_rzu, U)
            flat = d_sums.flatten(0, 1)
            d_W.addmm_(flat[:, : 3 * size].t(), inputs[span].flatten(0, 1))
            d_U.addmm_(flat[:, size:].t(), before.flatten(0, 1))
            d_biases += flat.sum(dim=0)
            if d_inputs is not None:
                torch.mm(flat[:, : 3 * size], W_nrz, out=d_inputs[span].flatten(0, 1))
        return d_inputs, d_W.roll(-size, 0), d_U, d_biases[:-size].roll(-size), d_biases[-size:], d_hidden


def _gru_slopes(gates: Tensor, before: Tensor) -> Tensor:
    """∂h_t/∂(the sums n, r, z and u of step t), (T, B, 4H), from the gates and h_{t−1}."""
    slopes = torch.empty_like(gates)
    n, r, z, u = gates.chunk(4, dim=-1)
    d_n, d_r, d_z, d_u = slopes.chunk(4, dim=-1)
    new = 1 - z
    torch.mul(n, n, out=d_n).neg_().add_(1).mul_(new)  # (1 − z)(1 − n²)
    torch.mul(d_n, r, out=d_u)
    torch.neg(r, out=d_r).add_(1).mul_(d_u).mul_(u)  # d_n u r (1 − r)
    torch.sub(before, n, out=d_z).mul_(z).mul_(new)  # (h_{t−1} − n) z (1 − z)
    return slopes
