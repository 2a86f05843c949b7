"""Features: raw examples in, arrays out, and model outputs back to what people read.

numpy only, no torch. Everything fitted (a vocabulary, a mean) is fitted on the training split alone and kept in the
folder that ``save`` writes. Most tasks couple a source codec of their modality with a target codec of their task
(``coupled``); series, plain text and tagged words have a class of their own with the same shape.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from seqpipe.features.sizes import Sizes, Vocabulary
from seqpipe.readers.example import Dropped, Example
from seqpipe.report import Report
from seqpipe.store import Row

SPLITS = ("train", "valid", "test")


class Features(Protocol):
    """What every pair of modality and task must offer."""

    columns: dict[str, str]
    """Columns of the store and their kinds; always ``id`` and ``group`` (text), ``source`` and ``target``."""
    sizes: Sizes
    vocabularies: dict[str, Vocabulary]
    """Of the sides that are ids."""

    def examples(self, folder: Path, split: str) -> Iterator[Example | Dropped]:
        """Read one split of ``data/raw/<name>``; what it names and cannot be used is a ``Dropped``."""

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


class Door(NamedTuple):
    """How the features of one modality and task come to be: ``fit(params, raw folder, report)`` on the training split
    (a fourth argument prepares costly sources: ``prepared.Through``), ``load(params, folder, report)`` from what
    ``save`` wrote. ``report`` hears of inputs that had to be changed."""

    fit: Callable[..., Features]
    load: Callable[[Any, Path, Report], Features]


OWN_CLASS: dict[tuple[str, str], str] = {
    ("series", "forecast"): "series.SeriesWindows",
    ("series", "autoencode"): "windows.SignalWindows",
    ("text", "autoencode"): "copied.CopiedText",
    ("text", "language-model"): "plain.PlainText",
    ("text", "tag"): "tagged.TaggedWords",
}
"""The modalities and tasks whose two sides hang together: the class in this folder that does both."""


def features_of(modality: str, task: str) -> Door:
    """The features of a modality and task; their libraries load here, when they are used."""
    if (modality, task) in OWN_CLASS:
        module, _, name = OWN_CLASS[modality, task].partition(".")
        both = getattr(import_module(f"seqpipe.features.{module}"), name)
        return Door(lambda params, folder, report, through=None: both.fit(params, folder, report), both.load)
    from seqpipe.features.coupled import couple

    return Door(*couple(modality, task))
