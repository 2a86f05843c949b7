"""``seqpipe complete``: a language model goes on from a prompt, by beam search or by drawing at random."""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor

from seqpipe.commands.score import language_model
from seqpipe.commands.trained import Record, Trained
from seqpipe.features.plain import PlainText
from seqpipe.features.tokens import END
from seqpipe.models.language import Language, Written
from seqpipe.params.decoding import Completion
from seqpipe.project import check
from seqpipe.report import Report
from seqpipe.search.beam import beam_search
from seqpipe.search.hypothesis import Hypothesis, S, Step
from seqpipe.search.sample import chain, sample


def complete(name: str, prompt: str, flags: dict[str, Any], report: Report) -> Record:
    """``source``, the prompt, and ``hypotheses``: whole texts that begin with it, each with what was written, its
    tokens and log p(written | prompt)."""
    options = check(Completion, flags, f"flags of `seqpipe complete {name}`")
    return completed(language_model(name, report), prompt, options)


def completed(trained: Trained, prompt: str, options: Completion) -> Record:
    """The same for a model that is open."""
    features, model = cast(PlainText, trained.features), cast(Language, trained.model)
    (example,) = features.given([prompt])
    ids = features.encode(example)["source"].tolist()  # the start symbol and the prompt
    start, hypotheses = features.tokenizer.decode(ids), []
    for one in search(model, ids, options):
        text, tokens = features.tokenizer.decode([*ids, *one.output]), features.tokens(one.output)
        record = {"text": text, "written": text.removeprefix(start), "score": round(one.score, 6)}
        hypotheses.append({**record, "log_prob": round(one.log_prob, 6), "tokens": tokens})
    return {"source": prompt, "hypotheses": hypotheses}


@torch.inference_mode()
def search(model: Language, prompt: list[int], options: Completion) -> list[Hypothesis]:
    """The ``n`` best, or ``n`` drawn, continuations of token ids that begin with the start symbol."""
    model.eval()
    state = read(model, prompt[:-1])
    n, length, last = options.n, options.max_length, prompt[-1]
    if options.sample:
        generator = torch.Generator().manual_seed(options.seed)
        filtered = chain(options.temperature, options.top_k, options.top_p)
        state = state.select(torch.zeros(n, dtype=torch.int64))
        return sample(model.step, state, n, length, filtered, generator, last)
    step = not_ended(model.step, min(options.min_length, length))
    return beam_search(step, state, 1, max(options.beam, n), n, length, options.length_penalty, last)[0]


def not_ended(step: Step[S], count: int) -> Step[S]:
    """The same step for one search, whose first ``count`` tokens may not be the end."""
    done = 0

    def longer(state: S, tokens: Tensor) -> tuple[Tensor, S]:
        nonlocal done
        done += 1
        log_probs, state = step(state, tokens)
        if done <= count:
            log_probs = log_probs.index_fill(-1, torch.tensor(END), -torch.inf)
        return log_probs, state

    return longer


def read(model: Language, prompt: list[int]) -> Written:
    """The state of one text after its first tokens; none is the start."""
    state = model.start(1)
    for token in prompt:
        _, state = model.step(state, torch.tensor([token]))
    return state
