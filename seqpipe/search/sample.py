"""Sampling: drawing an output token by token, from probabilities that may be sharpened or cut first."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from seqpipe.features.tokens import END
from seqpipe.search.chance import uniform
from seqpipe.search.hypothesis import WORDS, Begun, Hypothesis, S, Step
from seqpipe.search.limits import Limits
from seqpipe.search.scores import Ranking
from seqpipe.search.single import write

Filter = Callable[[Tensor], Tensor]
"""From logits (R, V) to the logits that are drawn from."""


def sharpen(logits: Tensor, temperature: float) -> Tensor:
    """logits / τ, so that p_i^{1/τ} is drawn from; at τ = 0 only the likeliest is left."""
    if temperature == 0:
        return keep_top(logits, 1)
    logits = logits.double()
    return (logits - logits.amax(dim=-1, keepdim=True)) / temperature  # the likeliest stays 0 where all others overflow


def keep_top(logits: Tensor, k: int) -> Tensor:
    """−∞ for all but the ``k`` largest; 0 keeps all. Of equals, those of the smallest ids stay."""
    if k == 0 or k >= logits.shape[-1]:
        return logits
    order = logits.argsort(dim=-1, descending=True, stable=True)
    return logits.scatter(-1, order[..., k:], -torch.inf)


def keep_nucleus(logits: Tensor, p: float) -> Tensor:
    """−∞ for all but the smallest set of tokens whose probabilities add up to ``p`` or more (Holtzman et al. 2020)."""
    if p >= 1:
        return logits
    order = logits.argsort(dim=-1, descending=True, stable=True)
    sorted_p = torch.softmax(logits.gather(-1, order), dim=-1)
    before = sorted_p.cumsum(dim=-1) - sorted_p  # held by the likelier ones; the first has nothing before it
    cut = torch.zeros_like(before, dtype=torch.bool).scatter(-1, order, before >= p)
    return logits.masked_fill(cut, -torch.inf)


def chain(temperature: float, top_k: int, top_p: float) -> Filter:
    """Temperature, then the k likeliest, then the nucleus of what is left."""
    return lambda logits: keep_nucleus(keep_top(sharpen(logits, temperature), top_k), top_p)


@torch.inference_mode()
def sample(
    step: Step[S], begun: Begun[S], limits: Limits, ranking: Ranking[S], filtered: Filter, key: Tensor
) -> list[list[Hypothesis]]:
    """Draws of each sentence, best first; ``key`` (N · draws,) is what their chance comes from, sentence by sentence.

    A draw ends where the end is drawn, and at its longest. What is told of it are the model's own probabilities.
    """
    count, draws = len(begun.token_scores), len(key) // len(begun.token_scores)
    each = torch.arange(count, device=key.device).repeat_interleave(draws)  # a draw is a sentence of its own
    begun = begun._replace(state=begun.state.select(each, each), token_scores=begun.token_scores[each])

    def choose(log_probs: Tensor, limits: Limits, written: int, sentences: Tensor) -> Tensor:
        return END + choice(filtered(choices(log_probs, limits, written)), uniform(key[sentences], written))

    found = write(step, begun, limits.select(each), ranking, choose)
    several = (found[at : at + draws] for at in range(0, len(found), draws))
    return [sorted(some, key=lambda one: -one.score) for some in several]


def choices(log_probs: Tensor, limits: Limits, written: int) -> Tensor:
    """What may come next of log-probabilities (R, V): those of the end and of all words, (R, V − END)."""
    words, end = limits.bounded(log_probs[:, None, WORDS:], log_probs[:, END, None], written)
    return torch.cat([end, words.squeeze(1)], dim=1)


def choice(logits: Tensor, chance: Tensor) -> Tensor:
    """The choice (R,) that ``chance`` (R,), evenly between 0 and 1, falls on when each of logits (R, C) has a part as
    long as its probability."""
    chances = torch.softmax(logits.double(), dim=-1)
    ends = chances.cumsum(dim=-1)
    beyond = (ends > chance[:, None] * ends[:, -1:]) & (chances > 0)
    return beyond.int().argmax(dim=-1)  # the first of them
