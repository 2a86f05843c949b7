"""Vectors of tokens: learned, or unit vectors; with embedding dropout.

Legend: B sequences, T time, V vocabulary, E numbers of a vector.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqpipe.params.models import TokenInput


class Learned(nn.Module):
    """A learned vector for every token: row w of E (V, E), which starts from N(0, 1)."""

    def __init__(self, vocabulary: int, size: int, params: TokenInput) -> None:
        super().__init__()
        self.size, self.dropout = size, params.embedding_dropout
        self.weight = nn.Parameter(torch.empty(vocabulary, size), requires_grad=not params.frozen)
        nn.init.normal_(self.weight)

    def lookup(self, ids: Tensor) -> Tensor:
        """Vectors (…, E) of ids (…); nothing is dropped."""
        return functional.embedding(ids, self.weight)

    def forward(self, ids: Tensor) -> Tensor:
        """Vectors (B, T, E) of ids (B, T), with dropout in training."""
        return drop_types(self.lookup(ids), ids, self.dropout if self.training else 0.0)

    @torch.no_grad()
    def start_from(self, ids: Tensor, vectors: Tensor) -> None:
        """Give the tokens ``ids`` (N,) the ``vectors`` (N, E); the others keep their random ones, scaled alike."""
        self.weight.mul_(vectors.square().mean().sqrt() / self.weight.square().mean().sqrt())
        self.weight[ids] = vectors.to(self.weight)


class OneHot(nn.Module):
    """The unit vector e_w for token w: W e_w is a column of the first matrix above, so that matrix is the lookup.

    The vectors are as long as the vocabulary, and a batch of them is B · T · V numbers: for small vocabularies.
    """

    like: Tensor

    def __init__(self, vocabulary: int, size: int, params: TokenInput) -> None:
        super().__init__()
        self.size, self.dropout = vocabulary, params.embedding_dropout
        self.register_buffer("like", torch.zeros(()), persistent=False)  # goes where the model goes, in its precision

    def lookup(self, ids: Tensor) -> Tensor:
        """Vectors (…, V) of ids (…); nothing is dropped."""
        return functional.one_hot(ids, self.size).to(self.like)

    def forward(self, ids: Tensor) -> Tensor:
        """Vectors (B, T, V) of ids (B, T), with dropout in training."""
        return drop_types(self.lookup(ids), ids, self.dropout if self.training else 0.0)


def drop_types(vectors: Tensor, ids: Tensor, share: float) -> Tensor:
    """Vectors (B, T, E) of ids (B, T), those of a random ``share`` of types zero, the others divided by 1 − ``share``.

    A type is dropped in a sequence wherever it stands in it, and each sequence drops types of its own (Gal & Ghahramani
    2016; Merity et al. 2018, who drop the same types in all sequences of a batch).
    """
    if not share:
        return vectors
    types, places = torch.unique(ids, return_inverse=True)  # (U,), (B, T)
    kept = torch.rand(len(ids), len(types), device=ids.device) >= share
    return vectors * kept.gather(1, places)[:, :, None].to(vectors.dtype) / (1 - share)


TokenVectors = Learned | OneHot

INPUTS: dict[str, Callable[[int, int, TokenInput], TokenVectors]] = {"learned": Learned, "one-hot": OneHot}
"""What gives tokens their vectors, by ``model.input``; called with the vocabulary, the size wanted and the section."""
