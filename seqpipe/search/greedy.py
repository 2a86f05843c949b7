"""Greedy search: the likeliest token at every step."""

from __future__ import annotations

import torch

from seqpipe.features.tokens import BEGIN, END
from seqpipe.search.hypothesis import Hypothesis, S, Step
from seqpipe.search.scores import allowed, normalised


@torch.inference_mode()
def greedy(step: Step[S], state: S, count: int, max_length: int, length_penalty: float) -> list[Hypothesis]:
    """Write ``count`` outputs of at most ``max_length`` tokens each, one for each row of ``state``."""
    tokens = torch.full((count,), BEGIN)
    log_prob = torch.zeros(count, dtype=torch.float64)
    outputs: list[list[int]] = [[] for _ in range(count)]
    open_rows = list(range(count))
    results: dict[int, Hypothesis] = {}
    for length in range(max_length + 1):
        log_probs, state = step(state, tokens)
        best, tokens = allowed(log_probs, last=length == max_length).max(dim=-1)
        log_prob += best.double().cpu()
        ended = tokens == END
        for at, row in enumerate(open_rows):
            if ended[at]:
                total = float(log_prob[at])
                results[row] = Hypothesis(outputs[row], total / normalised(length + 1, length_penalty), total)
            else:
                outputs[row].append(int(tokens[at]))
        keep = (~ended).nonzero().squeeze(1)
        if not len(keep):
            break
        open_rows = [open_rows[at] for at in keep.tolist()]
        tokens, log_prob, state = tokens[keep], log_prob[keep.cpu()], state.select(keep)
    return [results[row] for row in range(count)]
