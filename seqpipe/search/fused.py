"""From a language model, a bonus for words and hotwords to the arrays of ``fusion``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from seqpipe.features.tokens import END as END_LABEL
from seqpipe.features.tokens import SPACE, Tokenizer
from seqpipe.files import SeqpipeError
from seqpipe.readers.arpa import END, START, UNKNOWN
from seqpipe.search.fusion import ROWS, TOKENS, WORDS, Fusion, nothing
from seqpipe.search.hotwords import Hotwords
from seqpipe.search.ngrams import Ngrams
from seqpipe.search.spelling import hashed, table

SPECIAL = {START, END, UNKNOWN}


class Level(NamedTuple):
    """What an n-gram model is over, ``TOKENS`` or ``WORDS``, and that in words."""

    level: int
    note: str


def level_of(model: Ngrams, pieces: Sequence[str], tokenizer: Tokenizer, name: str) -> Level:
    """Tell from its words whether a model is over tokens or over words; ``name`` is the model's in an error.

    Over tokens, its words are all tokens of the vocabulary and some begin with a space if tokens do, or it has all of
    them, those too that begin with a space. Over words, at least half of its words can be written with the tokens.
    """
    words, tokens = set(model.words) - SPECIAL, set(pieces) - {""}
    spaced = {token for token in tokens if token.startswith(SPACE)}
    inside = words <= tokens and (not spaced or spaced & words)
    if words and (inside or (spaced and tokens <= words)):
        return Level(TOKENS, f"{name} is over tokens: it has {len(tokens & words)} of the {len(tokens)} of the targets")
    written = sum(_can_write(tokenizer, word) for word in words)
    if 2 * written < len(words) or not written:
        raise SeqpipeError(
            f"{name} fits neither the tokens nor the words of the targets: it has {len(tokens & words)} of "
            f"{len(tokens)} tokens, and they write {written} of its {len(words)} words; train it on texts like these."
        )
    return Level(WORDS, f"{name} is over words: {written} of its {len(words)} can be written with the targets' tokens")


def _can_write(tokenizer: Tokenizer, word: str) -> bool:
    return "".join(tokenizer.pieces(tokenizer.encode(word))).removeprefix(SPACE) == word


def fused(
    pieces: Sequence[str],
    bonus: float = 0.0,
    hotwords: Hotwords | None = None,
    model: Ngrams | None = None,
    level: int = 0,
    weight: float = 0.0,
) -> Fusion:
    """``level`` is that of ``model``, or ``ROWS`` without one, for a table whose rows hold α log p already."""
    found = nothing(len(pieces))._replace(bonus=bonus, bound=max(bonus, 0.0), level=level)
    numbers, letters = [0] * len(pieces), hotwords.letters if hotwords else {}
    if level == ROWS:
        found = found._replace(end=END_LABEL)
    if model:
        found = _with_counts(found, model, weight)
        known = {word: at for at, word in enumerate(model.words)}
        numbers = [known.get(piece, model.unknown) for piece in pieces]
    if hotwords:
        found = found._replace(goto=hotwords.goto, credit=hotwords.credit, hotword_start=hotwords.start)
    spelling, sequence = table(pieces, numbers, letters)
    active = bool(level or bonus or hotwords)
    return found._replace(spelling=spelling, letters=sequence, active=active)


def _with_counts(fusion: Fusion, model: Ngrams, weight: float) -> Fusion:
    words = [(word, at) for at, word in enumerate(model.words) if word not in SPECIAL]
    vocabulary = np.column_stack([hashed([word for word, _ in words]), [at for _, at in words]]).astype(np.int64)
    vocabulary = vocabulary[np.argsort(vocabulary[:, 0])]
    assert (np.diff(vocabulary[:, 0]) != 0).all()  # two words of one hash: once in 2^64 / W^2 models
    return fusion._replace(
        arcs=model.arcs,
        weights=weight * model.weights,
        contexts=model.contexts,
        backoffs=weight * model.backoffs,
        vocabulary=vocabulary.reshape(-1, 2),
        unknown=model.unknown,
        end=model.end,
        bound=fusion.bound + weight * model.bound,
        model_start=model.start,
    )
