"""Recordings as frames, and their transcripts as token ids."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from seqpipe.features.live import LiveFrames
from seqpipe.features.prepared import Prepared
from seqpipe.features.pretrained import Words
from seqpipe.features.sizes import Sizes
from seqpipe.features.spectra import Spectra
from seqpipe.files import SeqpipeError, read_json, write_json
from seqpipe.params.features import AudioFeatures
from seqpipe.readers import corpus
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.recordings import read_manifest, read_recordings
from seqpipe.readers.sound import read_audio
from seqpipe.report import Note, Report, silent

FLAT = 0.01  # a dimension that varies by less (in decibels) holds nothing to scale up


class Scale:
    """Zero mean and unit variance per dimension: (x − mean) / deviation."""

    def __init__(self, mean: np.ndarray, deviation: np.ndarray) -> None:
        self.mean, self.deviation = mean, np.maximum(deviation, FLAT)

    @classmethod
    def of(cls, many: Iterator[np.ndarray]) -> Scale:
        """Fit to frames, float[T, F] each, in one pass, keeping two sums."""
        count, total, squares = 0, np.zeros(1), np.zeros(1)
        for frames in many:
            count += len(frames)
            total = total + frames.sum(axis=0, dtype=np.float64)
            squares = squares + np.square(frames, dtype=np.float64).sum(axis=0)
        count = max(count, 1)  # where every recording was dropped, preprocessing ends with the reasons
        mean = total / count
        return cls(mean, np.sqrt(np.maximum(squares / count - mean**2, 0)))  # Var x = E x² − (E x)²

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = (frames - self.mean) / self.deviation
        return scaled.astype(np.float32)


class Recordings:
    """The source codec of sound."""

    def __init__(self, params: AudioFeatures, spectra: Spectra, scale: Scale | None, report: Report) -> None:
        self.params, self.spectra, self.scale, self.report = params, spectra, scale, report
        self.unit = spectra.hop / params.rate
        self.sizes = Sizes("frames", spectra.size, 0)
        self.column = f"frames:{spectra.size}"

    @classmethod
    def fit(cls, params: AudioFeatures, folder: Path, report: Report) -> Recordings:
        """What ``measure`` then fits."""
        return cls(params, Spectra(params), None, report)

    @classmethod
    def unfitted(cls, params: AudioFeatures) -> Recordings:
        """What only prepares."""
        return cls(params, Spectra(params), None, silent)

    def measure(self, examples: Iterable[Example]) -> None:
        """For corpus normalisation, fit the scale."""
        if self.params.normalize == "corpus":
            self.scale = Scale.of(example.source.values for example in examples)

    def prepare(self, example: Example) -> Example:
        """Frames before normalisation."""
        try:
            samples, remarks = read_audio(example.source, self.params.rate)
        except SeqpipeError as error:
            raise SeqpipeError(f"{example.where}: {error}" if example.target is not None else str(error)) from None
        old = re.search(r"resampled from (\d+)", " ".join(remarks))
        rate = int(old[1]) if old else self.params.rate
        return example._replace(source=Prepared(example.source, self.spectra(samples), tuple(remarks), rate))

    @classmethod
    def load(cls, params: AudioFeatures, folder: Path, report: Report) -> Recordings:
        """For corpus normalisation, open ``statistics.json``."""
        spectra = Spectra(params)
        scale = _load_scale(folder / "statistics.json", spectra.size) if params.normalize == "corpus" else None
        return cls(params, spectra, scale, report)

    def save(self, folder: Path) -> None:
        """Write what ``load`` opens."""
        if self.scale is not None:
            values = {"mean": self.scale.mean.tolist(), "deviation": self.scale.deviation.tolist()}
            write_json(folder / "statistics.json", values)

    def examples(self, folder: Path, split: str) -> Iterator[Example | Dropped]:
        """Read ``<split>.jsonl``, or that split of a corpus."""
        return corpus.examples(folder, split, _read)

    def inputs(self, paths: Sequence[str]) -> Iterator[Example]:
        """Read sound files, one example each."""
        return read_recordings(paths)

    def given(self, items: Sequence[str]) -> Iterator[Example]:
        """The same for paths given in Python."""
        return self.inputs(items)

    def encode(self, example: Example) -> np.ndarray:
        """Normalised frames of a recording, prepared or not; new input that had to be changed is told of."""
        prepared = self._prepared(example)
        if example.target is None:
            for remark in prepared.remarks:
                self.report(Note(f"{prepared.origin}: {remark}"))
        return self._normalized(prepared.values)

    def _prepared(self, example: Example) -> Prepared:
        source = example.source if isinstance(example.source, Prepared) else self.prepare(example).source
        assert isinstance(source, Prepared)
        return source

    def live(self) -> LiveFrames:
        """The same frames as sound comes; not for frames that depend on the whole recording."""
        assert self.params.normalize != "utterance"
        return LiveFrames(self.spectra, self._normalized)

    def shown(self, example: Example) -> str:
        """Where the sound is."""
        return str(example.source.origin if isinstance(example.source, Prepared) else example.source)

    def tokens(self, source: np.ndarray) -> list[str]:
        """None: frames have no written form."""
        return []

    def words(self) -> Words:
        """None, as there are no tokens."""
        return []

    def _normalized(self, frames: np.ndarray) -> np.ndarray:
        if self.params.normalize == "utterance":
            return Scale(frames.mean(axis=0), frames.std(axis=0))(frames)
        return frames if self.scale is None else self.scale(frames)


def _load_scale(path: Path, size: int) -> Scale:
    values = read_json(path)
    try:
        mean, deviation = np.array(values["mean"], np.float64), np.array(values["deviation"], np.float64)
        fits = mean.shape == deviation.shape == (size,)
    except (KeyError, TypeError, ValueError):
        fits = False
    if not fits:
        raise SeqpipeError(f"{path} does not hold the statistics of {size} features; run `seqpipe preprocess` again.")
    return Scale(mean, deviation)


def _read(folder: Path, split: str) -> Iterator[Example]:
    return read_manifest(folder / f"{split}.jsonl")
