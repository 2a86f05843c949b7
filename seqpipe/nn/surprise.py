"""Cross entropy of an output layer as one differentiable function, which never holds the logits of a whole batch.

With a vocabulary of thousands the logits (N, V), their softmax and both gradients are the largest arrays of training,
and most of its time goes into them. Here a few rows at a time stay in the processor's cache: their gradient
∂ℓ_n/∂z_nv = p_nv − q_nv is known as soon as their logits are, so it goes into the sums for the weights at once.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from seqpipe.padded import Padded

CACHED = 1 << 18
"""Logits that fit into the processor's cache: one megabyte."""
FEWEST = 128
"""Rows held at a time even where they do not fit: fewer would read and write the weights' gradient too often."""


def surprise(inputs: Tensor, weight: Tensor, bias: Tensor, labels: Tensor, smoothing: float = 0.0) -> Tensor:
    """ℓ_n = −Σ_v q_nv log p_nv, (N,), with p = softmax(W x + b) for inputs (N, H), weights (V, H), biases (V,).

    q_n is 1 − ε at label n and ε / V everywhere besides (Szegedy et al. 2016), ε being ``smoothing``. Where all
    logits fit into the cache, on a GPU and in mixed precision, torch's own functions do it.
    """
    if inputs.device.type != "cpu" or torch.is_autocast_enabled("cpu") or len(inputs) * len(weight) <= CACHED:
        return _plain(inputs, weight, bias, labels, smoothing)
    return _Surprise.apply(inputs, weight, bias, labels, smoothing, torch.is_grad_enabled())  # type: ignore[no-any-return, no-untyped-call]


def surprise_on_data(inputs: Tensor, weight: Tensor, bias: Tensor, labels: Padded, smoothing: float = 0.0) -> Tensor:
    """The same for inputs (B, T, H) and labels (B, T): ℓ (B, T), zero on padding, which costs nothing on a CPU.

    On a GPU it is computed and left out: to pick rows, the CPU would have to wait for the mask.
    """
    mask = labels.mask()
    if inputs.device.type != "cpu":
        return surprise(inputs.flatten(0, 1), weight, bias, labels.data.flatten(), smoothing).view_as(mask) * mask
    losses = surprise(inputs[mask], weight, bias, labels.data[mask], smoothing)
    return losses.new_zeros(mask.shape).masked_scatter(mask, losses)


def _plain(inputs: Tensor, weight: Tensor, bias: Tensor, labels: Tensor, smoothing: float) -> Tensor:
    logits = functional.linear(inputs, weight, bias)
    return functional.cross_entropy(logits, labels, reduction="none", label_smoothing=smoothing)


class _Surprise(torch.autograd.Function):
    """Gradients for Σ_n ℓ_n are made on the way forward; backward scales them."""

    @staticmethod
    def forward(
        context: Any, inputs: Tensor, weight: Tensor, bias: Tensor, labels: Tensor, smoothing: float, learns: bool
    ) -> Tensor:
        losses = inputs.new_empty(len(inputs))
        gradients = (torch.empty_like(inputs), torch.zeros_like(weight), torch.zeros_like(bias)) if learns else None
        rows = max(FEWEST, CACHED // len(weight))
        for start in range(0, len(inputs), rows):
            part = slice(start, start + rows)
            logits = torch.addmm(bias, inputs[part], weight.t())  # z
            chosen = labels[part, None]
            losses[part] = _losses(logits, chosen, smoothing)
            if gradients:
                _add(gradients, part, logits, inputs[part], weight, chosen, smoothing)
        if gradients:
            context.save_for_backward(inputs, weight, bias, labels, *gradients)
            context.smoothing = smoothing
        return losses

    @staticmethod
    @once_differentiable
    def backward(context: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        inputs, weight, bias, labels, *gradients = context.saved_tensors
        if not len(gradient) or gradient.min() == gradient.max():  # a mean or a sum, as in training
            scale = gradient[:1].sum()
            return *(part * scale for part in gradients), None, None, None
        inputs, weight, bias = (part.detach().requires_grad_() for part in (inputs, weight, bias))
        with torch.enable_grad():
            losses = _plain(inputs, weight, bias, labels, context.smoothing)
        return *torch.autograd.grad(losses, [inputs, weight, bias], gradient), None, None, None


def _losses(logits: Tensor, chosen: Tensor, smoothing: float) -> Tensor:
    """ℓ (n,) of logits (n, V), which become log p: log Σ_v e^z_v less the mean of z under q."""
    logits -= torch.logsumexp(logits, dim=1, keepdim=True)
    losses = -(1 - smoothing) * logits.gather(1, chosen)[:, 0]
    return losses - smoothing * logits.mean(dim=1) if smoothing else losses


def _add(
    gradients: tuple[Tensor, Tensor, Tensor],
    part: slice,
    log_p: Tensor,
    inputs: Tensor,
    weight: Tensor,
    chosen: Tensor,
    smoothing: float,
) -> None:
    """Gradients of the rows ``part``, from log p (n, V), which becomes p − q."""
    difference = log_p.exp_()
    if smoothing:
        difference -= smoothing / len(weight)
    difference.scatter_add_(1, chosen, difference.new_full(chosen.shape, smoothing - 1))
    gradients[0][part] = difference @ weight
    gradients[1].addmm_(difference.t(), inputs)
    gradients[2].add_(difference.sum(dim=0))
