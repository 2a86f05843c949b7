"""Search over tokens as a section of parameters asks for it: which search, under which rules."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from seqpipe.params.decoding import TokenSearch
from seqpipe.search.beam import Width, beam_search
from seqpipe.search.beside import Beside
from seqpipe.search.chance import keys
from seqpipe.search.constraints import beginning, forbidding, not_repeating
from seqpipe.search.greedy import greedy
from seqpipe.search.hypothesis import Begun, Hypothesis, S, Step
from seqpipe.search.limits import Limits
from seqpipe.search.sample import chain, sample
from seqpipe.search.scores import NORMS, Penalty, Ranking


def search_tokens(
    step: Step[S],
    begun: Begun[S],
    limits: Limits,
    options: TokenSearch,
    forbidden: Sequence[int],
    inputs: Sequence[bytes],
    penalty: Penalty[S] | None = None,
    not_first: Sequence[int] = (),
) -> list[list[Hypothesis]]:
    """The outputs of each sentence, best first; ``inputs`` are what each is written from, which draws depend on.

    No output has a token that is ``forbidden``, nor one that is ``not_first`` right after what has ``begun``.
    """
    count, device = len(begun.token_scores), begun.token_scores.device
    if not_first:
        step = beginning(step, torch.tensor(not_first, device=device))
    if forbidden:
        step = forbidding(step, torch.tensor(forbidden, device=device))
    if not options.no_repeat:
        return _search(step, begun, limits, penalty, options, inputs)
    read = torch.tensor(begun.read[:-1], dtype=torch.int64, device=device).expand(count, -1)
    beside: Begun[Beside[S]] = Begun(Beside(begun.state, read), begun.read, begun.token_scores)
    inner = None if penalty is None else lambda state: penalty(state.state)
    return _search(not_repeating(step, options.no_repeat), beside, limits, inner, options, inputs)


def _search(
    step: Step[S],
    begun: Begun[S],
    limits: Limits,
    penalty: Penalty[S] | None,
    options: TokenSearch,
    inputs: Sequence[bytes],
) -> list[list[Hypothesis]]:
    ranking = Ranking(NORMS[options.normalization](options.length_penalty), penalty)
    if options.sample:
        key = keys(options.seed, options.nbest, inputs, begun.token_scores.device)
        filtered = chain(options.temperature, options.top_k, options.top_p)
        return sample(step, begun, limits, ranking, filtered, key)
    if options.beam == 1:
        return greedy(step, begun, limits, ranking)
    width = Width(options.beam, options.nbest, options.groups, options.diversity)
    return beam_search(step, begun, limits, ranking, width)
