"""Target codecs: what a model writes, as ids and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from seqpipe.features.sizes import Vocabulary
from seqpipe.features.tokens import UNKNOWN, Tokenizer
from seqpipe.params.features import Tokens
from seqpipe.report import Report, silent


def steps_needed(labels: np.ndarray) -> int:
    """Steps that CTC needs for ``labels``, int[U]: one each, and a blank between two that are the same."""
    return len(labels) + int((labels[1:] == labels[:-1]).sum())


class Target(Protocol):
    """A codec of targets."""

    size: int
    """Number of ids."""
    vocabulary: Vocabulary

    def encode(self, text: str, where: str) -> np.ndarray:
        """Ids int32[T] of a target; ``where`` names it in an error."""

    def decode(self, output: Sequence[int]) -> str:
        """The text of ids."""

    def tokens(self, output: Sequence[int]) -> list[str]:
        """The written form of each id."""

    def save(self, folder: Path) -> None:
        """Write what was fitted."""


class TokenTarget:
    """Text as tokens: for seq2seq and CTC."""

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer, self.size = tokenizer, tokenizer.size
        self.vocabulary = Vocabulary(tokenizer.size, UNKNOWN)

    @classmethod
    def fit(cls, params: Any, texts: Iterable[str], what: str, report: Report = silent) -> TokenTarget:
        """Train the vocabulary of ``params.target`` on ``texts``; ``what`` names them in an error."""
        target: Tokens = params.target
        return cls(Tokenizer.train(texts, target, what, report))

    @classmethod
    def load(cls, folder: Path) -> TokenTarget:
        """Open ``target.model``."""
        return cls(Tokenizer.load(folder / "target.model"))

    def save(self, folder: Path) -> None:
        """Write ``target.model``."""
        self.tokenizer.save(folder / "target.model")

    def encode(self, text: str, where: str) -> np.ndarray:
        """Token ids, without begin and end."""
        return self.tokenizer.encode(text)

    def encode_many(self, texts: Sequence[str], threads: int) -> list[np.ndarray]:
        """The same of many texts, on ``threads`` threads."""
        return self.tokenizer.encode_many(texts, threads)

    def decode(self, output: Sequence[int]) -> str:
        """The text of token ids."""
        return self.tokenizer.decode(output)

    def tokens(self, output: Sequence[int]) -> list[str]:
        """Pieces."""
        return self.tokenizer.pieces(output)
