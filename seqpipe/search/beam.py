"""Beam search over whole batches, with exact stopping.

At every step the K best one-token extensions of a sentence's open hypotheses are kept; those that end are finished,
the others stay open. A sentence is done when no open hypothesis can still enter its n best: log-probabilities only
fall, so log p / norm(longest output) bounds whatever an open hypothesis can become.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from seqpipe.features.tokens import BEGIN, END
from seqpipe.search.hypothesis import Hypothesis, S, Step
from seqpipe.search.scores import allowed, normalised


class Beams(NamedTuple):
    """Hypotheses of N sentences, K each: ``log_prob`` (N, K) float64, −∞ for an empty place, ``tokens`` (N, K, T)."""

    log_prob: Tensor
    tokens: Tensor

    def keep(self, sentences: Tensor) -> Beams:
        """The hypotheses of some of the sentences."""
        return Beams(self.log_prob[sentences], self.tokens[sentences])


class Finished(NamedTuple):
    """The best finished hypotheses of N sentences, best first: ``score``, ``log_prob`` (N, K), ``tokens`` (N, K, T)."""

    score: Tensor
    log_prob: Tensor
    tokens: Tensor

    def keep(self, sentences: Tensor) -> Finished:
        """The hypotheses of some of the sentences."""
        return Finished(self.score[sentences], self.log_prob[sentences], self.tokens[sentences])

    def add(self, new: Beams, norm: float) -> Finished:
        """Merge hypotheses that just ended, each divided by ``norm``; the best K stay."""
        size = self.score.shape[1]
        score = torch.cat([self.score, new.log_prob / norm], dim=1)
        best, at = score.topk(size, dim=1)
        log_prob = torch.cat([self.log_prob, new.log_prob], dim=1).gather(1, at)
        older = torch.nn.functional.pad(self.tokens, (0, new.tokens.shape[2] - self.tokens.shape[2]), value=END)
        tokens = torch.cat([older, new.tokens], dim=1)
        return Finished(best, log_prob, tokens.gather(1, at[:, :, None].expand(-1, -1, tokens.shape[2])))


@torch.inference_mode()
def beam_search(
    step: Step[S],
    state: S,
    count: int,
    beam: int,
    nbest: int,
    max_length: int,
    length_penalty: float,
    first: int = BEGIN,
) -> list[list[Hypothesis]]:
    """The ``nbest`` ≤ ``beam`` best outputs found for each of the ``count`` rows of ``state``, best first.

    ``max_length`` counts tokens before the end; the end is then forced, at its own log-probability. ``first`` is the
    token before the output: the last one of a prompt that ``state`` has read so far.
    """
    state = state.select(torch.arange(count).repeat_interleave(beam))
    sentences = list(range(count))
    results: list[list[Hypothesis]] = [[] for _ in sentences]
    empty = torch.full((count, beam), -torch.inf, dtype=torch.float64)
    beams = Beams(empty.clone().index_fill_(1, torch.tensor(0), 0.0), torch.full((count, beam, 1), first))
    done = Finished(empty, empty, torch.full((count, beam, 1), END))
    longest = normalised(max_length + 1, length_penalty)
    for length in range(1, max_length + 2):
        log_probs, state = step(state, beams.tokens[:, :, -1].flatten())
        beams, rows = extend(beams, allowed(log_probs, last=length > max_length))
        ended = beams.tokens[:, :, -1] == END
        done = done.add(
            beams._replace(log_prob=beams.log_prob.masked_fill(~ended, -torch.inf)), normalised(length, length_penalty)
        )
        beams = beams._replace(log_prob=beams.log_prob.masked_fill(ended, -torch.inf))
        closed = beams.log_prob.amax(dim=1) / longest <= done.score[:, nbest - 1]  # also when nothing is open: −∞
        for at in closed.nonzero().squeeze(1).tolist():
            results[sentences[at]] = _hypotheses(done, at, nbest)
        keep = (~closed).nonzero().squeeze(1)
        if not len(keep):
            break
        sentences = [sentences[at] for at in keep.tolist()]
        beams, done, state = beams.keep(keep), done.keep(keep), state.select(rows[keep].flatten())
    return results


def extend(beams: Beams, log_probs: Tensor) -> tuple[Beams, Tensor]:
    """The K best one-token extensions of each sentence, and the rows (N, K) of the state that they come from."""
    count, size = beams.log_prob.shape
    total = beams.log_prob[:, :, None] + log_probs.cpu().double().view(count, size, -1)  # (N, K, V)
    best, at = total.flatten(1).topk(size, dim=1)
    parent, token = at // total.shape[2], at % total.shape[2]
    before = beams.tokens.gather(1, parent[:, :, None].expand(-1, -1, beams.tokens.shape[2]))
    rows = parent + torch.arange(count)[:, None] * size
    return Beams(best, torch.cat([before, token[:, :, None]], dim=2)), rows


def _hypotheses(done: Finished, sentence: int, nbest: int) -> list[Hypothesis]:
    found = []
    for score, log_prob, tokens in zip(*(part[sentence, :nbest].tolist() for part in done), strict=True):
        if log_prob > -torch.inf:
            found.append(Hypothesis(tokens[1 : tokens.index(END)], score, log_prob))
    return found
