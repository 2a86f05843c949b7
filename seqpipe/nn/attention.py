"""Attention: how a decoder weighs the encoder's outputs.

α_{t,s} = softmax_s score(q_t, k_s),  c_t = Σ_s α_{t,s} v_s, with padding given no weight. All queries of a target are
scored in one batched product.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn


class Memory(NamedTuple):
    """What is attended to: ``keys`` (B, S, K), ``values`` (B, S, H), ``mask`` (B, S) true on data."""

    keys: Tensor
    values: Tensor
    mask: Tensor


class Dot(nn.Module):
    """score = qᵀ k  (Luong et al. 2015)."""

    def __init__(self, size: int) -> None:
        super().__init__()

    def keys(self, values: Tensor) -> Tensor:
        """The values themselves."""
        return values

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores (B, T, S)."""
        return query @ keys.mT


class Scaled(nn.Module):
    """score = qᵀ k / √H  (Vaswani et al. 2017)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.scale = 1 / math.sqrt(size)

    def keys(self, values: Tensor) -> Tensor:
        """The values, scaled."""
        return values * self.scale

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores (B, T, S)."""
        return query @ keys.mT


class General(nn.Module):
    """score = qᵀ W k  (Luong et al. 2015)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Linear(size, size, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        """W k, once for all queries."""
        return self.weight(values)  # type: ignore[no-any-return]

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores (B, T, S)."""
        return query @ keys.mT


class Additive(nn.Module):
    """score = vᵀ tanh(W q + U k)  (Bahdanau et al. 2015)."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.query = nn.Linear(size, size)
        self.key = nn.Linear(size, size, bias=False)
        self.score = nn.Linear(size, 1, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        """U k, once for all queries."""
        return self.key(values)  # type: ignore[no-any-return]

    def forward(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores (B, T, S)."""
        return self.score(torch.tanh(self.query(query)[:, :, None] + keys[:, None])).squeeze(-1)  # type: ignore[no-any-return]


Score = Dot | Scaled | General | Additive

SCORES: dict[str, Callable[[int], Score]] = {"dot": Dot, "scaled": Scaled, "general": General, "additive": Additive}


def weights(score: Score, query: Tensor, memory: Memory) -> Tensor:
    """α (B, T, S) for queries (B, T, H); zero on padding."""
    scores = score(query, memory.keys).masked_fill(~memory.mask[:, None], -torch.inf)
    return torch.softmax(scores, dim=-1)
