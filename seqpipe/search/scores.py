"""What every token search shares: which tokens may come next, and how outputs of unequal length compare."""

from __future__ import annotations

import torch
from torch import Tensor

from seqpipe.features.tokens import BEGIN, END, PAD


def normalised(length: int, alpha: float) -> float:
    """The divisor ((5 + length) / 6)^α of a summed log-probability (Wu et al. 2016); ``length`` counts the end."""
    return float(((5 + length) / 6) ** alpha)


def allowed(log_probs: Tensor, last: bool) -> Tensor:
    """Log-probabilities (R, V) with −∞ for padding and begin, and, at the ``last`` step, for all but the end."""
    forbidden = torch.zeros(log_probs.shape[-1], dtype=torch.bool, device=log_probs.device)
    forbidden[[PAD, BEGIN]] = True
    if last:
        forbidden[:] = True
        forbidden[END] = False
    return log_probs.masked_fill(forbidden, -torch.inf)
