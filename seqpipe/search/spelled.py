"""What the words in a section of parameters are in a vocabulary: token ids."""

from __future__ import annotations

import difflib
from typing import Any, NamedTuple

from seqpipe.features.tokens import SPACE, UNKNOWN, Tokenizer
from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import Pipeline
from seqpipe.search.hypothesis import WORDS


class Spelled(NamedTuple):
    """Token ids of what every output begins with, of what none has, and of what may not follow the prefix."""

    prefix: list[int] = []
    forbidden: list[int] = []
    after: list[int] = []


NOTHING_SPELLED = Spelled()


def spelled(pipeline: Pipeline, features: Any, *others: Any) -> Spelled:
    """``decode.prefix`` and ``decode.forbidden`` of a pipeline in its targets' vocabulary."""
    tokenizer: Tokenizer = features.target.tokenizer
    prefix, forbidden = pipeline.decode.prefix, ids_of(pipeline.decode.forbidden, tokenizer)
    return Spelled(_prefix(prefix, tokenizer), forbidden, within_words(prefix, tokenizer))


def within_words(text: str, tokenizer: Tokenizer) -> list[int]:
    """After a text that ends with a space, the tokens that begin no word: what may not come next.

    A vocabulary writes the space before a word with the word, so that it reads the text without its last space. None
    if the text has no other end, or nothing else, or no token begins a word.
    """
    if not text.strip() or not text[-1].isspace():
        return []
    pieces = tokenizer.pieces(range(tokenizer.size))
    within = [at for at, piece in enumerate(pieces) if at >= WORDS and not piece.startswith(SPACE)]
    return within if len(within) < len(pieces) - WORDS else []


def ids_of(tokens: list[str], tokenizer: Tokenizer) -> list[int]:
    """The id of each of ``tokens``, which are written as in the vocabulary; one that no output has is an error."""
    known = {piece: at for at, piece in enumerate(tokenizer.pieces(range(tokenizer.size)))}
    for token in tokens:
        if token not in known:
            close = [SPACE + token] if SPACE + token in known else difflib.get_close_matches(token, known, n=1)
            hint = f" (did you mean '{close[0]}'?)" if close else ""
            raise SeqpipeError(
                f"forbidden has '{token}', but the vocabulary has no such token{hint}; write tokens as records show "
                f"them, with {SPACE} for a space."
            )
        if known[token] < WORDS:
            raise SeqpipeError(f"forbidden has '{token}', but no output has that token anyway; remove it.")
    return [known[token] for token in tokens]


def _prefix(text: str, tokenizer: Tokenizer) -> list[int]:
    """The tokens of a text that an output is to begin with."""
    ids = [int(token) for token in tokenizer.encode(text)]
    if UNKNOWN in ids:
        written = tokenizer.decode(ids)
        raise SeqpipeError(
            f"prefix is '{text}', but the vocabulary cannot write that (it would be '{written}'); use characters of "
            "the training targets."
        )
    return ids
