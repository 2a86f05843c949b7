"""Pictures and videos as frames of pixels: a column of a picture, or a whole picture, a time step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from seqpipe.features.prepared import Prepared
from seqpipe.features.pretrained import Words
from seqpipe.features.sizes import Sizes
from seqpipe.files import SeqpipeError, read_json, write_json
from seqpipe.params.features import FramesFeatures
from seqpipe.readers import corpus
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.images import read_frames, read_picture_inputs, read_pictures
from seqpipe.readers.videos import VIDEOS, read_video
from seqpipe.report import Report

FLAT = 1 / 255  # a deviation smaller than one shade of grey is nothing to scale up
STATISTICS = "statistics.json"


class Pictures:
    """The source codec of pictures and videos.

    A step of a ``video`` is a picture, height × width × channels values row by row; a step of an ``image`` is one of
    its columns, height × channels values from the top down, and its width is its time.
    """

    unit = 1

    def __init__(self, params: FramesFeatures, mean: np.ndarray, deviation: np.ndarray) -> None:
        self.params, self.mean, self.deviation = params, mean, deviation
        size = params.height * params.channels * (params.width if params.kind == "video" else 1)
        self.sizes = Sizes(params.kind, size, 0, params.height, params.channels)
        self.column = f"frames:{size}"

    @classmethod
    def fit(cls, params: FramesFeatures, folder: Path, report: Report) -> Pictures:
        """What ``measure`` then fits."""
        return cls.unfitted(params)

    @classmethod
    def unfitted(cls, params: FramesFeatures) -> Pictures:
        """Values from 0 to 1 as they are."""
        return cls(params, np.zeros(params.channels), np.ones(params.channels))

    def measure(self, examples: Iterable[Example]) -> None:
        """For corpus normalisation, measure mean and deviation of each channel."""
        if self.params.normalize != "corpus":
            return
        count, total, squares = 0, np.zeros(self.params.channels), np.zeros(self.params.channels)
        for example in examples:
            pixels = example.source.values.reshape(-1, self.params.channels)
            count += len(pixels)
            total += pixels.sum(axis=0, dtype=np.float64)
            squares += np.square(pixels, dtype=np.float64).sum(axis=0)
        count = max(count, 1)  # where every picture was dropped, preprocessing ends with the reasons
        self.mean = total / count
        variance = np.maximum(squares / count - self.mean**2, 0)  # Var x = E x² − (E x)²
        self.deviation = np.maximum(np.sqrt(variance), FLAT)

    def prepare(self, example: Example) -> Example:
        """Pixels before normalisation."""
        pixels = self._pixels(example)
        return example._replace(source=Prepared(example.source, pixels.reshape(len(pixels), self.sizes.source)))

    @classmethod
    def load(cls, params: FramesFeatures, folder: Path, report: Report) -> Pictures:
        """For corpus normalisation, open ``statistics.json``."""
        if params.normalize != "corpus":
            return cls.unfitted(params)
        values = read_json(folder / STATISTICS)
        try:
            mean, deviation = np.array(values["mean"], np.float64), np.array(values["deviation"], np.float64)
            fits = mean.shape == deviation.shape == (params.channels,)
        except (KeyError, TypeError, ValueError):
            fits = False
        if not fits:
            raise SeqpipeError(
                f"{folder / STATISTICS} does not hold the statistics of {params.channels} channels; run `seqpipe "
                "preprocess` again."
            )
        return cls(params, mean, deviation)

    def save(self, folder: Path) -> None:
        """Write what ``load`` opens."""
        if self.params.normalize == "corpus":
            write_json(folder / STATISTICS, {"mean": self.mean.tolist(), "deviation": self.deviation.tolist()})

    def examples(self, folder: Path, split: str) -> Iterator[Example | Dropped]:
        """Read ``<split>.tsv``, or that split of a corpus."""
        return corpus.examples(folder, split, _read)

    def inputs(self, paths: Sequence[str]) -> Iterator[Example]:
        """Read image files, one example each."""
        return read_picture_inputs(paths)

    def given(self, items: Sequence[str]) -> Iterator[Example]:
        """The same for paths given in Python."""
        return self.inputs(items)

    def encode(self, example: Example) -> np.ndarray:
        """Normalised values, float32[T, size]."""
        prepared = example.source if isinstance(example.source, Prepared) else self.prepare(example).source
        assert isinstance(prepared, Prepared)
        pixels = prepared.values.reshape(len(prepared.values), -1, self.params.channels)
        mean, deviation = self.mean, self.deviation
        if self.params.normalize == "picture":
            mean, deviation = pixels.mean(), np.maximum(pixels.std(), FLAT)
        scaled: np.ndarray = ((pixels - mean) / deviation).astype(np.float32)
        return scaled.reshape(len(scaled), self.sizes.source)

    def shown(self, example: Example) -> str:
        """Where the picture is."""
        return str(example.source.origin if isinstance(example.source, Prepared) else example.source)

    def tokens(self, source: np.ndarray) -> list[str]:
        """None: pixels have no written form."""
        return []

    def words(self) -> Words:
        """None, as there are no tokens."""
        return []

    def _pixels(self, example: Example) -> np.ndarray:
        """Values from 0 to 1, float32: [T, height, width, channels] or, column by column, [width, height, channels]."""
        try:
            pixels = np.stack([_scaled(frame, self._size(frame)) for frame in self._frames(example.source)])  # NHWC
        except SeqpipeError as error:
            raise SeqpipeError(f"{example.where}: {error}" if example.target is not None else str(error)) from None
        return pixels if self.params.kind == "video" else pixels[0].swapaxes(0, 1)

    def _frames(self, path: Path) -> Iterable[Image.Image]:
        """Every picture of a file, one after the other."""
        image = self.params.kind == "image"
        if path.suffix.lower() in VIDEOS and not image:
            return read_video(path, self.params.channels, self.params.rate)
        frames = [] if path.suffix.lower() in VIDEOS else read_frames(path, self.params.channels)
        if image and len(frames) != 1:
            raise SeqpipeError(
                f"{path} holds {f'{len(frames)} frames' if frames else 'a video'}, but features.kind is image; give "
                "one picture a file, or set features.kind to video."
            )
        return frames

    def _size(self, frame: Image.Image) -> tuple[int, int]:
        height = self.params.height
        if self.params.kind == "video":
            return self.params.width, height
        return max(1, round(frame.width * height / frame.height)), height


def _scaled(frame: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """A frame at (width, height) as float32[H, W, C] from 0 to 1; shrinking takes the mean of what falls together."""
    if frame.size != size:
        frame = frame.resize(size, Image.Resampling.BILINEAR)
    values = np.asarray(frame, np.float32) / 255
    return values.reshape(size[1], size[0], -1)


def _read(folder: Path, split: str) -> Iterator[Example]:
    return read_pictures(folder / f"{split}.tsv")
