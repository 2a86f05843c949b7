"""Texts as token ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqpipe.features.pretrained import Words
from seqpipe.features.sizes import Sizes
from seqpipe.features.tokens import Tokenizer
from seqpipe.readers import corpus
from seqpipe.readers.example import Dropped, Example, kept
from seqpipe.readers.pairs import read_pairs, read_text_inputs
from seqpipe.report import Report


class Texts:
    """The source codec of text."""

    column, unit = "ids", 1

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer = tokenizer
        self.sizes = Sizes("tokens", tokenizer.size, 0)

    @classmethod
    def fit(cls, params: Any, folder: Path, report: Report) -> Texts:
        """Train the vocabulary of ``params.source`` on the sources of the training split."""
        texts = (example.source for example in kept(corpus.examples(folder, "train", _read)))
        return cls(Tokenizer.train(texts, params.source, f"the sources of the training split of {folder}", report))

    @classmethod
    def load(cls, params: Any, folder: Path, report: Report) -> Texts:
        """Open ``source.model``."""
        return cls(Tokenizer.load(folder / "source.model"))

    def words(self) -> Words:
        """Words of the pieces that are whole ones."""
        return self.tokenizer.words()

    def save(self, folder: Path) -> None:
        """Write ``source.model``."""
        self.tokenizer.save(folder / "source.model")

    def examples(self, folder: Path, split: str) -> Iterator[Example | Dropped]:
        """Read ``<split>.tsv``, or that split of a corpus."""
        return corpus.examples(folder, split, _read)

    def inputs(self, paths: Sequence[str]) -> Iterator[Example]:
        """Read lines."""
        return read_text_inputs(paths)

    def given(self, items: Sequence[str]) -> Iterator[Example]:
        """The texts themselves."""
        return (Example(str(number), text, None, f"input {number}") for number, text in enumerate(items, start=1))

    def encode(self, example: Example) -> np.ndarray:
        """Token ids int32[T]."""
        return self.tokenizer.encode(example.source)

    def encode_many(self, examples: Sequence[Example], threads: int) -> list[np.ndarray]:
        """The same of many examples."""
        return self.tokenizer.encode_many([example.source for example in examples], threads)

    def shown(self, example: Example) -> str:
        """The text."""
        return str(example.source)

    def tokens(self, source: np.ndarray) -> list[str]:
        """Pieces."""
        return self.tokenizer.pieces(source)


def _read(folder: Path, split: str) -> Iterator[Example]:
    return read_pairs(folder / f"{split}.tsv")
