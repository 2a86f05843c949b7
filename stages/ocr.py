"""Strings of letters and digits as pictures: Pillow's own font, slanted, shifted, faint and noisy. PNG files.

Some characters never stand side by side in training (``held_out`` of all ordered pairs): the test group ``new-pairs``
has such neighbours in every string, ``known-pairs`` in none. No string comes twice.
"""

import string
from pathlib import Path
from typing import Annotated

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from pydantic import Field, model_validator

from seqpipe.files import SeqpipeError, write_text
from seqpipe.params import Count, Positive, Section
from seqpipe.report import Note, Progress, Report

CHARACTERS = string.digits + string.ascii_lowercase
MARGIN = 6  # pixels around the text before it is slanted
EVERY = 500  # strings between two reports of progress
TRIES = 1000  # strings drawn to find one that fits its group

Shades = Annotated[float, Field(ge=0, le=255)]
Pixels = Annotated[int, Field(ge=8, le=100)]
Characters = Annotated[int, Field(ge=2, le=40)]
Slant = Annotated[float, Field(ge=-1, le=1)]


class Strings(Section):
    """How many strings a split has; half of the test split are ``new-pairs``."""

    train: Positive = 4000
    valid: Positive = 300
    test: Positive = 600


class Source(Section):
    """Parameters of this recipe. A pair is the lowest and the highest of a range, drawn from evenly."""

    seed: Count = 1
    """Seed of strings, shapes and noise."""
    strings: Strings = Strings()
    length: tuple[Characters, Characters] = (4, 8)
    """Characters of a string."""
    font: tuple[Pixels, Pixels] = (18, 24)
    """Size of the font in pixels."""
    slant: tuple[Slant, Slant] = (-0.35, 0.35)
    """Pixels to the right for each pixel up."""
    contrast: tuple[Shades, Shades] = (80, 200)
    """Shades of 256 between ink and paper."""
    noise: tuple[Shades, Shades] = (5, 16)
    """Standard deviation of the noise, in shades of 256."""
    blur: tuple[Annotated[float, Field(ge=0, le=5)], Annotated[float, Field(ge=0, le=5)]] = (0, 0.8)
    """Radius of a Gaussian blur in pixels."""
    held_out: Annotated[float, Field(gt=0, le=0.5)] = 0.1
    """Share of the ordered pairs of characters that are neighbours in the test split alone."""

    @model_validator(mode="after")
    def _in_order(self) -> "Source":
        for name in ("length", "font", "slant", "contrast", "noise", "blur"):
            lowest, highest = getattr(self, name)
            if lowest > highest:
                raise ValueError(f"has {name} {[lowest, highest]}, but the lowest must come first")
        return self


def make(folder: Path, source: Source, report: Report) -> None:
    """Fill ``folder`` with ``{train,valid,test}.tsv`` and a folder of PNG files each."""
    held_out = _held_out(source)
    taken: set[str] = set()
    for number, split in enumerate(Strings.model_fields):
        (folder / split).mkdir()
        rng = np.random.default_rng([source.seed, number])
        count = getattr(source.strings, split)
        lines = ["source\ttarget\tgroup"]
        for at in range(count):
            if at % EVERY == 0:
                report(Progress(f"draw {split} strings", at, count))
            new = split == "test" and at % 2 == 1
            text = _text(source, held_out, new, taken, rng)
            taken.add(text)
            name = f"{split}/{at:04d}.png"
            _picture(text, source, rng).save(folder / name)
            lines.append(f"{name}\t{text}\t{'new' if new else 'known'}-pairs")
        write_text(folder / f"{split}.tsv", "\n".join(lines) + "\n")
    report(Note(f"{len(held_out)} pairs of characters are neighbours in the test split alone"))


def _held_out(source: Source) -> set[str]:
    pairs = [one + other for one in CHARACTERS for other in CHARACTERS]
    chosen = np.random.default_rng([source.seed, 3]).permutation(len(pairs))[: round(source.held_out * len(pairs))]
    return {pairs[at] for at in chosen}


def _text(source: Source, held_out: set[str], new: bool, taken: set[str], rng: np.random.Generator) -> str:
    """A string not ``taken`` that has held-out neighbours just if it is ``new``."""
    for _ in range(TRIES):
        length = int(rng.integers(source.length[0], source.length[1] + 1))
        text = "".join(rng.choice(list(CHARACTERS), length))
        if new:
            at = int(rng.integers(length - 1))
            text = text[:at] + str(rng.choice(sorted(held_out))) + text[at + 2 :]
        if text not in taken and new == any(text[at : at + 2] in held_out for at in range(length - 1)):
            return text
    raise SeqpipeError("No new string is left to draw; ask for fewer source.strings or a greater source.length.")


def _picture(text: str, source: Source, rng: np.random.Generator) -> Image.Image:
    """The text as grey pixels, as wide as it needs."""
    font = ImageFont.load_default(size=int(rng.integers(source.font[0], source.font[1] + 1)))
    _, top, _, bottom = font.getbbox(CHARACTERS)  # the same line for every string
    left, _, right, _ = font.getbbox(text)
    slant = rng.uniform(*source.slant)
    height = round(bottom - top) + MARGIN
    room = abs(slant) * height / 2  # that the slanted text needs on either side
    ink = Image.new("L", (round(right - left + 2 * room) + MARGIN, height), 0)
    x, y = rng.uniform(0, MARGIN, 2)
    ImageDraw.Draw(ink).text((x + room - left, y - top), text, fill=255, font=font)
    middle = (1, slant, -slant * height / 2, 0, 1, 0)  # (x, y) shows what was at (x + slant · (y − height / 2), y)
    slanted = ink.transform(ink.size, Image.Transform.AFFINE, middle, Image.Resampling.BILINEAR)
    cover = np.asarray(slanted.filter(ImageFilter.GaussianBlur(rng.uniform(*source.blur))), np.float64) / 255
    contrast = rng.uniform(*source.contrast)
    paper = rng.uniform(contrast, 255)
    pixels = paper - contrast * cover + rng.normal(0, rng.uniform(*source.noise), cover.shape)
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
