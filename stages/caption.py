"""Scenes of one or two coloured shapes, and a sentence that tells what stands where. PNG files.

Some colours never meet some shapes in training (``held_out``): in validation and test, the group ``new-pairs`` has
such a shape in every scene, ``known-pairs`` has none. Validation's new pairs are not test's, so that a model can be
chosen by how it does on new pairs without a look at test's. Of two shapes the sentence names the bigger first, else the
left or the upper one, so that every scene has one true caption.

BLEU flatters on these captions: they share most of their words, so one that names a shape wrongly still scores high.
How many are right in every word is ``exact``, overall and of each group, beside ``bleu`` in ``data/metrics``.
"""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NamedTuple, Self

import numpy as np
from PIL import Image, ImageDraw
from pydantic import Field, model_validator

from seqpipe.files import SeqpipeError, write_text
from seqpipe.params import Count, Positive, Section
from seqpipe.report import Note, Progress, Report

COLOURS = {
    "red": (220, 40, 40),
    "green": (40, 170, 60),
    "blue": (50, 80, 220),
    "yellow": (235, 210, 40),
    "purple": (160, 60, 190),
    "orange": (240, 130, 20),
    "cyan": (60, 200, 220),
    "white": (250, 250, 250),
}
RADII = {"small": (3.6, 4.4), "big": (6.0, 7.0)}  # pixels
FINE = 4  # drawn so much larger, then shrunk, which smooths the edges
GAP = 1.5  # pixels between two shapes at least
CLEAR = 4.0  # pixels by which "left" is more left than above, and the other way round
MARGIN = 1.0  # pixels between the centre of a shape alone and the lines between thirds, at least
ROWS, COLUMNS = ("top", "", "bottom"), ("left", "", "right")  # thirds of a scene
EVERY = 500  # scenes between two reports of progress

Points = list[tuple[float, float]]
Pairs = Annotated[list[str], Field(min_length=1)]


class Scenes(Section):
    """How many scenes a split has; half of the validation and test scenes are ``new-pairs``."""

    train: Positive = 8000
    valid: Positive = 300
    test: Positive = 600


class HeldOut(Section):
    """Pairs of a colour and a shape that only one split has, so that none is chosen by what another measures."""

    valid: Pairs = ["purple ring", "orange triangle", "cyan circle", "white bar"]
    test: Pairs = ["red triangle", "green circle", "blue cross", "yellow square"]

    @model_validator(mode="after")
    def _leave_some(self) -> Self:
        if both := sorted(set(self.valid) & set(self.test)):
            raise ValueError(f"has '{both[0]}' under valid and under test; take it out of one")
        pairs = {*self.valid, *self.test}
        for pair in sorted(pairs):
            colour, _, shape = pair.partition(" ")
            if colour not in COLOURS or shape not in SHAPES:
                raise ValueError(f"must be pairs of {', '.join(COLOURS)} and {', '.join(SHAPES)}, not '{pair}'")
        for known, what in ((COLOURS, "colour"), (SHAPES, "shape")):
            for name in known:
                if sum(name in pair.split() for pair in pairs) >= len(COLOURS) + len(SHAPES) - len(known):
                    raise ValueError(f"leaves no pair of the {what} {name} to train on")
        return self


class Source(Section):
    """Parameters of this recipe."""

    seed: Count = 1
    """Seed of scenes and noise."""
    scenes: Scenes = Scenes()
    size: Annotated[int, Field(ge=24, le=256)] = 32
    """Pixels of a scene, both ways."""
    held_out: HeldOut = Field(default_factory=HeldOut)
    """Pairs of a colour and a shape that training never sees."""
    alone: Annotated[float, Field(ge=0, le=1)] = 0.4
    """Share of scenes with one shape."""
    alike: Annotated[float, Field(ge=0, le=1)] = 0.05
    """Share of scenes with two that are alike."""
    noise: Annotated[float, Field(ge=0, le=100)] = 6
    """Standard deviation of the noise, in shades of 256."""


class Shape(NamedTuple):
    """One thing of a scene: ``x`` and ``y`` of its centre and its ``radius`` in pixels."""

    size: str
    colour: str
    form: str
    x: float
    y: float
    radius: float

    def named(self) -> str:
        return f"{self.size} {self.colour} {self.form}"

    def pair(self) -> str:
        return f"{self.colour} {self.form}"


def _corners(count: int, turn: float) -> Points:
    """A regular polygon of radius 1."""
    angles = [2 * math.pi * (at / count) + turn for at in range(count)]
    return [(math.cos(angle), math.sin(angle)) for angle in angles]


ARM = 0.36  # half the width of a cross's arms
SHAPES: dict[str, Points] = {
    "circle": _corners(40, 0),
    "square": [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)],
    "triangle": [(0, -1), (0.95, 0.8), (-0.95, 0.8)],
    "bar": [(-1.1, -0.4), (1.1, -0.4), (1.1, 0.4), (-1.1, 0.4)],
    "ring": [*_corners(40, 0), (1, 0), (0.5, 0), *((x / 2, y / 2) for x, y in reversed(_corners(40, 0)))],
    "cross": [
        *[(-ARM, -1), (ARM, -1), (ARM, -ARM), (1, -ARM), (1, ARM), (ARM, ARM)],
        *[(ARM, 1), (-ARM, 1), (-ARM, ARM), (-1, ARM), (-1, -ARM), (-ARM, -ARM)],
    ],
}
"""Outlines around the centre, within about 1 of it."""


