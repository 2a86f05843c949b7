"""Labelled series as frames: a step is the values of all dimensions, scaled by what training measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from seqpipe.features.pretrained import Words
from seqpipe.features.sizes import Sizes
from seqpipe.files import SeqpipeError, read_json, write_json
from seqpipe.params.features import SignalFeatures
from seqpipe.readers import corpus
from seqpipe.readers.cases import read_cases
from seqpipe.readers.example import Dropped, Example, kept
from seqpipe.report import Report

NOISE = 1e-9  # a deviation this small beside the values is rounding
STATISTICS = "statistics.json"


class Signals:
    """The source codec of series that have a label each: float32[T, F]."""

    unit = 1

    def __init__(self, params: SignalFeatures, mean: np.ndarray, deviation: np.ndarray) -> None:
        self.params, self.mean, self.deviation = params, mean, deviation
        self.sizes = Sizes("frames", len(mean), 0)
        self.column = f"frames:{len(mean)}"

    @classmethod
    def fit(cls, params: SignalFeatures, folder: Path, report: Report) -> Signals:
        """Measure mean and deviation of every dimension over all steps of the training split."""
        mean, deviation = _measured(example.source for example in kept(corpus.examples(folder, "train", _read)))
        if params.normalize == "corpus":
            return cls(params, mean, deviation)
        return cls(params, np.zeros_like(mean), np.ones_like(mean))

    @classmethod
    def load(cls, params: SignalFeatures, folder: Path, report: Report) -> Signals:
        """Open ``statistics.json``."""
        values = read_json(folder / STATISTICS)
        try:
            mean, deviation = np.array(values["mean"], np.float64), np.array(values["deviation"], np.float64)
            fits = mean.ndim == 1 and len(mean) > 0 and mean.shape == deviation.shape
        except (KeyError, TypeError, ValueError):
            fits = False
        if not fits:
            raise SeqpipeError(f"{folder / STATISTICS} is broken; run `seqpipe preprocess` again.")
        return cls(params, mean, deviation)

    def save(self, folder: Path) -> None:
        """Write what ``load`` opens."""
        write_json(folder / STATISTICS, {"mean": self.mean.tolist(), "deviation": self.deviation.tolist()})

    def examples(self, folder: Path, split: str) -> Iterator[Example | Dropped]:
        """Read ``<split>.ts``, or that split of a corpus."""
        return corpus.examples(folder, split, _read)

    def inputs(self, paths: Sequence[str]) -> Iterator[Example]:
        """Read the cases of ``.ts`` files; labels that stand there are passed over."""
        for path in paths:
            for item in read_cases(Path(path)):
                if isinstance(item, Dropped):
                    raise SeqpipeError(f"{item.where}: {item.reason}; mend or remove it.")
                yield item._replace(id=f"{path}:{item.id.rpartition('-')[2]}", target=None)

    def given(self, items: Sequence[str]) -> Iterator[Example]:
        """The same for paths given in Python."""
        return self.inputs(items)

    def encode(self, example: Example) -> np.ndarray:
        """(x − mean) / deviation."""
        values: np.ndarray = example.source
        if values.shape[1] != len(self.mean):
            raise SeqpipeError(
                f"{example.where} has {values.shape[1]} dimensions, but training has {len(self.mean)}; give those."
            )
        mean, deviation = self.mean, self.deviation
        if self.params.normalize == "series":
            mean, deviation = _measured(iter([values]))
        scaled: np.ndarray = ((values - mean) / deviation).astype(np.float32)
        return scaled

    def shown(self, example: Example) -> str:
        """Where the case stands."""
        return example.where

    def tokens(self, source: np.ndarray) -> list[str]:
        """None: values have no written form."""
        return []

    def words(self) -> Words:
        """None, as there are no tokens."""
        return []


def _read(folder: Path, split: str) -> Iterator[Example]:
    path = folder / f"{split}.ts"
    for item in read_cases(path):
        if isinstance(item, Dropped):
            raise SeqpipeError(f"{folder / item.where}: {item.reason}; mend or remove it.")
        if item.target is None:
            raise SeqpipeError(f"{path} has no labels; its header needs a line `@classLabel true` with them.")
        yield item


def _measured(many: Iterator[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation, float64[F], over the steps of all arrays [T, F], in one pass.

    Sums of squares about the mean are joined as n₁ n₂ (m₁ − m₂)² / (n₁ + n₂) + s₁ + s₂ (Chan, Golub & LeVeque 1983).
    """
    count, mean, squares, largest = 0, np.zeros(1), np.zeros(1), np.zeros(1)
    for values in many:
        new, own = len(values), values.mean(axis=0)
        squares = squares + np.square(values - own).sum(axis=0) + (own - mean) ** 2 * (count * new / (count + new))
        mean = mean + (own - mean) * (new / (count + new))
        largest, count = np.maximum(largest, np.abs(values).max(axis=0)), count + new
    deviation = np.sqrt(squares / max(1, count))
    return mean, np.where(deviation > NOISE * largest, deviation, 1.0)
