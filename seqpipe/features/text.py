"""Text pairs as token ids on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqpipe.features.tokens import Tokenizer
from seqpipe.params import TextFeatures
from seqpipe.readers.example import Example
from seqpipe.readers.pairs import read_pairs, read_text_inputs
from seqpipe.report import Report
from seqpipe.store import Row


class TextPairs:
    """A source text and its target text."""

    columns = {"id": "text", "group": "text", "shown": "text", "reference": "text", "source": "ids", "target": "ids"}

    def __init__(self, source: Tokenizer, target: Tokenizer) -> None:
        self.source, self.target = source, target
        self.sizes = {"source": source.size, "target": target.size}

    @classmethod
    def fit(cls, params: TextFeatures, folder: Path, report: Report) -> TextPairs:
        """Train both vocabularies on ``train.tsv``."""
        path = folder / "train.tsv"
        sources = Tokenizer.train(
            (example.source for example in read_pairs(path)), params.source, f"the sources of {path}"
        )
        targets = Tokenizer.train(
            (example.target for example in read_pairs(path)), params.target, f"the targets of {path}"
        )
        return cls(sources, targets)

    @classmethod
    def load(cls, params: TextFeatures, folder: Path, report: Report) -> TextPairs:
        """Open ``source.model`` and ``target.model``."""
        return cls(Tokenizer.load(folder / "source.model"), Tokenizer.load(folder / "target.model"))

    def save(self, folder: Path) -> None:
        """Write ``source.model`` and ``target.model``."""
        self.source.save(folder / "source.model")
        self.target.save(folder / "target.model")

    def examples(self, folder: Path, split: str) -> Iterator[Example]:
        """Read ``<split>.tsv``."""
        return read_pairs(folder / f"{split}.tsv")

    def inputs(self, paths: Sequence[str]) -> Iterator[Example]:
        """Read lines."""
        return read_text_inputs(paths)

    def given(self, items: Sequence[str]) -> Iterator[Example]:
        """The texts themselves."""
        return (Example(str(number), text, None, f"input {number}") for number, text in enumerate(items, start=1))

    def encode(self, example: Example) -> Row:
        """Token ids of both sides."""
        known = example.target is not None
        return {
            "id": example.id,
            "group": example.group,
            "shown": example.source,
            "reference": example.target if known else "",
            "source": self.source.encode(example.source),
            "target": self.target.encode(example.target) if known else np.zeros(0, np.int32),
        }

    def decode(self, output: Any, row: Row) -> str:
        """Text of target token ids."""
        return self.target.decode(output)

    def tokens(self, output: Sequence[int]) -> list[str]:
        """Pieces of the target."""
        return self.target.pieces(output)

    def source_tokens(self, row: Row) -> list[str]:
        """Pieces of the source."""
        return self.source.pieces(row["source"])

    def record(self, row: Row) -> dict[str, Any]:
        """Both sides as they stand in the corpus."""
        return {"source": row["shown"], "reference": row["reference"]}
