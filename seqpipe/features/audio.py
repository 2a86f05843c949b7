"""Recordings as frames, and their transcripts as token ids."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from seqpipe.features.augmenting import Augmenter
from seqpipe.features.live import LiveFrames
from seqpipe.features.prepared import Prepared
from seqpipe.features.pretrained import Words
from seqpipe.features.scale import RunningScale, Scale
from seqpipe.features.sizes import Sizes
from seqpipe.features.spectra import Spectra
from seqpipe.files import SeqpipeError, read_json, write_json
from seqpipe.params.augment import Augment
from seqpipe.params.features import AudioFeatures
from seqpipe.readers import corpus
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.recordings import read_manifest, read_recordings
from seqpipe.readers.sound import read_audio
from seqpipe.report import Note, Report, silent

WITH_STATISTICS = ("corpus", "running")
"""Normalisations that need those of the training split."""


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
        """Fit the scale, where one of the corpus is needed."""
        if self.params.normalize in WITH_STATISTICS:
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
        """Open ``statistics.json``, where they are needed."""
        spectra, known = Spectra(params), params.normalize in WITH_STATISTICS
        scale = _load_scale(folder / "statistics.json", spectra.size) if known else None
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

    def augmenter(self, params: Augment) -> Augmenter:
        """What changes frames as this codec makes them.

        A gain of g decibels adds g to the logarithm of every band, or g √bands to the first coefficient of their cosine
        transform; what silence is cut off at stays.
        """
        static = self.spectra.size // (1 + self.params.deltas)
        decibel = np.zeros(self.spectra.size, np.float32)
        if self.params.kind == "mfcc":
            decibel[0] = math.sqrt(self.params.mels)
        else:
            decibel[:static] = 1
        if self.scale is not None:
            decibel /= self.scale.deviation.astype(np.float32)
        return Augmenter(params, static, decibel)

    def live(self) -> LiveFrames:
        """The same frames as sound comes; not for frames that depend on the whole recording."""
        assert self.params.normalize != "utterance"
        return LiveFrames(self.spectra, self._running() if self.params.normalize == "running" else self._normalized)

    def _running(self) -> RunningScale:
        assert self.scale is not None
        return RunningScale(self.scale)

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
        if self.params.normalize == "running":
            return self._running()(frames)
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
