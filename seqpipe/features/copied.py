"""Plain texts for models that rebuild what they read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqpipe.features.plain import PlainText
from seqpipe.params.features import TextSource
from seqpipe.readers.example import Example
from seqpipe.report import Report
from seqpipe.store import Row


class CopiedText:
    """``source`` int32[T] is a text's tokens, ``target`` is empty; outputs are tokens, too."""

    def __init__(self, plain: PlainText) -> None:
        self.plain, self.sizes, self.columns = plain, plain.sizes, plain.columns
        self.vocabularies = {"source": plain.vocabularies["target"]}
        self.examples, self.inputs, self.given, self.save = plain.examples, plain.inputs, plain.given, plain.save
        self.words = plain.words

    @classmethod
    def fit(cls, params: TextSource, folder: Path, report: Report) -> CopiedText:
        """Train the vocabulary of ``params.source`` on the training split."""
        return cls(PlainText.fit(params, folder, report))

    @classmethod
    def load(cls, params: TextSource, folder: Path, report: Report) -> CopiedText:
        """Open ``source.model``."""
        return cls(PlainText.load(params, folder, report))

    def encode(self, example: Example) -> Row:
        """Token ids without begin and end."""
        return _copied(self.plain.encode(example))

    def encode_many(self, examples: Sequence[Example], threads: int) -> list[Row]:
        """The same of many examples of a corpus."""
        return [_copied(row) for row in self.plain.encode_many(examples, threads)]

    def decode(self, output: Sequence[int], row: Row) -> str:
        """The text of token ids."""
        return self.plain.tokenizer.decode(output)

    def tokens(self, output: Sequence[int]) -> list[str]:
        """Pieces."""
        return self.plain.tokens(output)

    def source_tokens(self, row: Row) -> list[str]:
        """Pieces."""
        return self.plain.tokens(row["source"])

    def record(self, row: Row) -> dict[str, Any]:
        """The text; nothing in it is known to be wrong."""
        return {"source": row["shown"], "label": ""}


def _copied(row: Row) -> Row:
    return {**row, "source": row["target"][:-1], "target": np.zeros(0, np.int32)}
