"""Windows over time series, split by time: what lies before an origin is read, what follows is predicted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqpipe.features.differencing import difference, integrate
from seqpipe.features.sizes import Sizes, Vocabulary
from seqpipe.features.spans import spans
from seqpipe.features.statistics import Statistics, measure
from seqpipe.features.usable import usable
from seqpipe.files import SeqpipeError, read_json, some, write_json
from seqpipe.params.features import SeriesFeatures
from seqpipe.readers import corpus
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.series import Columns, Series, read_folder, read_series
from seqpipe.report import Note, Report
from seqpipe.store import Row


class Window(NamedTuple):
    """A series as it is known at an origin: its latest raw ``values`` float64[T], ``history`` of which a row keeps."""

    series: str
    shown: str
    values: np.ndarray
    history: int
    statistics: Statistics


class SeriesWindows:
    """A window of differenced, scaled values and the ``horizon`` values that follow it.

    A row holds ``source`` float32[window, 1] and ``target`` float32[horizon, 1] as the model sees them; ``history`` and
    ``reference`` float64 in the series' own unit, ``moments`` (mean, deviation) and ``scale`` (of MASE) to undo it.
    """

    def __init__(self, params: SeriesFeatures, statistics: dict[str, Statistics], report: Report) -> None:
        self.params, self.statistics, self.report = params, statistics, report
        self.unusable: dict[str, str] = {}  # the series that cannot be used, and why
        self.spans = spans(params)
        self.sizes = Sizes("frames", 1, params.horizon)
        self.vocabularies: dict[str, Vocabulary] = {}
        self.columns = {"id": "text", "group": "text", "shown": "text", "source": "frames:1", "target": "frames:1"}
        self.columns |= {"history": "values", "reference": "values", "moments": "values", "scale": "values"}

    @classmethod
    def fit(cls, params: SeriesFeatures, folder: Path, report: Report) -> SeriesWindows:
        """Measure every series of the folder on its training part."""
        features = cls(params, {}, report)
        features.statistics, features.unusable = usable(features._items(folder), features._measured)
        return features

    def _measured(self, series: Series) -> Statistics:
        """Figures of the training part of a series; a ``SeqpipeError`` where it is too short or has no scale."""
        self.spans.check(series)
        self._note_gap(series)
        statistics = self._measure(self.spans.training(series.values))
        if not statistics.error:
            raise SeqpipeError(
                f"Series '{series.name}' of {series.path} repeats itself every {self.params.season} steps in its "
                f"training part, so that MASE has no scale; remove it or change features.season."
            )
        return statistics

    def _note_gap(self, series: Series) -> None:
        if date := series.gap():
            self.report(Note(f"{series.path}: series '{series.name}' has a long step after {date}; are rows missing?"))

    def _measure(self, values: np.ndarray) -> Statistics:
        changes = difference(values, self.spans.season, self.params.difference)
        return measure(values, changes, self.params.season, self.params.scale == "standard")

    @classmethod
    def load(cls, params: SeriesFeatures, folder: Path, report: Report) -> SeriesWindows:
        """Open ``series.json``."""
        path = folder / "series.json"
        try:
            found = {name: Statistics(**values) for name, values in read_json(path).items()}
        except (AttributeError, TypeError):
            raise SeqpipeError(f"{path} is broken; run `seqpipe preprocess` (or `dvc repro`) again.") from None
        return cls(params, found, report)

    def save(self, folder: Path) -> None:
        """Write ``series.json``."""
        write_json(folder / "series.json", {name: values._asdict() for name, values in self.statistics.items()})

    def _items(self, folder: Path) -> Iterator[Example | Dropped]:
        return corpus.whole(folder, lambda here: (_one(series) for series in read_folder(here, self._columns())))

    def examples(self, folder: Path, split: str) -> Iterator[Example | Dropped]:
        """Every window whose targets lie in the split's part of time; it may read values from before that part."""
        history = self.spans.history(split)
        for item in self._items(folder):
            if isinstance(item, Dropped) or item.source.name in self.unusable:
                if split == "train":  # once is enough
                    yield item if isinstance(item, Dropped) else Dropped(item.where, self.unusable[item.source.name])
                continue
            series: Series = item.source
            for origin in self.spans.origins(len(series.values), split):
                target = series.values[origin : origin + self.params.horizon]
                yield self._example(series, origin, target, history, self.statistics[series.name])

    def inputs(self, paths: Sequence[str]) -> Iterator[Example]:
        """The last window of every series of every file; a series that training did not know is scaled by itself."""
        for path in paths:
            for series in read_series(path, self._columns()):
                length = len(series.values)
                if length < self.spans.needed:
                    shown = "standard input" if path == "-" else path
                    raise SeqpipeError(
                        f"{shown}: series '{series.name}' has {length} values, but a forecast needs "
                        f"{self.spans.needed} (window {self.params.window}, differences {self.spans.lag}); give a "
                        f"longer past."
                    )
                self._note_gap(series)
                statistics = self.statistics.get(series.name)
                if statistics is None:
                    known = f"not in training, which had {some(self.statistics)}"
                    self.report(Note(f"{path}: series '{series.name}' was {known}; scaled by its own {length} values"))
                    statistics = self._measure(series.values)
                yield self._example(series, length, None, self.spans.lag, statistics)

    def given(self, items: Sequence[str]) -> Iterator[Example]:
        """The same for paths handed over in Python."""
        return self.inputs(items)

    def _example(
        self, series: Series, origin: int, target: np.ndarray | None, history: int, statistics: Statistics
    ) -> Example:
        since, until = series.dates[origin - self.spans.needed], series.dates[origin - 1]
        values = series.values[max(0, origin - max(history, self.spans.needed)) : origin]
        window = Window(series.name, f"{series.name} {since} → {until}", values, history, statistics)
        where = f"{series.path} series '{series.name}' up to {until}"
        return Example(f"{series.name}:{until}", window, target, where, series.name)

    def encode(self, example: Example) -> Row:
        """Difference and scale both sides; the source depends on nothing after the origin."""
        window: Window = example.source
        values, target = window.values, np.zeros(0) if example.target is None else example.target
        joined = np.concatenate([values[-self.spans.needed :], target])
        changes = difference(joined, self.spans.season, self.params.difference)
        scaled = ((changes - window.statistics.mean) / window.statistics.deviation).astype(np.float32)[:, None]
        return {
            "id": example.id,
            "group": example.group,
            "shown": window.shown,
            "source": scaled[: self.params.window],
            "target": scaled[self.params.window :],
            "history": values[len(values) - min(window.history, len(values)) :],
            "reference": target,
            "moments": np.array([window.statistics.mean, window.statistics.deviation]),
            "scale": np.array([window.statistics.error]),
        }

    def decode(self, output: Any, row: Row) -> list[float]:
        """Forecast in the series' own unit from the model's output, [horizon] or [horizon, 1]."""
        mean, deviation = row["moments"]
        changes = np.asarray(output, np.float64).ravel() * deviation + mean
        values: list[float] = integrate(changes, row["history"], self.spans.season, self.params.difference).tolist()
        return values

    def tokens(self, output: Sequence[int]) -> list[str]:
        """Values have no tokens."""
        return []

    def source_tokens(self, row: Row) -> list[str]:
        """Values have no tokens."""
        return []

    def record(self, row: Row) -> dict[str, Any]:
        """Series and dates of what was read (differences reach back before the window), what followed, MASE's scale;
        where something followed, also the raw values read, ``history``."""
        reference = row["reference"].tolist()
        record = {"source": row["shown"], "reference": reference, "scale": float(row["scale"][0])}
        return record | ({"history": row["history"][-self.spans.needed :].tolist()} if reference else {})

    def _columns(self) -> Columns:
        return Columns(self.params.date, self.params.value, self.params.series)


def _one(series: Series) -> Example:
    return Example(series.name, series, None, series.path, series.name, series.name)
