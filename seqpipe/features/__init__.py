"""Features: raw examples in, arrays out, and model outputs back to what people read.

A modality is one class here with this shape; numpy only, no torch. Everything fitted (a vocabulary, a mean) is
fitted on the training split alone and kept in the folder that ``save`` writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol

from seqpipe.readers.example import Example
from seqpipe.report import Report
from seqpipe.store import Row

SPLITS = ("train", "valid", "test")


class Features(Protocol):
    """What a modality must offer."""

    columns: dict[str, str]
    """Columns of the store and their kinds; always ``id`` and ``group`` (text), ``source`` and ``target``."""
    sizes: dict[str, int]
    """What a model must know: ``source`` (features a frame, or vocabulary) and ``target`` (vocabulary or horizon)."""

    @classmethod
    def fit(cls, params: Any, folder: Path, report: Report) -> Features:
        """Fit on the training split of ``data/raw/<name>``."""

    @classmethod
    def load(cls, params: Any, folder: Path, report: Report) -> Features:
        """Open what ``save`` wrote; ``report`` hears of inputs that had to be changed (resampled, mixed down)."""

    def examples(self, folder: Path, split: str) -> Iterator[Example]:
        """Read one split of ``data/raw/<name>``."""

    def inputs(self, paths: Sequence[str]) -> Iterator[Example]:
        """Read new raw input without targets: the files named, ``-`` for standard input; one example an input."""

    def given(self, items: Sequence[str]) -> Iterator[Example]:
        """Inputs handed over in Python: texts themselves, or paths."""

    def encode(self, example: Example) -> Row:
        """Turn an example into a row of the store; a missing target (None) becomes an empty one."""

    def decode(self, output: Any, row: Row) -> Any:
        """Turn a model's output (token ids, or values) into text or numbers a person reads."""

    def tokens(self, output: Sequence[int]) -> list[str]:
        """The written form of each target token; none for values."""

    def source_tokens(self, row: Row) -> list[str]:
        """The written form of each source token; none for frames."""

    def record(self, row: Row) -> dict[str, Any]:
        """What the decoded file says of a row beside the outputs: ``source`` and ``reference`` as a person reads them,
        and whatever scoring needs."""

    def save(self, folder: Path) -> None:
        """Write what was fitted."""


def modality(name: str) -> type[Features]:
    """The class of a modality; its libraries load here, when it is used."""
    if name == "text":
        from seqpipe.features.text import TextPairs

        return TextPairs
    if name == "audio":
        from seqpipe.features.audio import Recordings

        return Recordings
    from seqpipe.features.series import SeriesWindows

    return SeriesWindows
