"""Which token each hypothesis took at every step and which one it went on from: histories without copying them.

A search only appends to the trail. In the end the best of what has ended are found and walked back to the start, all at
once, on the host.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from seqpipe.search.hypothesis import Begun, Hypothesis, nothing_possible


class Taken(NamedTuple):
    """One step of N sentences that were still open, M hypotheses each."""

    sentences: Tensor
    """Which they are, (N,), rising."""
    parent: Tensor
    """Which of the sentence's hypotheses of the step before it goes on from, (N, M)."""
    token: Tensor
    """(N, M)."""
    token_score: Tensor
    """log p of the token, (N, M) float64."""
    log_prob: Tensor
    """log p of the output up to here, (N, M) float64."""
    score: Tensor
    """What a hypothesis that ends here is ranked by, −∞ for the others, (N, M) float64."""


class Ended(NamedTuple):
    """F hypotheses that ended: sentence, step, place, score and log p of each, arrays (F,)."""

    sentence: np.ndarray
    step: np.ndarray
    place: np.ndarray
    score: np.ndarray
    log_prob: np.ndarray


def outputs(trail: Sequence[Taken], begun: Begun[Any], each: int, groups: int = 1) -> list[list[Hypothesis]]:
    """The ``each`` best of every sentence, best first, or of each of its ``groups``, into which M is parted; equal
    scores in the order in which they ended."""
    steps = _on_the_host(trail)
    ended = _best(steps, each, groups)
    tokens, scores = _walked_back(steps, ended)
    prefix, given = begun.prefix(), begun.token_scores.tolist()
    found: list[list[Hypothesis]] = [[] for _ in given]
    for at, (sentence, step, _, score, log_prob) in enumerate(zip(*(part.tolist() for part in ended), strict=True)):
        token_scores = [*given[sentence], *scores[at, : step + 1].tolist()]
        more = {"log_prob": log_prob, "confidence": exp(log_prob), "token_scores": token_scores}
        found[sentence].append(Hypothesis([*prefix, *tokens[at, :step].tolist()], score, log_prob, more))
    if not all(found):
        raise nothing_possible()
    return found


def _on_the_host(trail: Sequence[Taken]) -> list[Taken]:
    """The same with arrays in place of tensors; each part comes over in one copy."""
    parts = []
    for name in Taken._fields:
        tensors = [getattr(taken, name) for taken in trail]
        ends = np.cumsum([tensor.numel() for tensor in tensors])[:-1]
        flat = torch.cat([tensor.flatten() for tensor in tensors]).cpu().numpy()
        parts.append([one.reshape(tensor.shape) for one, tensor in zip(np.split(flat, ends), tensors, strict=True)])
    return [Taken(*step) for step in zip(*parts, strict=True)]


def _best(steps: Sequence[Taken], each: int, groups: int) -> Ended:
    """The best that ended of every sentence and group; by sentence, then by score."""
    found = []
    for number, step in enumerate(steps):
        row, place = np.nonzero(step.score > -np.inf)
        group = place * groups // step.score.shape[1]
        found.append(
            (
                step.sentences[row],
                np.full(len(row), number),
                place,
                step.score[row, place],
                step.log_prob[row, place],
                group,
            )
        )
    *ended, group = (np.concatenate(parts) for parts in zip(*found, strict=True))
    sentence, score = ended[0], ended[3]
    order = np.lexsort((-score, group, sentence))  # stable
    heap = sentence[order] * groups + group[order]
    rank = np.arange(len(order)) - np.searchsorted(heap, heap)
    chosen = order[rank < each]
    chosen = chosen[np.lexsort((-score[chosen], sentence[chosen]))]
    return Ended(*(part[chosen] for part in ended))


def _walked_back(steps: Sequence[Taken], ended: Ended) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and their log-probabilities, (F, T) each, of hypotheses from their end to their start."""
    tokens = np.zeros((len(ended.step), len(steps)), np.int64)
    scores = np.zeros(tokens.shape)
    place = ended.place.copy()
    for number in range(len(steps) - 1, -1, -1):
        step, here = steps[number], np.flatnonzero(ended.step >= number)
        row = np.searchsorted(step.sentences, ended.sentence[here])
        tokens[here, number], scores[here, number] = step.token[row, place[here]], step.token_score[row, place[here]]
        place[here] = step.parent[row, place[here]]
    return tokens, scores
