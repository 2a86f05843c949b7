"""The k largest sums of a hypothesis's log-probability and its next token's."""

from __future__ import annotations

import torch
from torch import Tensor

from seqpipe.nn.softmax import compiles

Sums = tuple[Tensor, Tensor, Tensor]
"""The k largest sums of each of N sentences, largest first, in float64, and the hypothesis and the token that each is
of: (N, k) each."""


def best_sums(log_prob: Tensor, log_probs: Tensor, first: int, k: int) -> Sums:
    """The k largest of ``log_prob`` (N, M) float64 + ``log_probs`` (N, M, V), tokens before the ``first`` left out; all
    of them, if there are fewer.

    Of many float32 on a CPU, where ``topk`` took longer than the output layer, a compiled function finds them.
    """
    beam, size = log_probs.shape[1:]
    k = min(k, beam * (size - first))
    if not compiles(log_probs.numel(), log_probs):
        return _of_each(log_prob, log_probs, first, k)
    from seqpipe.compiled import in_parts  # numba loads here
    from seqpipe.search import sums_kernel

    sums, codes = log_prob.new_empty(len(log_prob), k), torch.empty(len(log_prob), k, dtype=torch.int64)
    given, found = (log_prob.contiguous().numpy(), log_probs.contiguous().numpy()), (sums.numpy(), codes.numpy())

    def look(start: int, end: int) -> None:
        sums_kernel.largest(*(part[start:end] for part in given), first, *(part[start:end] for part in found))

    in_parts(len(log_prob), beam * size, torch.get_num_threads(), look)
    return sums, codes // size, codes % size


def _of_each(log_prob: Tensor, log_probs: Tensor, first: int, k: int) -> Sums:
    """The best of the k best of each hypothesis."""
    words = log_probs[:, :, first:]
    top, token = words.topk(min(k, words.shape[2]), dim=2)
    best, at = (log_prob[:, :, None] + top.double()).flatten(1).topk(k, dim=1)
    return best, at // top.shape[2], token.flatten(1).gather(1, at) + first
