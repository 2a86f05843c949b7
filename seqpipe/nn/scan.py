"""The linear recurrence h_t = a_t ⊙ h_{t−1} + b_t over a whole sequence, with its gradient.

Its gradient is the same recurrence backwards: with g_t = ∂loss/∂h_t through later outputs alone,
δ_t = g_t + a_{t+1} ⊙ δ_{t+1},  ∂loss/∂b_t = δ_t,  ∂loss/∂a_t = δ_t ⊙ h_{t−1}.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


def linear_recurrence(decay: Tensor, inputs: Tensor, start: Tensor) -> Tensor:
    """h_1 … h_T, (T, B, H), from ``decay`` a and ``inputs`` b, both (T, B, H), and ``start`` h_0 (B, H)."""
    return _Recurrence.apply(decay, inputs, start)  # type: ignore[no-any-return, no-untyped-call]


def by_steps(decay: Tensor, inputs: Tensor, start: Tensor) -> Tensor:
    """One step after the other: T small products, the least work; for CPUs."""
    outputs = torch.empty_like(inputs)
    hidden = start
    for a, b, out in zip(decay.unbind(0), inputs.unbind(0), outputs.unbind(0), strict=True):
        hidden = torch.addcmul(b, a, hidden, out=out)
    return outputs


def by_doubling(decay: Tensor, inputs: Tensor, start: Tensor) -> Tensor:
    """All steps at once in ⌈log₂ T⌉ rounds (Hillis & Steele 1986): more work, but parallel; for GPUs.

    After round k, (a, b)_t stands for the 2^k steps up to t: (a, b)_t ← (a_t a_s, b_t + a_t b_s) with s = t − 2^k.
    """
    inputs = torch.cat([torch.addcmul(inputs[:1], decay[:1], start[None]), inputs[1:]])
    reach = 1
    while reach < len(inputs):
        later = torch.addcmul(inputs[reach:], decay[reach:], inputs[:-reach])
        decay = torch.cat([decay[:reach], decay[reach:] * decay[:-reach]])
        inputs = torch.cat([inputs[:reach], later])
        reach *= 2
    return inputs


class _Recurrence(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, decay: Tensor, inputs: Tensor, start: Tensor) -> Tensor:
        run = by_doubling if inputs.is_cuda else by_steps
        outputs = run(decay, inputs, start)
        ctx.save_for_backward(decay, outputs, start)
        return outputs

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        decay, outputs, start = ctx.saved_tensors
        run = by_doubling if outputs.is_cuda else by_steps
        # backwards in time: δ_t = g_t + a_{t+1} δ_{t+1}, the last a is nobody's
        later = torch.cat([decay[1:].flip(0).new_zeros(1, *start.shape), decay[1:].flip(0)])
        delta = run(later, gradient.flip(0), torch.zeros_like(start)).flip(0)
        before = torch.cat([start[None], outputs[:-1]])  # h_{t−1}
        return delta * before, delta, delta[0] * decay[0]
