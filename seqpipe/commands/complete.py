"""``seqpipe complete``: a language model goes on from a prompt, by beam search or by drawing at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import torch
from torch import Tensor

from seqpipe.commands.score import language_model
from seqpipe.commands.trained import Record, Trained
from seqpipe.features.plain import PlainText
from seqpipe.features.tokens import END, SPACE
from seqpipe.models.language import Language, Written
from seqpipe.params.decoding import Completion
from seqpipe.project import check
from seqpipe.report import Report
from seqpipe.search.beam import beam_search
from seqpipe.search.hypothesis import Hypothesis, S, Step
from seqpipe.search.sample import chain, sample


def complete(name: str, prompt: str, flags: dict[str, Any], report: Report) -> Record:
    """``source``, the prompt, and ``hypotheses``: whole texts that begin with it, character for character, each with
    what was written, its tokens and log p(written | prompt)."""
    options = check(Completion, flags, f"flags of `seqpipe complete {name}`")
    return completed(language_model(name, report), prompt, options)


def completed(trained: Trained, prompt: str, options: Completion) -> Record:
    """The same for a model that is open."""
    features, model = cast(PlainText, trained.features), cast(Language, trained.model)
    (example,) = features.given([prompt])
    ids = features.encode(example)["source"].tolist()  # the start symbol and the prompt
    hypotheses = []
    for one in search(model, ids, options):
        tokens = features.tokens(one.output)
        new = written(tokens, prompt)
        record = {"text": prompt + new, "written": new, "score": round(one.score, 6)}
        hypotheses.append({**record, "log_prob": round(one.log_prob, 6), "tokens": tokens})
    return {"source": prompt, "hypotheses": hypotheses}


def written(tokens: Sequence[str], prompt: str) -> str:
    """The text of tokens that follow ``prompt``.

    Tokens carry the space before a word, also before the first of a text. The model reads a prompt without the spaces
    at its end, so where the prompt has one, or has nothing, the first space of the tokens adds none.
    """
    text = "".join(tokens).replace(SPACE, " ")
    return text if prompt and not prompt[-1].isspace() else text.removeprefix(" ")


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
