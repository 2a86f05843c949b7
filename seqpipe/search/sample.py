"""Sampling: drawing an output token by token, from probabilities that may be sharpened or cut first."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from seqpipe.features.tokens import BEGIN, END
from seqpipe.search.hypothesis import Hypothesis, S, Step
from seqpipe.search.scores import allowed

Filter = Callable[[Tensor], Tensor]
"""From logits (R, V) to the logits that are drawn from."""


def sharpen(logits: Tensor, temperature: float) -> Tensor:
    """logits / τ, so that p_i^{1/τ} is drawn from; at τ = 0 only the likeliest is left."""
    if temperature == 0:
        return keep_top(logits, 1)
    return logits / temperature


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
    step: Step[S],
    state: S,
    count: int,
    max_length: int,
    filtered: Filter,
    generator: torch.Generator,
    first: int = BEGIN,
) -> list[Hypothesis]:
    """Draw one output for each of the ``count`` rows of ``state``, until its end or ``max_length`` tokens.

    ``log_prob`` is the model's own of the tokens drawn (and of the end, if it came), ``score`` its mean a token.
    """
    tokens = torch.full((count,), first)
    outputs: list[list[int]] = [[] for _ in range(count)]
    log_prob = torch.zeros(count, dtype=torch.float64)
    steps = torch.zeros(count, dtype=torch.float64)
    open_rows = torch.arange(count)
    for _ in range(max_length):
        log_probs, state = step(state, tokens)
        chances = torch.softmax(filtered(allowed(log_probs, last=False)).double(), dim=-1)
        tokens = torch.multinomial(chances, 1, generator=generator).squeeze(1)
        log_prob[open_rows] += log_probs.double().gather(1, tokens[:, None]).squeeze(1)
        steps[open_rows] += 1
        keep = (tokens != END).nonzero().squeeze(1)
        open_rows, tokens, state = open_rows[keep], tokens[keep], state.select(keep)
        for row, token in zip(open_rows.tolist(), tokens.tolist(), strict=True):
            outputs[row].append(token)
        if not len(keep):
            break
    means = (log_prob / steps).tolist()
    return [Hypothesis(*found) for found in zip(outputs, means, log_prob.tolist(), strict=True)]
