"""What an output must or may not have, as functions from a step to a step that allows less.

A token that is not allowed gets −∞; the others keep the log-probability that the model gives them. Where nothing is
left, ``Limits`` lets the output end.
"""

from __future__ import annotations

import torch
from torch import Tensor

from seqpipe.features.tokens import BEGIN, PAD
from seqpipe.search.beside import Beside
from seqpipe.search.hypothesis import Begun, S, Step, begin


def forbidding(step: Step[S], tokens: Tensor) -> Step[S]:
    """A step whose output has none of ``tokens`` (C,)."""

    def without(state: S, last: Tensor) -> tuple[Tensor, S]:
        log_probs, state = step(state, last)
        return log_probs.index_fill(-1, tokens, -torch.inf), state

    return without


def beginning(step: Step[S], tokens: Tensor) -> Step[S]:
    """A step for one search, whose first token is none of ``tokens`` (C,)."""
    first = iter([forbidding(step, tokens)])
    return lambda state, last: next(first, step)(state, last)


def not_repeating(step: Step[S], size: int) -> Step[Beside[S]]:
    """A step after which no n-gram of ``size`` tokens stands twice in what was read; beside the state are the tokens
    (R, T) that it has read.

    The token after the last n − 1 is not one that has followed the same n − 1 before.
    """

    def new(beside: Beside[S], last: Tensor) -> tuple[Tensor, Beside[S]]:
        read = torch.cat([beside.known, last[:, None]], dim=1)
        log_probs, state = step(beside.state, last)
        if read.shape[1] >= size:
            grams = read.unfold(1, size, 1)  # (R, T − n + 1, n)
            again = (grams[..., :-1] == read[:, None, read.shape[1] - size + 1 :]).all(dim=-1)
            log_probs = log_probs.scatter(
                1, torch.where(again, grams[..., -1], PAD), -torch.inf
            )  # never padding anyway
        return log_probs, Beside(state, read)

    return new


def forced(step: Step[S], state: S, count: int, prefix: list[int], device: torch.device) -> Begun[S]:
    """``count`` sentences that begin with ``prefix``, whatever its tokens are, each at its own log-probability."""
    begun = begin(state, count, [BEGIN], device)
    for token in prefix:
        log_probs, state = step(begun.state, begun.last())
        scores = torch.cat([begun.token_scores, log_probs[:, token, None].double()], dim=1)
        begun = Begun(state, [*begun.read, token], scores)
    return begun
