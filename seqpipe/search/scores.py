"""What every token search shares: which tokens may come next, and how outputs of unequal length compare."""

from __future__ import annotations

import torch
from torch import Tensor

from seqpipe.features.tokens import BEGIN, END, PAD, UNKNOWN


def normalised(length: int, alpha: float) -> float:
    """The divisor ((5 + length) / 6)^α of a summed log-probability (Wu et al. 2016); ``length`` counts the end."""
    return float(((5 + length) / 6) ** alpha)


def allowed(log_probs: Tensor, last: bool) -> Tensor:
    """Log-probabilities (R, V) with −∞ for padding, begin and the unknown token, which no output has, and, at the
    ``last`` step, for all but the end. The others keep what the model gives them."""
    forbidden = torch.zeros(log_probs.shape[-1], dtype=torch.bool, device=log_probs.device)
    forbidden[[PAD, BEGIN, UNKNOWN]] = True
    if last:
        forbidden[:] = True
        forbidden[END] = False
    return log_probs.masked_fill(forbidden, -torch.inf)


def labels_only(log_probs: Tensor) -> Tensor:
    """Log-probabilities (…, V) of CTC with −∞ for begin, end and the unknown token: a blank or a label is left.

    The model does without this: an unknown label of the validation split must not make its loss infinite.
    """
    return log_probs.index_fill(-1, torch.tensor([UNKNOWN, BEGIN, END], device=log_probs.device), -torch.inf)
