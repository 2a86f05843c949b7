"""One hypothesis a sentence, whatever it is that chooses its tokens."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from seqpipe.features.tokens import END
from seqpipe.search.hypothesis import Begun, Hypothesis, S, Step
from seqpipe.search.limits import Limits
from seqpipe.search.scores import Ranking
from seqpipe.search.trail import Taken, outputs

Choose = Callable[[Tensor, Limits, int, Tensor], Tensor]
"""From log-probabilities (N, V), limits, how many tokens are written and which sentences these are, (N,), to tokens."""


def write(step: Step[S], begun: Begun[S], limits: Limits, ranking: Ranking[S], choose: Choose) -> list[Hypothesis]:
    """An output for each sentence, of the tokens that are chosen until one is the end."""
    state, tokens, log_prob = begun.state, begun.last(), begun.token_scores.sum(dim=1)
    sentences, written, trail = torch.arange(len(tokens), device=tokens.device), len(begun.prefix()), list[Taken]()
    while len(sentences):
        log_probs, state = step(state, tokens)
        tokens = choose(log_probs, limits, written, sentences)
        token_score = log_probs.gather(1, tokens[:, None]).squeeze(1).double()
        log_prob, written, ended = log_prob + token_score, written + 1, tokens == END
        rows = torch.arange(len(sentences), device=tokens.device)
        score = ranking.scores(log_prob, written, state, rows).masked_fill(~ended, -torch.inf)
        taken = (torch.zeros_like(rows), tokens, token_score, log_prob, score)
        trail.append(Taken(sentences, *(part[:, None] for part in taken)))
        keep = (~ended).nonzero().squeeze(1)
        if len(keep) < len(ended):
            sentences, tokens, log_prob, limits = sentences[keep], tokens[keep], log_prob[keep], limits.select(keep)
            state = state.select(keep, keep)
    return [found for (found,) in outputs(trail, begun, 1)]
