"""``seqpipe complete``: a language model goes on from a prompt, by beam search or by drawing at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from unicodedata import normalize

import torch
from torch import Tensor

from seqpipe.commands.score import language_model
from seqpipe.commands.trained import Record, Trained, rounded
from seqpipe.features.plain import PlainText
from seqpipe.features.tokens import SPACE
from seqpipe.models.language import Language, Written
from seqpipe.params.decoding import Completion
from seqpipe.project import check
from seqpipe.report import Report
from seqpipe.search.graphed import fastest_step
from seqpipe.search.hypothesis import Hypothesis, begin
from seqpipe.search.limits import constant
from seqpipe.search.spelled import ids_of
from seqpipe.search.tokens import search_tokens


def complete(name: str, prompt: str, flags: dict[str, Any], report: Report) -> Record:
    """``source``, the prompt, and ``hypotheses``: whole texts that begin with it, character for character, each with
    what was written, its tokens and log p(written | prompt). The beam is at least as wide as there are completions."""
    default = Completion()
    beam = max(flags.get("beam", default.beam), flags.get("nbest", default.nbest))
    options = check(Completion, {**flags, "beam": beam}, f"flags of `seqpipe complete {name}`")
    return completed(language_model(name, report), prompt, options)


def completed(trained: Trained, prompt: str, options: Completion) -> Record:
    """The same for a model that is open."""
    features, model = cast(PlainText, trained.features), cast(Language, trained.model)
    (example,) = features.given([prompt])
    ids = features.encode(example)["source"].tolist()  # the start symbol and the prompt
    hypotheses = []
    for one in search(model, ids, options, ids_of(options.forbidden, features.tokenizer)):
        tokens = features.tokens(one.output)
        new = written(tokens, prompt)
        record = {"text": prompt + new, "written": new, "score": round(one.score, 6), "tokens": tokens}
        hypotheses.append({**record, **rounded(one.more)})
    return {"source": prompt, "hypotheses": hypotheses}


def written(tokens: Sequence[str], prompt: str) -> str:
    """The text of tokens that follow ``prompt``.

    Tokens carry the space before a word, also before the first of a text. The model reads a prompt without the spaces
    at its end, so where the prompt has one, or has nothing, the first space of the tokens adds none.
    """
    text = normalize("NFC", "".join(tokens)).replace(SPACE, " ")
    return text if prompt and not prompt[-1].isspace() else text.removeprefix(" ")


@torch.inference_mode()
def search(model: Language, prompt: list[int], options: Completion, forbidden: Sequence[int]) -> list[Hypothesis]:
    """The ``nbest`` best, or as many drawn, continuations of token ids that begin with the start symbol."""
    model.eval()
    ids = torch.tensor(prompt, device=model.bias.device)
    begun = begin(read(model, ids[:-1]), 1, prompt, ids.device)
    limits = constant(1, options.min_length, options.max_length, ids.device)
    inputs = [ids.cpu().numpy().tobytes()]
    return search_tokens(fastest_step(model, ids.device), begun, limits, options, forbidden, inputs)[0]


def read(model: Language, prompt: Tensor) -> Written:
    """The state of one text after its first tokens (T,); none is the start."""
    state = model.start(1)
    for token in prompt[:, None]:
        _, state = model.step(state, token)
    return state
