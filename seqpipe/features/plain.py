"""Plain texts for language models: every token is predicted from those before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import log
from pathlib import Path
from typing import Any

import numpy as np

from seqpipe.features.sizes import Sizes, Vocabulary
from seqpipe.features.text import Texts
from seqpipe.features.tokens import BEGIN, END, UNKNOWN, Tokenizer
from seqpipe.files import SeqpipeError
from seqpipe.params.features import TextSource
from seqpipe.readers import corpus
from seqpipe.readers.example import Dropped, Example, kept
from seqpipe.readers.plain import read_plain
from seqpipe.report import Report
from seqpipe.store import Row

LAST = "⏎"
"""How the end of a text is written among its tokens."""


class PlainText:
    """``source`` is the start symbol and the tokens, ``target`` the tokens and the end: int32[T + 1] both.

    So step t of the source is answered by step t of the target, and an empty text has one step, too.
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self.tokenizer, texts = tokenizer, Texts(tokenizer)
        self.words, self.save, self.inputs, self.given = texts.words, texts.save, texts.inputs, texts.given
        self.sizes = Sizes("tokens", tokenizer.size, tokenizer.size)
        self.vocabularies = {"target": Vocabulary(tokenizer.size, UNKNOWN)}
        self.columns = {"id": "text", "group": "text", "shown": "text", "source": "ids", "target": "ids"}

    @classmethod
    def fit(cls, params: TextSource, folder: Path, report: Report) -> PlainText:
        """Train the vocabulary of ``params.source`` on the training split."""
        texts = (example.source for example in kept(corpus.examples(folder, "train", _read)))
        return cls(Tokenizer.train(texts, params.source, f"the training split of {folder}", report))

    @classmethod
    def load(cls, params: TextSource, folder: Path, report: Report) -> PlainText:
        """Open ``source.model``."""
        return cls(Tokenizer.load(folder / "source.model"))

    def examples(self, folder: Path, split: str) -> Iterator[Example | Dropped]:
        """Read ``<split>.txt``, or that split of a corpus."""
        return corpus.examples(folder, split, _read)

    def encode(self, example: Example) -> Row:
        """Token ids and the same one step later; a text that holds a line's end is an error."""
        if len(example.source.splitlines()) > 1:
            raise SeqpipeError(f"{example.where} has more than one line; give one text a line.")
        return self._row(example, self.tokenizer.encode(example.source))

    def encode_many(self, examples: Sequence[Example], threads: int) -> list[Row]:
        """The same of many examples of a corpus, whose texts are lines."""
        many = self.tokenizer.encode_many([example.source for example in examples], threads)
        return [self._row(example, ids) for example, ids in zip(examples, many, strict=True)]

    def _row(self, example: Example, ids: np.ndarray) -> Row:
        both = np.empty(len(ids) + 2, np.int32)
        both[0], both[1:-1], both[-1] = BEGIN, ids, END
        row = {"id": example.id, "group": example.group, "shown": example.source}
        return row | {"source": both[:-1], "target": both[1:]}

    def decode(self, output: Any, row: Row) -> dict[str, Any]:
        """What log p(w_t | w_1 … w_{t−1}), the model's output, says of a text: the whole, and bits token by token.

        ``bits_per_character`` is −log₂ p over the characters of the raw text and one for its end; ``perplexity`` is by
        token, so it compares only texts of equally many tokens.
        """
        total = float(np.sum(output))
        return {
            "log_prob": round(total, 6),
            "bits_per_character": round(-total / log(2) / self.record(row)["characters"], 6),
            "perplexity": round(float(np.exp(-total / len(output))), 6),
            "tokens": self.source_tokens(row),
            "bits": [round(-value / log(2), 4) for value in output],
        }

    def tokens(self, output: Sequence[int]) -> list[str]:
        """Pieces."""
        return self.tokenizer.pieces(output)

    def source_tokens(self, row: Row) -> list[str]:
        """Pieces of the text, and its end."""
        return [*self.tokenizer.pieces(row["target"][:-1]), LAST]

    def record(self, row: Row) -> dict[str, Any]:
        """The text, its length in characters and in tokens, the end counted as one, and how many are unknown."""
        target = row["target"]
        counts = {"characters": len(row["shown"]) + 1, "length": len(target)}
        return {"source": row["shown"], **counts, "unknown": int((target == UNKNOWN).sum())}


def _read(folder: Path, split: str) -> Iterator[Example]:
    return read_plain(folder / f"{split}.txt")