def make(folder: Path, source: Source, report: Report) -> None:
    """Fill ``folder`` with ``{train,valid,test}.tsv`` and a folder of PNG files each."""
    for number, split in enumerate(Scenes.model_fields):
        (folder / split).mkdir()
        rng = np.random.default_rng([source.seed, number])
        count = getattr(source.scenes, split)
        lines = ["source\ttarget\tgroup"]
        for at in range(count):
            if at % EVERY == 0:
                report(Progress(f"draw {split} scenes", at, count))
            new = at % 2 == 1 and split != "train"
            shapes = _shapes(source, getattr(source.held_out, split) if new else [], rng)
            name = f"{split}/{at:04d}.png"
            _drawn(shapes, source, rng).save(folder / name)
            lines.append(f"{name}\t{caption(shapes, source.size)}\t{'new' if new else 'known'}-pairs")
        write_text(folder / f"{split}.tsv", "\n".join(lines) + "\n")
    report(Note(f"pairs that training never sees: {', '.join([*source.held_out.valid, *source.held_out.test])}"))


def caption(shapes: list[Shape], size: int) -> str:
    """The one sentence that is true of a scene of ``size`` pixels."""
    if len(shapes) == 1:
        shape = shapes[0]
        third = size / 3
        words = f"{ROWS[int(shape.y // third)]} {COLUMNS[int(shape.x // third)]}".split()
        return f"there is a {shape.named()} {'at the ' + ' '.join(words) if words else 'in the middle'}"
    one, other = shapes
    across, down = other.x - one.x, other.y - one.y
    sideways = abs(across) > abs(down)
    if one.named() == other.named():
        return f"two {one.named()}s {'side by side' if sideways else 'one above the other'}"
    if (one.size, other.size) == ("small", "big") or (one.size == other.size and (across if sideways else down) < 0):
        return caption([other, one], size)
    relation = ("left of" if across > 0 else "right of") if sideways else ("above" if down > 0 else "below")
    return f"a {one.named()} is {relation} a {other.named()}"


def _shapes(source: Source, new: list[str], rng: np.random.Generator) -> list[Shape]:
    """One or two shapes, one of the ``new`` pairs among them if there are any, and no other that is held out."""
    every = [f"{colour} {form}" for colour in COLOURS for form in SHAPES]
    known = [pair for pair in every if pair not in source.held_out.valid + source.held_out.test]
    first = str(rng.choice(new or known))
    size = str(rng.choice(list(RADII)))
    drawn = rng.uniform()
    if drawn < source.alone:
        return _placed([(size, first)], source, rng, _in_a_third)
    if drawn < source.alone + source.alike:
        return _placed([(size, first)] * 2, source, rng, _side_by_side)
    second = str(rng.choice(known + new))
    pairs = [(size, first), (str(rng.choice(list(RADII))), second)]
    if pairs[0] == pairs[1]:
        return _shapes(source, new, rng)
    return _placed(pairs, source, rng, _side_by_side)


def _placed(
    pairs: list[tuple[str, str]],
    source: Source,
    rng: np.random.Generator,
    clear: Callable[[list[Shape], int], bool],
) -> list[Shape]:
    """Shapes at places that are ``clear``: no two ways to tell where they are."""
    for _ in range(1000):
        shapes = []
        for size, pair in pairs:
            radius = rng.uniform(*RADII[size])
            x, y = rng.uniform(radius + 1, source.size - radius - 1, 2)
            shapes.append(Shape(size, *pair.split(), x, y, radius))
        if clear(shapes, source.size):
            return shapes
    raise SeqpipeError(f"source.size {source.size} leaves no room for two shapes; make it larger.")


def _in_a_third(shapes: list[Shape], size: int) -> bool:
    """Whether the only shape is plainly in one third, both ways."""
    (shape,) = shapes
    return all(abs(place - line * size / 3) > MARGIN for place in (shape.x, shape.y) for line in (1, 2))


def _side_by_side(shapes: list[Shape], size: int) -> bool:
    """Whether two shapes are apart, and plainly beside or above each other."""
    one, other = shapes
    across, down = abs(other.x - one.x), abs(other.y - one.y)
    apart = math.hypot(across, down) > 1.1 * (one.radius + other.radius) + GAP
    return apart and abs(across - down) > CLEAR


def _drawn(shapes: list[Shape], source: Source, rng: np.random.Generator) -> Image.Image:
    """The scene on a dark ground of some shade, a little noisy."""
    shade = int(rng.integers(10, 60))
    fine = Image.new("RGB", (source.size * FINE, source.size * FINE), (shade, shade, shade))
    draw = ImageDraw.Draw(fine)
    for shape in shapes:
        outline = [
            ((shape.x + shape.radius * x) * FINE, (shape.y + shape.radius * y) * FINE) for x, y in SHAPES[shape.form]
        ]
        tint = rng.integers(-20, 21, 3)
        draw.polygon(outline, fill=tuple(int(value) for value in np.clip(np.add(COLOURS[shape.colour], tint), 0, 255)))
    pixels = np.asarray(fine.resize((source.size, source.size), Image.Resampling.BOX), np.float64)
    noisy = pixels + rng.normal(0, source.noise, pixels.shape)
    return Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
