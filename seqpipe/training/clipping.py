"""Gradients kept small, so that one steep step does not undo the ones before (Pascanu et al. 2013)."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn


def by_norm(weights: list[nn.Parameter], limit: float) -> tuple[Tensor, Tensor]:
    """g ← min(1, δ/‖g‖) g, the norm over all weights together; the direction stays."""
    norm = nn.utils.clip_grad_norm_(weights, limit)
    return norm, norm > limit


def by_value(weights: list[nn.Parameter], limit: float) -> tuple[Tensor, Tensor]:
    """g_i ← max(−δ, min(δ, g_i)), each number on its own; the direction may change."""
    gradients = [weight.grad for weight in weights if weight.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    largest = torch.stack([gradient.abs().amax() for gradient in gradients]).amax()
    nn.utils.clip_grad_value_(weights, limit)
    return norm, largest > limit


CLIPS: dict[str, Callable[[list[nn.Parameter], float], tuple[Tensor, Tensor]]] = {"norm": by_norm, "value": by_value}
"""In place; give the global norm before clipping and whether anything was clipped, both scalars on the device."""
