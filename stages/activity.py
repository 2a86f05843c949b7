"""Videos of handwritten digits that move over a noisy canvas; the label is where to. GIF files, a few frames each.

The digits are scikit-learn's 8 × 8 scans. No scan is in two splits, and some digits move in the test split alone:
``known-digits`` are other scans of digits seen in training, ``new-digits`` are digits never seen at all.
"""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, NamedTuple

import numpy as np
from PIL import Image
from pydantic import Field, model_validator
from sklearn.datasets import load_digits

from seqpipe.files import write_text
from seqpipe.params import Count, Positive, Section
from seqpipe.report import Note, Progress, Report

STRAIGHT = {
    "right": (1, 0),
    "down-right": (1, 1),
    "down": (0, 1),
    "down-left": (-1, 1),
    "left": (-1, 0),
    "up-left": (-1, -1),
    "up": (0, -1),
    "up-right": (1, -1),
}
"""Steps to the right and down."""
ROUND = {"clockwise": 1, "counterclockwise": -1}
LABELS = [*STRAIGHT, *ROUND]
SIZE = 8  # pixels of a digit, both ways
TURN = (0.6, 1.2)  # of a whole turn, for what goes round
EVERY = 200  # videos between two reports of progress
SHARES = {"train": 0.7, "valid": 0.1, "test": 0.2}  # of the scans

Length = Annotated[int, Field(ge=4, le=100)]
Digit = Annotated[int, Field(ge=0, le=9)]


class Videos(Section):
    """How many videos a split has."""

    train: Positive = 1500
    valid: Positive = 200
    test: Positive = 400


class Source(Section):
    """Parameters of this recipe. A pair is the lowest and the highest of a range, drawn from evenly."""

    seed: Count = 1
    """Seed of digits, paths and noise."""
    videos: Videos = Videos()
    canvas: Annotated[int, Field(ge=12, le=64)] = 20
    """Pixels of a frame, both ways."""
    frames: tuple[Length, Length] = (8, 12)
    """Frames of a video."""
    distance: tuple[Annotated[float, Field(ge=3)], Annotated[float, Field(ge=3)]] = (5, 10)
    """Pixels that a digit covers on a straight path."""
    radius: tuple[Annotated[float, Field(ge=2)], Annotated[float, Field(ge=2)]] = (2.5, 4)
    """Pixels between the digit and the centre of a round path."""
    noise: Annotated[float, Field(ge=0, le=100)] = 20
    """Standard deviation of the noise, in shades of 256."""
    new_digits: list[Digit] = [4, 9]
    """Digits that move in the test split alone."""

    @model_validator(mode="after")
    def _fits(self) -> "Source":
        room = self.canvas - SIZE
        for name, most in (("distance", self.distance[1]), ("radius", 2 * self.radius[1])):
            if most > room:
                raise ValueError(f"has a {name} that leads out of a canvas of {self.canvas}; at most {room} are left")
        for name in ("frames", "distance", "radius"):
            lowest, highest = getattr(self, name)
            if lowest > highest:
                raise ValueError(f"has {name} {[lowest, highest]}, but the lowest must come first")
        if len(set(self.new_digits)) == 10:
            raise ValueError("has all digits in new_digits, which leaves none to train on")
        return self


class Scan(NamedTuple):
    """One handwritten digit: its name and its pixels, float[8, 8] from 0 to 255."""

    digit: int
    pixels: np.ndarray


def make(folder: Path, source: Source, report: Report) -> None:
    """Fill ``folder`` with ``{train,valid,test}.tsv`` and a folder of GIF files each."""
    for number, (split, scans) in enumerate(_scans(source).items()):
        (folder / split).mkdir()
        rng = np.random.default_rng([source.seed, number])
        lines = ["source\ttarget\tgroup"]
        count = getattr(source.videos, split)
        for at in range(count):
            if at % EVERY == 0:
                report(Progress(f"draw {split} videos", at, count))
            scan, label = scans[int(rng.integers(len(scans)))], LABELS[at % len(LABELS)]
            name = f"{split}/{at:04d}.gif"
            frames = [Image.fromarray(frame) for frame in _video(scan, label, source, rng)]
            frames[0].save(folder / name, save_all=True, append_images=frames[1:], duration=100, loop=0)
            lines.append(f"{name}\t{label}\t{'new' if scan.digit in source.new_digits else 'known'}-digits")
        write_text(folder / f"{split}.tsv", "\n".join(lines) + "\n")
    report(Note(f"digits that training never sees: {', '.join(map(str, source.new_digits)) or 'none'}"))


def _scans(source: Source) -> dict[str, list[Scan]]:
    """The scans of each split; new digits come to the test split alone."""
    digits = load_digits()
    every = [Scan(int(digit), image * 255 / 16) for digit, image in zip(digits.target, digits.images, strict=True)]
    order = np.random.default_rng([source.seed, len(SHARES)]).permutation(len(every))
    ends = np.round(np.cumsum(list(SHARES.values())) * len(every)).astype(int)
    found = {}
    for split, part in zip(SHARES, np.split(order, ends[:-1]), strict=True):
        scans = [every[at] for at in part]
        found[split] = [scan for scan in scans if split == "test" or scan.digit not in source.new_digits]
    return found


def _video(scan: Scan, label: str, source: Source, rng: np.random.Generator) -> Iterator[np.ndarray]:
    """Frames uint8[canvas, canvas]; the noise makes every frame a new one, as GIF would drop one that is not."""
    path = np.round(_path(label, source, rng)).astype(int)
    for left, top in path:
        frame = rng.normal(0, source.noise, (source.canvas, source.canvas))
        frame[top : top + SIZE, left : left + SIZE] += scan.pixels
        yield np.clip(np.abs(frame), 0, 255).astype(np.uint8)


def _path(label: str, source: Source, rng: np.random.Generator) -> np.ndarray:
    """Left and top edge of the digit in every frame, float[T, 2], at an even speed and always inside the canvas."""
    count = int(rng.integers(source.frames[0], source.frames[1] + 1))
    done = np.linspace(0, 1, count)[:, None]  # share of the path
    if label in STRAIGHT:
        steps = np.array(STRAIGHT[label])
        path = done * steps / np.linalg.norm(steps) * rng.uniform(*source.distance)
    else:
        angle = 2 * math.pi * (rng.uniform() + ROUND[label] * rng.uniform(*TURN) * done)
        path = rng.uniform(*source.radius) * np.hstack([np.cos(angle), np.sin(angle)])  # y grows downwards
    lowest = -path.min(axis=0)
    highest = source.canvas - SIZE - path.max(axis=0)
    start: np.ndarray = rng.uniform(lowest, highest)
    return path + start
