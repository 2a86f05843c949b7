"""Pooling: one vector from a sequence of states, whatever its length.

Each reads the outputs of an encoder, (B, T, H), and its summary, (B, H); padding never reaches the vector, and that of
an empty sequence is zero but for ``last``.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from seqpipe.padded import Padded


class Last(nn.Module):
    """What each direction of the encoder knows after its last step."""

    def __init__(self, size: int) -> None:
        super().__init__()

    def forward(self, outputs: Padded, summary: Tensor) -> Tensor:
        """(B, H)."""
        return summary


class Mean(nn.Module):
    """p = (1/T) Σ_t h_t."""

    def __init__(self, size: int) -> None:
        super().__init__()

    def forward(self, outputs: Padded, summary: Tensor) -> Tensor:
        """(B, H)."""
        return outputs.zeroed().data.sum(dim=1) / outputs.lengths.clamp(min=1)[:, None]


class Max(nn.Module):
    """p_i = max_t h_{t,i}: did a unit answer anywhere?"""

    def __init__(self, size: int) -> None:
        super().__init__()

    def forward(self, outputs: Padded, summary: Tensor) -> Tensor:
        """(B, H)."""
        padding = ~outputs.mask()[:, :, None]
        most = outputs.data.masked_fill(padding, -torch.inf).amax(dim=1)
        return most.masked_fill((outputs.lengths == 0)[:, None], 0)


class Attention(nn.Module):
    """α_t = softmax_t vᵀ tanh(W h_t + b);  p = Σ_t α_t h_t  (Yang et al. 2016)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(size, size)
        self.score = nn.Linear(size, 1, bias=False)

    def weights(self, outputs: Padded) -> Tensor:
        """α (B, T); zero on padding."""
        mask = outputs.mask()
        scores: Tensor = self.score(torch.tanh(self.hidden(outputs.data))).squeeze(-1)  # (B, T)
        lowest = torch.finfo(scores.dtype).min  # not −∞: a row of nothing but padding would be NaN
        return torch.softmax(scores.masked_fill(~mask, lowest), dim=1) * mask

    def forward(self, outputs: Padded, summary: Tensor) -> Tensor:
        """(B, H)."""
        outputs = outputs.zeroed()
        return (self.weights(outputs)[:, None] @ outputs.data).squeeze(1)


POOLINGS: dict[str, Callable[[int], nn.Module]] = {"last": Last, "mean": Mean, "max": Max, "attention": Attention}
"""By name; called with the size of the encoder's outputs."""
