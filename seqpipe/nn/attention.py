"""Attention: how a decoder weighs the encoder's outputs.

α_{t,s} = softmax_s score(q_t, k_s),  c_t = Σ_s α_{t,s} v_s, with padding given no weight. All queries of a sentence,
the steps of a target or the hypotheses of a search, are scored in one batched product; only a score that is ``by_step``
must know where the step before looked, α_{t−1}.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

BLOCK = 2**20
"""Numbers that additive attention makes at a time: small blocks stay in the processor's caches (twice as fast)."""
LARGEST = 2**27
"""Numbers that it keeps for the gradient (half a GB); more are made again instead, which takes about twice as long."""
FILTERS, WIDTH = 10, 31
"""Of location-aware attention: filters, and how many places each spans (half of them on either side)."""


class Memory(NamedTuple):
    """What is attended to: ``keys`` (B, S, K), ``values`` (B, S, H), ``mask`` (B, S) true on data."""

    keys: Tensor
    values: Tensor
    mask: Tensor

    def select(self, sentences: Tensor) -> Memory:
        """The memory of ``sentences`` (B',), in that order."""
        values = self.values.index_select(0, sentences)
        keys = values if self.keys is self.values else self.keys.index_select(0, sentences)
        return Memory(keys, values, self.mask.index_select(0, sentences))


class Dot(nn.Module):
    """score = qᵀ k  (Luong et al. 2015)."""

    by_step = False

    def __init__(self, size: int) -> None:
        super().__init__()

    def keys(self, values: Tensor) -> Tensor:
        """The values themselves."""
        return values

    def forward(self, query: Tensor, keys: Tensor, before: Tensor) -> Tensor:
        """Scores (B, T, S)."""
        return query @ keys.mT


class Scaled(nn.Module):
    """score = qᵀ k / √H  (Vaswani et al. 2017)."""

    by_step = False

    def __init__(self, size: int) -> None:
        super().__init__()
        self.scale = 1 / math.sqrt(size)

    def keys(self, values: Tensor) -> Tensor:
        """The values, scaled."""
        return values * self.scale

    def forward(self, query: Tensor, keys: Tensor, before: Tensor) -> Tensor:
        """Scores (B, T, S)."""
        return query @ keys.mT


class General(nn.Module):
    """score = qᵀ W k  (Luong et al. 2015)."""

    by_step = False

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Linear(size, size, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        """W k, once for all queries."""
        return self.weight(values)  # type: ignore[no-any-return]

    def forward(self, query: Tensor, keys: Tensor, before: Tensor) -> Tensor:
        """Scores (B, T, S)."""
        return query @ keys.mT


class Additive(nn.Module):
    """score = vᵀ tanh(W q + U k)  (Bahdanau et al. 2015).

    The only score with B · T · S · H numbers inside; they are made for a few queries at a time, and made again for the
    gradient where they are too many to keep.
    """

    by_step = False

    def __init__(self, size: int) -> None:
        super().__init__()
        self.query = nn.Linear(size, size)
        self.key = nn.Linear(size, size, bias=False)
        self.score = nn.Linear(size, 1, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        """U k, once for all queries."""
        return self.key(values)  # type: ignore[no-any-return]

    def forward(self, query: Tensor, keys: Tensor, before: Tensor) -> Tensor:
        """Scores (B, T, S)."""
        block = max(1, BLOCK // keys.numel())  # queries
        many = torch.is_grad_enabled() and query.shape[1] * keys.numel() > LARGEST
        some = self._again if many else self.scored
        return torch.cat([some(part, keys[:, None]) for part in self.query(query).split(block, dim=1)], dim=1)

    def scored(self, query: Tensor, keys: Tensor) -> Tensor:
        """Scores (B, T, S) of W q (B, T, H) and U k (B, T, S, H), or (B, 1, S, H) where all queries have the same."""
        return self.score(torch.tanh(query[:, :, None] + keys)).squeeze(-1)  # type: ignore[no-any-return]

    def _again(self, query: Tensor, keys: Tensor) -> Tensor:
        return checkpoint(self.scored, query, keys, use_reentrant=False)  # type: ignore[no-any-return]


class Location(nn.Module):
    """score = vᵀ tanh(W q + U k + F f_t),  f_t = Q ∗ α_{t−1}  (Chorowski et al. 2015, their convolutional features).

    The filters Q read where the step before looked, so the next place can be found by its distance and not by its
    content alone; at the first step α_0 = 0. ``before`` is zero on padding, so more of it changes nothing.
    """

    by_step = True

    def __init__(self, size: int) -> None:
        super().__init__()
        self.content = Additive(size)
        self.filters = nn.Conv1d(1, FILTERS, WIDTH, padding=WIDTH // 2, bias=False)
        self.place = nn.Linear(FILTERS, size, bias=False)

    def keys(self, values: Tensor) -> Tensor:
        """U k, once for all queries."""
        return self.content.keys(values)

    def forward(self, query: Tensor, keys: Tensor, before: Tensor) -> Tensor:
        """Scores (B, T, S) of queries (B, T, H), each after its own weights ``before`` (B, T, S)."""
        assert query.shape[1] == before.shape[1], "each query needs the weights of the one before"
        features = self.filters(before.flatten(0, 1)[:, None]).mT  # f_t, (B T, S, filters)
        places = self.place(features).unflatten(0, before.shape[:2])  # (B, T, S, H)
        return self.content.scored(self.content.query(query), keys[:, None] + places)


Score = Dot | Scaled | General | Additive | Location

SCORES: dict[str, Callable[[int], Score]] = {
    "dot": Dot,
    "scaled": Scaled,
    "general": General,
    "additive": Additive,
    "location": Location,
}


def weights(score: Score, query: Tensor, memory: Memory, before: Tensor) -> Tensor:
    """α (B, T, S) for queries (B, T, H), zero on padding; ``before`` (B, T, S), which only scores that are ``by_step``
    read, is α of the step before each query."""
    scores = score(query, memory.keys, before).masked_fill(~memory.mask[:, None], -torch.inf)
    return torch.softmax(scores, dim=-1)
