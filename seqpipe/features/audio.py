"""Recordings as frames, and their transcripts as token ids."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from seqpipe.features.spectra import Spectra
from seqpipe.features.tokens import Tokenizer
from seqpipe.files import SeqpipeError, read_json, write_json
from seqpipe.params import AudioFeatures
from seqpipe.readers.example import Example
from seqpipe.readers.recordings import read_manifest, read_recordings
from seqpipe.readers.sound import read_audio
from seqpipe.report import Note, Progress, Report
from seqpipe.store import Row

EVERY = 200  # recordings between two reports of progress
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
        mean = total / count
        return cls(mean, np.sqrt(np.maximum(squares / count - mean**2, 0)))  # Var x = E x² − (E x)²

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        scaled: np.ndarray = (frames - self.mean) / self.deviation
        return scaled.astype(np.float32)


class Recordings:
    """Sound and what is said in it."""

    def __init__(
        self, params: AudioFeatures, spectra: Spectra, target: Tokenizer, scale: Scale | None, report: Report
    ) -> None:
        self.params, self.spectra, self.target, self.scale, self.report = params, spectra, target, scale, report
        self.remarks: Counter[str] = Counter()
        self.sizes = {"source": spectra.size, "target": target.size}
        self.columns = {"id": "text", "group": "text", "shown": "text", "reference": "text"}
        self.columns |= {"source": f"frames:{spectra.size}", "target": "ids"}

    @classmethod
    def fit(cls, params: AudioFeatures, folder: Path, report: Report) -> Recordings:
        """Train the vocabulary on the transcripts of ``train.jsonl`` and, for corpus normalisation, fit the scale."""
        path = folder / "train.jsonl"
        spectra = Spectra(params)
        target = Tokenizer.train(
            (example.target for example in read_manifest(path)), params.target, f"the texts of {path}"
        )
        features = cls(params, spectra, target, None, report)
        if params.normalize == "corpus":
            features.scale = Scale.of(features._training_frames(path))
        return features

    def _training_frames(self, path: Path) -> Iterator[np.ndarray]:
        for done, example in enumerate(read_manifest(path)):
            if done % EVERY == 0:
                self.report(Progress(f"statistics of {path}", done, 0))
            yield self._frames(example)[0]

    @classmethod
    def load(cls, params: AudioFeatures, folder: Path, report: Report) -> Recordings:
        """Open ``target.model`` and, for corpus normalisation, ``statistics.json``."""
        spectra = Spectra(params)
        scale = _load_scale(folder / "statistics.json", spectra.size) if params.normalize == "corpus" else None
        return cls(params, spectra, Tokenizer.load(folder / "target.model"), scale, report)

    def save(self, folder: Path) -> None:
        """Write what ``load`` opens."""
        self.target.save(folder / "target.model")
        if self.scale is not None:
            values = {"mean": self.scale.mean.tolist(), "deviation": self.scale.deviation.tolist()}
            write_json(folder / "statistics.json", values)

    def examples(self, folder: Path, split: str) -> Iterator[Example]:
        """Read ``<split>.jsonl``; at its end, say how many of the recordings encoded meanwhile had to be changed."""
        path = folder / f"{split}.jsonl"
        self.remarks.clear()
        yield from read_manifest(path)
        for remark, count in sorted(self.remarks.items()):
            self.report(Note(f"{path}: {count} recording{'s' * (count > 1)} {remark}"))

    def inputs(self, paths: Sequence[str]) -> Iterator[Example]:
        """Read sound files, one example each."""
        return read_recordings(paths)

    def given(self, items: Sequence[str]) -> Iterator[Example]:
        """The same for paths given in Python."""
        return self.inputs(items)

    def encode(self, example: Example) -> Row:
        """Normalised frames and token ids; a recording that had to be changed is counted or, if new input, told of."""
        frames, remarks = self._frames(example)
        known = example.target is not None
        if known:
            self.remarks.update(remarks)
        else:
            for remark in remarks:
                self.report(Note(f"{example.source}: {remark}"))
        return {
            "id": example.id,
            "group": example.group,
            "shown": str(example.source),
            "reference": example.target if known else "",
            "source": self._normalized(frames),
            "target": self.target.encode(example.target) if known else np.zeros(0, np.int32),
        }

    def _frames(self, example: Example) -> tuple[np.ndarray, list[str]]:
        try:
            samples, remarks = read_audio(example.source, self.params.rate)
        except SeqpipeError as error:
            raise SeqpipeError(f"{example.where}: {error}" if example.target is not None else str(error)) from None
        return self.spectra(samples), remarks

    def _normalized(self, frames: np.ndarray) -> np.ndarray:
        if self.params.normalize == "utterance":
            return Scale(frames.mean(axis=0), frames.std(axis=0))(frames)
        return frames if self.scale is None else self.scale(frames)

    def decode(self, output: Any, row: Row) -> str:
        """Text of target token ids."""
        return self.target.decode(output)

    def tokens(self, output: Sequence[int]) -> list[str]:
        """Pieces of the transcript."""
        return self.target.pieces(output)

    def source_tokens(self, row: Row) -> list[str]:
        """None: frames have no written form."""
        return []

    def record(self, row: Row) -> dict[str, Any]:
        """Where the sound is, and its transcript as the corpus writes it."""
        return {"source": row["shown"], "reference": row["reference"]}


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
