"""Beam search over whole batches, with exact stopping.

At every step the K best one-token extensions of a sentence's open hypotheses are kept; those that end are finished,
the others stay open. Sums are float64, whatever the model's precision. A sentence is done when no open hypothesis can
still enter its n best: log-probabilities only fall, so log p / norm(longest output) bounds whatever one can become.

With ``groups`` a beam is parted into G of K / G hypotheses each, which take their tokens in turn. A token costs a later
group ``diversity`` for each hypothesis of an earlier one that has just taken it (Vijayakumar et al. 2018, with Hamming
diversity); only the choice sees that, not the score. Each group gives its ⌈n / G⌉ best.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from seqpipe.features.tokens import END
from seqpipe.search.hypothesis import WORDS, Begun, Hypothesis, S, Step
from seqpipe.search.limits import Limits
from seqpipe.search.scores import Ranking
from seqpipe.search.sums import best_sums
from seqpipe.search.trail import Taken, outputs


class Width(NamedTuple):
    """How many hypotheses are kept at every step, and how many are told in the end; G divides the beam."""

    beam: int
    nbest: int
    groups: int = 1
    diversity: float = 0.0


class Extended(NamedTuple):
    """One step of N sentences: of their M best extensions the hypothesis each goes on from, its token, and log p of the
    token and of the whole, (N, M) each."""

    parent: Tensor
    token: Tensor
    token_score: Tensor
    log_prob: Tensor


@torch.inference_mode()
def beam_search(
    step: Step[S], begun: Begun[S], limits: Limits, ranking: Ranking[S], width: Width
) -> list[list[Hypothesis]]:
    """The ``nbest`` ≤ ``beam`` best outputs found for each sentence, best first; fewer where there are no more."""
    tokens, groups = begun.last(), width.groups
    each, sentences = -(-width.nbest // groups), torch.arange(len(tokens), device=tokens.device)
    first = sentences.repeat_interleave(groups)  # a hypothesis for each group
    state, tokens = begun.state.select(first) if groups > 1 else begun.state, tokens[first]
    log_prob = begun.token_scores.sum(dim=1)[:, None].expand(-1, groups)
    best = log_prob.new_full((len(sentences), groups, each), -torch.inf)
    written, trail = len(begun.prefix()), list[Taken]()
    while len(sentences):
        log_probs, state = step(state, tokens)
        found = extend(log_prob, log_probs.view(*log_prob.shape, -1), limits, written, width)
        written += 1
        ended = found.token == END
        rows = found.parent + torch.arange(len(sentences), device=tokens.device)[:, None] * log_prob.shape[1]
        score = ranking.scores(found.log_prob, written, state, rows).masked_fill(~ended, -torch.inf)
        trail.append(Taken(sentences, *found, score))
        log_prob, tokens = found.log_prob.masked_fill(ended, -torch.inf), found.token
        best = torch.cat([best, score.view(len(best), groups, -1)], dim=2).topk(each, dim=2).values
        hopes = bound(log_prob.view(len(best), groups, -1), limits, ranking)
        keep = (hopes > best[:, :, -1]).any(dim=1).nonzero().squeeze(1)  # not where nothing is open: −∞
        left = None
        if len(keep) < len(sentences):
            left, sentences, limits, best = keep, sentences[keep], limits.select(keep), best[keep]
            rows, log_prob, tokens = rows[keep], log_prob[keep], tokens[keep]
        tokens, state = tokens.flatten(), state.select(rows.flatten(), left)
    found_of_groups = outputs(trail, begun, each, groups)
    return [distinct(hypotheses)[: width.nbest] for hypotheses in found_of_groups]


def bound(log_prob: Tensor, limits: Limits, ranking: Ranking[S]) -> Tensor:
    """The highest score (N, G) that an output can end with which is still open, with ``log_prob`` (N, G, K)."""
    highest: Tensor = log_prob.amax(dim=2) / ranking.norm(limits.longest.double() + 1)[:, None]
    return highest


def extend(log_prob: Tensor, log_probs: Tensor, limits: Limits, written: int, width: Width) -> Extended:
    """The best extensions of hypotheses with ``log_prob`` (N, M), by one token after log-probabilities (N, M, V)."""
    size = width.beam // width.groups
    if width.groups == 1:
        return _extend(log_prob, log_probs, limits, written, size)
    found, cost = [], torch.zeros_like(log_probs[:, 0])
    parts = zip(*(part.chunk(width.groups, dim=1) for part in (log_prob, log_probs)), strict=True)
    for number, (group_log_prob, group_log_probs) in enumerate(parts):
        one = _extend(group_log_prob, group_log_probs, limits, written, size, cost)
        price = torch.where(one.log_prob > -torch.inf, width.diversity, 0.0).to(cost)
        cost = cost.scatter_add(1, one.token, price)
        found.append(one._replace(parent=one.parent + number * group_log_prob.shape[1]))
    return Extended(*(torch.cat(part, dim=1) for part in zip(*found, strict=True)))


def _extend(
    log_prob: Tensor, log_probs: Tensor, limits: Limits, written: int, size: int, cost: Tensor | None = None
) -> Extended:
    """The same for one group of at most ``size``, which a token costs ``cost`` (N, V)."""
    ranked = log_probs if cost is None else log_probs - cost[:, None]
    words = ranked[:, :, WORDS:] if limits.forbid_ends(written) else torch.zeros_like(ranked[:, :, :1])
    likeliest = words.amax(dim=2, keepdim=True)  # −∞ where no word is left, which counts only where ends are forbidden
    word, end = limits.bounded(likeliest, ranked[:, :, END], written)  # −∞: no word may come, or the end may not
    going_on = log_prob.masked_fill(word.squeeze(2) == -torch.inf, -torch.inf)
    total, parent, token = best_sums(going_on, ranked, WORDS, size)
    total = torch.cat([total, log_prob + end.double()], dim=1)
    parent = torch.cat([parent, torch.arange(log_prob.shape[1], device=parent.device).expand_as(log_prob)], dim=1)
    best, at = total.topk(min(size, total.shape[1]), dim=1)
    parent, token = parent.gather(1, at), functional.pad(token, (0, log_prob.shape[1]), value=END).gather(1, at)
    token_score = log_probs.flatten(1).gather(1, parent * log_probs.shape[2] + token).double()
    token_score = token_score.masked_fill(best == -torch.inf, -torch.inf)  # what the limits forbid
    return Extended(parent, token, token_score, log_prob.gather(1, parent) + token_score)


def distinct(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """Those whose output no earlier one has: two groups may find the same."""
    first: dict[tuple[int, ...], Hypothesis] = {}
    for one in hypotheses:
        first.setdefault(tuple(one.output), one)
    return list(first.values())
