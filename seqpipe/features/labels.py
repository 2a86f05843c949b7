"""Label targets: one of a few words for a whole source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqpipe.features.sizes import Vocabulary
from seqpipe.files import SeqpipeError, read_json, some, write_json
from seqpipe.report import Report, silent


class LabelTarget:
    """One label an example, its id the place among the labels in order: for classification."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.labels, self.size = list(labels), len(labels)
        self.vocabulary = Vocabulary(self.size, None)
        self._ids = {label: at for at, label in enumerate(labels)}

    @classmethod
    def fit(cls, params: Any, texts: Iterable[str], what: str, report: Report = silent) -> LabelTarget:
        """The labels among ``texts``; ``what`` names them in an error."""
        labels = sorted({text for text in texts if text.strip()})
        if len(labels) < 2:
            found = f"only the label '{labels[0]}'" if labels else "no label"
            raise SeqpipeError(f"There is nothing to tell apart: {what} have {found}; give examples of two or more.")
        return cls(labels)

    @classmethod
    def load(cls, folder: Path) -> LabelTarget:
        """Open ``labels.json``."""
        path = folder / "labels.json"
        labels = read_json(path)
        if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
            raise SeqpipeError(f"{path} is no list of labels; run `seqpipe preprocess` (or `dvc repro`) again.")
        return cls(labels)

    def save(self, folder: Path) -> None:
        """Write ``labels.json``."""
        write_json(folder / "labels.json", self.labels)

    def encode(self, text: str, where: str) -> np.ndarray:
        """The id of a label, int32[1]; one that training does not have is an error."""
        if text in self._ids:
            return np.array([self._ids[text]], np.int32)
        if not text.strip():
            raise SeqpipeError(f"{where} has no label; add one or remove the example.")
        raise SeqpipeError(
            f"{where} has the label '{text}', which the training split lacks (it has {some(self.labels)}); "
            "correct it, or add examples of it to training."
        )

    def decode(self, output: Sequence[int]) -> str:
        """The label of an id."""
        (label,) = output
        return self.labels[int(label)]

    def tokens(self, output: Sequence[int]) -> list[str]:
        """The label by itself."""
        return [self.labels[int(label)] for label in output]
