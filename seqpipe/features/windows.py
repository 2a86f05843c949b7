"""Windows of signals, for models that rebuild what they read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from seqpipe.features.sizes import Sizes, Vocabulary
from seqpipe.files import SeqpipeError, read_json, some, write_json
from seqpipe.params.features import WindowFeatures
from seqpipe.readers.example import Example
from seqpipe.readers.signals import Signal, SignalColumns, read_signals
from seqpipe.report import Note, Report
from seqpipe.store import Row


class Moments(NamedTuple):
    """What scales a series, fitted on its windows of the training split: float64[F] both."""

    mean: np.ndarray
    deviation: np.ndarray


class Window(NamedTuple):
    """A part of a signal: ``values`` float64[T, F], the commonest fault in it (or nothing), and how to scale it."""

    shown: str
    values: np.ndarray
    label: str
    moments: Moments


class SignalWindows:
    """``source`` float32[T, F] is a scaled window, ``target`` empty; ``center`` and ``deviation`` undo the scaling."""

    def __init__(self, params: WindowFeatures, names: list[str], moments: dict[str, Moments], report: Report) -> None:
        self.params, self.names, self.moments, self.report = params, names, moments, report
        self.sizes = Sizes("frames", len(names), len(names))
        self.vocabularies: dict[str, Vocabulary] = {}
        frames = f"frames:{len(names)}"
        self.columns = {"id": "text", "group": "text", "shown": "text", "label": "text", "source": frames}
        self.columns |= {"target": frames, "center": "values", "deviation": "values"}

    @classmethod
    def fit(cls, params: WindowFeatures, folder: Path, report: Report) -> SignalWindows:
        """Measure every series on its windows of ``train.csv``."""
        signals = read_signals(str(folder / "train.csv"), _columns(params, params.values))
        features = cls(params, signals[0].names, {}, report)
        parts: dict[str, list[np.ndarray]] = {}
        for signal in signals:
            for start in features._starts(signal, params.stride):
                parts.setdefault(signal.series, []).append(signal.values[start : start + params.window])
        features.moments = {series: features._measure(windows) for series, windows in parts.items()}
        return features

    @classmethod
    def load(cls, params: WindowFeatures, folder: Path, report: Report) -> SignalWindows:
        """Open ``windows.json``."""
        path = folder / "windows.json"
        try:
            kept = read_json(path)
            moments = {name: Moments(*(np.array(part) for part in two)) for name, two in kept["series"].items()}
            return cls(params, list(kept["values"]), moments, report)
        except (AttributeError, KeyError, TypeError, ValueError):
            raise SeqpipeError(f"{path} is broken; run `seqpipe preprocess` (or `dvc repro`) again.") from None

    def save(self, folder: Path) -> None:
        """Write ``windows.json``."""
        series = {name: [part.tolist() for part in moments] for name, moments in self.moments.items()}
        write_json(folder / "windows.json", {"values": self.names, "series": series})

    def examples(self, folder: Path, split: str) -> Iterator[Example]:
        """The windows of ``<split>.csv``: ``stride`` apart in train, end to end in the others."""
        stride = self.params.stride if split == "train" else self.params.window
        for signal in read_signals(str(folder / f"{split}.csv"), _columns(self.params, self.names)):
            if signal.series not in self.moments:
                raise SeqpipeError(
                    f"{signal.path} line {signal.lines[0]}: series '{signal.series}' is not in train.csv; add it there."
                )
            yield from self._windows(signal, stride)

    def inputs(self, paths: Sequence[str]) -> Iterator[Example]:
        """Windows of new files, end to end; a series that training did not know is scaled by itself."""
        for path in paths:
            for signal in read_signals(path, _columns(self.params, self.names)):
                yield from self._windows(signal, self.params.window)

    def given(self, items: Sequence[str]) -> Iterator[Example]:
        """The same for paths handed over in Python."""
        return self.inputs(items)

    def _windows(self, signal: Signal, stride: int) -> Iterator[Example]:
        starts = self._starts(signal, stride)
        moments = self.moments.get(signal.series)
        if moments is None:
            known = f"not in training, which had {some(self.moments)}"
            self.report(Note(f"{signal.path}: series '{signal.series}' was {known}; scaled by its own values"))
            moments = self._measure([signal.values[start : start + self.params.window] for start in starts])
        name = f"{signal.series} {signal.recording}".strip()
        for start in starts:
            stop = start + self.params.window
            first, last = signal.lines[start], signal.lines[stop - 1]
            faults = Counter(label for label in signal.labels[start:stop] if label)
            label = faults.most_common(1)[0][0] if faults else ""
            window = Window(f"{name} steps {start + 1}–{stop}", signal.values[start:stop], label, moments)
            where = f"{signal.path} lines {first} to {last}"
            yield Example(f"{name.replace(' ', ':')}:{start + 1}", window, None, where, signal.series)

    def _starts(self, signal: Signal, stride: int) -> list[int]:
        """Where windows begin; the last one ends with the signal, even if it overlaps the one before by more."""
        rest = len(signal.values) - self.params.window
        if rest < 0:
            raise SeqpipeError(
                f"{signal.path} line {signal.lines[0]}: '{signal.series} {signal.recording}'".rstrip("' ")
                + f"' has {len(signal.values)} steps, but a window needs {self.params.window}; give a longer one."
            )
        starts = list(range(0, rest + 1, stride))
        return starts if starts[-1] == rest else [*starts, rest]

    def _center(self, values: np.ndarray, moments: Moments) -> np.ndarray:
        return values.mean(axis=0) if self.params.center == "window" else moments.mean

    def _measure(self, windows: list[np.ndarray]) -> Moments:
        stacked = np.stack(windows)  # (N, T, F)
        mean = stacked.mean(axis=(0, 1))
        center = stacked.mean(axis=1, keepdims=True) if self.params.center == "window" else mean
        deviation = np.sqrt(((stacked - center) ** 2).mean(axis=(0, 1)))
        noise = 1e-9 * np.abs(stacked).max()
        return Moments(mean, np.where(deviation > noise, deviation, 1.0))

    def encode(self, example: Example) -> Row:
        """Center and scale."""
        window: Window = example.source
        center, deviation = self._center(window.values, window.moments), window.moments.deviation
        return {
            "id": example.id,
            "group": example.group,
            "shown": window.shown,
            "label": window.label,
            "source": ((window.values - center) / deviation).astype(np.float32),
            "target": np.zeros((0, len(self.names)), np.float32),
            "center": center,
            "deviation": deviation,
        }

    def decode(self, output: Any, row: Row) -> dict[str, Any]:
        """``reconstruction``, from the model's [T, F], in the signal's own unit."""
        values = np.asarray(output, np.float64) * row["deviation"] + row["center"]
        return {"reconstruction": values.round(6).tolist()}

    def tokens(self, output: Sequence[int]) -> list[str]:
        """Values have no tokens."""
        return []

    def source_tokens(self, row: Row) -> list[str]:
        """Values have no tokens."""
        return []

    def record(self, row: Row) -> dict[str, Any]:
        """Which window it was, its values, and the fault planted in it (nothing if none)."""
        signal = row["source"].astype(np.float64) * row["deviation"] + row["center"]
        return {"source": row["shown"], "label": row["label"], "signal": signal.round(6).tolist()}


def _columns(params: WindowFeatures, values: Sequence[str]) -> SignalColumns:
    return SignalColumns(params.series, params.recording, params.label, (params.date,), tuple(values))
