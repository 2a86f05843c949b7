"""The k largest sums of a hypothesis's log-probability and its next token's, exactly, and in less time than ``topk``
takes to look at all of them.

Cut into c equal parts that are laid on top of each other, the V numbers of a hypothesis stand in columns. A column
whose maximum is not among the k largest holds none of the k largest sums, for each of those k maxima is at least as
large. So ``topk`` looks at the maxima, V / c of each hypothesis, and then at the c numbers of k columns.
"""

from __future__ import annotations

import torch
from torch import Tensor

PARTS = 12
"""c; with more of them the first ``topk`` looks at less and the second one at more."""
FEW = 100_000
"""Numbers that ``topk`` looks at as fast as they are cut; a GPU looks at all of them at once."""

Sums = tuple[Tensor, Tensor, Tensor]
"""The k largest sums of each of N sentences, largest first, in float64, and the hypothesis and the token that each is
of: (N, k) each."""


def best_sums(log_prob: Tensor, log_probs: Tensor, first: int, k: int) -> Sums:
    """The k largest of ``log_prob`` (N, M) float64 + ``log_probs`` (N, M, V), tokens before the ``first`` left out; all
    of them, if there are fewer."""
    beam, size = log_probs.shape[1:]
    few = log_probs.numel() < FEW or log_probs.is_cuda or size - first < PARTS
    return (_of_each if few else _by_columns)(log_prob, log_probs, first, min(k, beam * (size - first)))


def _of_each(log_prob: Tensor, log_probs: Tensor, first: int, k: int) -> Sums:
    """The best of the k best of each hypothesis."""
    words = log_probs[:, :, first:]
    top, token = words.topk(min(k, words.shape[2]), dim=2)
    best, at = (log_prob[:, :, None] + top.double()).flatten(1).topk(k, dim=1)
    return best, at // top.shape[2], token.flatten(1).gather(1, at) + first


def _by_columns(log_prob: Tensor, log_probs: Tensor, first: int, k: int) -> Sums:
    count, beam, size = log_probs.shape
    width = (size - first) // PARTS
    rest = first + PARTS * width  # tokens that stand in no column
    columns = log_probs[:, :, first:rest].view(count, beam, PARTS, width).amax(dim=2)  # (N, M, V / c)
    column = (log_prob[:, :, None] + columns.double()).flatten(1).topk(min(k, beam * width), dim=1).indices  # (N, k)
    top = column // width * size + first + column % width  # the first number of a column among all M V
    at = (top[:, :, None] + width * torch.arange(PARTS, device=top.device)).flatten(1)
    if rest < size:
        left = torch.arange(rest, size, device=at.device) + size * torch.arange(beam, device=at.device)[:, None]
        at = torch.cat([at, left.flatten().expand(count, -1)], dim=1)
    found = log_prob.gather(1, at // size) + log_probs.flatten(1).gather(1, at).double()
    best, place = found.topk(k, dim=1)
    at = at.gather(1, place)
    return best, at // size, at % size
