"""Greedy search: the likeliest token at every step."""

from __future__ import annotations

import torch
from torch import Tensor

from seqpipe.features.tokens import END
from seqpipe.search.hypothesis import WORDS, Begun, Hypothesis, S, Step
from seqpipe.search.limits import Limits
from seqpipe.search.scores import Ranking
from seqpipe.search.single import write


@torch.inference_mode()
def greedy(step: Step[S], begun: Begun[S], limits: Limits, ranking: Ranking[S]) -> list[list[Hypothesis]]:
    """One output for each sentence."""
    return [[found] for found in write(step, begun, limits, ranking, likeliest)]


def likeliest(log_probs: Tensor, limits: Limits, written: int, sentences: Tensor) -> Tensor:
    """The likeliest token (N,) after log-probabilities (N, V); the end where no word is likelier."""
    best, token = log_probs[:, WORDS:].max(dim=1)
    word, end = limits.bounded(best[:, None, None], log_probs[:, END, None], written)
    return torch.where(word.flatten() > end.squeeze(1), token + WORDS, END)
