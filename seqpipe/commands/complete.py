"""``seqpipe complete``: a language model goes on from a prompt, by beam search or by drawing at random."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast
from unicodedata import normalize

import torch
from torch import Tensor

from seqpipe.commands.flags import Flags, draws_asked
from seqpipe.commands.score import language_model
from seqpipe.commands.trained import Record, Trained, rounded
from seqpipe.features.plain import PlainText
from seqpipe.features.tokens import SPACE
from seqpipe.files import SeqpipeError
from seqpipe.models.language import Language, Written
from seqpipe.params.decoding import Completion
from seqpipe.project import check
from seqpipe.report import Report
from seqpipe.search.graphed import fastest_step
from seqpipe.search.hypothesis import Hypothesis, begin
from seqpipe.search.limits import constant
from seqpipe.search.spelled import Spelled, ids_of, within_words
from seqpipe.search.tokens import search_tokens


def complete(name: str, prompt: str, flags: dict[str, Any], report: Report) -> Record:
    """``source``, the prompt, and ``hypotheses``: whole texts that begin with it, character for character, each with
    what was written, its tokens and log p(written | prompt). The beam is at least as wide as there are completions."""
    options = check(Completion, with_beam(drawn(flags)), f"flags of `seqpipe complete {name}`")
    return completed(language_model(name, report), prompt, options)


def drawn(flags: Flags) -> dict[str, Any]:
    """The flags; one that says how to draw asks for draws, as in ``decode``."""
    draws = draws_asked(flags)
    if "seed" in flags and not draws:
        raise SeqpipeError("--seed is for completions that are drawn; add --sample.")
    return {**flags, "sample": draws}


def with_beam(flags: Flags) -> dict[str, Any]:
    """The flags with a beam that has room for the completions; if its width is not said, the groups can share it."""
    default = Completion()
    beam = max(flags.get("beam", default.beam), flags.get("nbest", default.nbest))
    groups = max(1, flags.get("groups", default.groups))
    return {**flags, "beam": beam if "beam" in flags else -(-beam // groups) * groups}


def completed(trained: Trained, prompt: str, options: Completion) -> Record:
    """The same for a model that is open."""
    features, model = cast(PlainText, trained.features), cast(Language, trained.model)
    (example,) = features.given([prompt])
    ids = features.encode(example)["source"].tolist()  # the start symbol and the prompt
    spelled = Spelled(ids, ids_of(options.forbidden, features.tokenizer), within_words(prompt, features.tokenizer))
    hypotheses = []
    for one in search(model, spelled, options):
        tokens = features.tokens(one.output)
        new = written(tokens, prompt)
        record = {"text": prompt + new, "written": new, "score": round(one.score, 6), "tokens": tokens}
        hypotheses.append({**record, **rounded(one.more)})
    return {"source": prompt, "hypotheses": hypotheses}


def written(tokens: Sequence[str], prompt: str) -> str:
    """The text of tokens that follow ``prompt``.

    Tokens carry the space before a word, also before the first of a text. The model reads a prompt without the spaces
    at its end and goes on with a new word, so where the prompt has one, or has nothing, the first space adds none.
    """
    text = normalize("NFC", "".join(tokens)).replace(SPACE, " ")
    return text if prompt and not prompt[-1].isspace() else text.removeprefix(" ")


@torch.inference_mode()
def search(model: Language, spelled: Spelled, options: Completion) -> list[Hypothesis]:
    """The ``nbest`` best, or as many drawn, continuations of token ids that begin with the start symbol."""
    model.eval()
    ids = torch.tensor(spelled.prefix, device=model.bias.device)
    begun = begin(read(model, ids[:-1]), 1, spelled.prefix, ids.device)
    limits = constant(1, options.min_length, options.max_length, ids.device)
    inputs = [ids.cpu().numpy().tobytes()]
    step, rules = fastest_step(model, ids.device), spelled.forbidden
    return search_tokens(step, begun, limits, options, rules, inputs, not_first=spelled.after)[0]


def read(model: Language, prompt: Tensor) -> Written:
    """The state of one text after its first tokens (T,); none is the start."""
    state = model.start(1)
    for token in prompt[:, None]:
        _, state = model.step(state, token)
    return state
