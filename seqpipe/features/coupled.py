"""Features of a source and its target, each with a codec of its own: any modality with any task that writes ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from seqpipe.features.labels import LabelTarget
from seqpipe.features.prepared import Costly, Through, prepare_here
from seqpipe.features.pretrained import Words
from seqpipe.features.sizes import Sizes, Vocabulary
from seqpipe.features.targets import Target, TokenTarget
from seqpipe.features.tokens import UNKNOWN
from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Dropped, Example, kept
from seqpipe.report import Report
from seqpipe.store import Row


class Source(Protocol):
    """A codec of sources: one modality."""

    column: str
    """The kind of the store's column ``source``."""
    sizes: Sizes
    """With a target of size 0."""
    unit: float
    """Seconds that a step takes; 1 where steps are no time."""

    def examples(self, folder: Path, split: str) -> Iterator[Example | Dropped]:
        """Read one split of raw data."""

    def inputs(self, paths: Sequence[str]) -> Iterator[Example]:
        """Read new raw input, without targets."""

    def given(self, items: Sequence[str]) -> Iterator[Example]:
        """Inputs handed over in Python."""

    def encode(self, example: Example) -> np.ndarray:
        """The source of an example as an array whose first axis is time."""

    def shown(self, example: Example) -> str:
        """The source as a person reads it."""

    def tokens(self, source: np.ndarray) -> list[str]:
        """The written form of each step; none for frames."""

    def words(self) -> Words:
        """The word that each source id is written as; none for frames."""

    def save(self, folder: Path) -> None:
        """Write what was fitted."""


@runtime_checkable
class Many(Protocol):
    """A source codec that is faster with many sources at a time."""

    def encode_many(self, examples: Sequence[Example], threads: int) -> list[np.ndarray]:
        """The sources of many examples."""


@runtime_checkable
class ManyTargets(Protocol):
    """A target codec that is faster with many targets at a time."""

    def encode_many(self, texts: Sequence[str], threads: int) -> list[np.ndarray]:
        """The ids of many targets."""


class Coupled:
    """A source codec and a target codec."""

    def __init__(self, source: Source, target: Target) -> None:
        self.source, self.target = source, target
        self.sizes = source.sizes._replace(target=target.size)
        self.columns = {"id": "text", "group": "text", "shown": "text", "reference": "text"}
        self.unit = source.unit
        self.columns |= {"source": source.column, "target": "ids"}
        self.vocabularies = {"target": target.vocabulary}
        if source.column == "ids":
            self.vocabularies["source"] = Vocabulary(source.sizes.source, UNKNOWN)
        self.examples, self.inputs, self.given = source.examples, source.inputs, source.given

    def encode(self, example: Example) -> Row:
        """Arrays of both sides; an unknown target (None) is empty."""
        return self._row(example, self.source.encode(example), self._target(example))

    def encode_many(self, examples: Sequence[Example], threads: int) -> list[Row | SeqpipeError]:
        """The same of many texts of a corpus, on ``threads`` threads; an error stands in the place of its row."""
        assert isinstance(self.source, Many)
        sources = self.source.encode_many(examples, threads)
        if isinstance(self.target, ManyTargets):
            targets = self.target.encode_many([example.target for example in examples], threads)
            return list(map(self._row, examples, sources, targets))
        found: list[Row | SeqpipeError] = []
        for example, source in zip(examples, sources, strict=True):
            try:
                found.append(self._row(example, source, self._target(example)))
            except SeqpipeError as error:
                found.append(error)
        return found

    def _target(self, example: Example) -> np.ndarray:
        return np.zeros(0, np.int32) if example.target is None else self.target.encode(example.target, example.where)

    def _row(self, example: Example, source: np.ndarray, target: np.ndarray) -> Row:
        return {
            "id": example.id,
            "group": example.group,
            "shown": self.source.shown(example),
            "reference": "" if example.target is None else example.target,
            "source": source,
            "target": target,
        }

    def decode(self, output: Any, row: Row) -> str:
        """Text of target ids."""
        return self.target.decode(output)

    def tokens(self, output: Sequence[int]) -> list[str]:
        """The written form of each target id."""
        return self.target.tokens(output)

    def source_tokens(self, row: Row) -> list[str]:
        """The written form of each source step."""
        return self.source.tokens(row["source"])

    def words(self) -> Words:
        """The word that each source id is written as."""
        return self.source.words()

    def record(self, row: Row) -> dict[str, Any]:
        """Both sides as they stand in the corpus."""
        return {"source": row["shown"], "reference": row["reference"]}

    def save(self, folder: Path) -> None:
        """Write what both codecs fitted."""
        self.source.save(folder)
        self.target.save(folder)


def couple(modality: str, task: str) -> tuple[Callable[..., Coupled], Callable[..., Coupled]]:
    """How to fit, and how to load, the features of a modality and task."""
    source, target = _source(modality), TARGETS[task]

    def fit(params: Any, folder: Path, report: Report, through: Through | None = None) -> Coupled:
        fitted = source.fit(params, folder, report)
        training = partial(fitted.examples, folder, "train")
        if isinstance(fitted, Costly):
            prepared = through or partial(prepare_here, fitted)
            fitted.measure(kept(prepared(training())))
        texts = (example.target for example in kept(training()))
        return Coupled(fitted, target.fit(params, texts, f"the targets of the training split of {folder}", report))

    def load(params: Any, folder: Path, report: Report) -> Coupled:
        return Coupled(source.load(params, folder, report), target.load(folder))

    return fit, load


TARGETS: dict[str, Any] = {"seq2seq": TokenTarget, "ctc": TokenTarget, "classify": LabelTarget}
"""The target codec of each task that has one."""


def _source(modality: str) -> Any:
    """The source codec of a modality; its libraries load here, when it is used."""
    if modality == "text":
        from seqpipe.features.text import Texts

        return Texts
    if modality == "frames":
        from seqpipe.features.frames import Pictures

        return Pictures
    if modality == "series":
        from seqpipe.features.signals import Signals

        return Signals
    from seqpipe.features.audio import Recordings

    return Recordings
