"""Digits to be added, or letters to be copied, after a long wait: what a recurrent cell can keep in mind.

The two problems that recurrent cells have been measured by since Hochreiter & Schmidhuber (1997). What the answer needs
stands far from the end of the source, and nothing in between tells it again:

======== ===============================================================================================================
adding   digits, two of them marked with ``*``, one in each half; the answer is the sum of the two:
         ``4 7* 1 0 9 3* 2 2`` → ``10``. (Hochreiter & Schmidhuber add real numbers; digits make the answer one token,
         which is right or wrong.)
copy     letters, dots, and the cue ``?``; the answer is the letters: ``c a b . . . . . ?`` → ``c a b`` (Hochreiter &
         Schmidhuber's task 2 as Arjovsky, Shah & Bengio 2016 have it)
======== ===============================================================================================================

How many digits or dots there are is the *wait*. Training and validation draw it from all up to ``length``, so that
there are short ones to begin with; the test split has as many of each quarter of ``length``, and ``group`` names the
quarter: ``wait-076-100`` is the hardest of 100. No source of digits, and no string of letters, is in two splits.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from string import ascii_lowercase
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from seqpipe.files import SeqpipeError, write_text
from seqpipe.params import Count, Positive, Section
from seqpipe.report import Note, Report

MARK, DOT, CUE = "*", ".", "?"
PARTS = 4  # of the test split
TRIES = 1000


class Source(Section):
    """What to write."""

    problem: Literal["adding", "copy"] = "adding"
    """What is to be kept in mind."""
    length: Annotated[int, Field(ge=2 * PARTS)] = 100
    """Longest wait: digits, or dots between the letters and the cue."""
    symbols: Positive = 5
    """Letters that ``copy`` keeps."""
    alphabet: Annotated[int, Field(ge=2, le=len(ascii_lowercase))] = 8
    """Letters they are chosen from."""
    train: Positive = 20000
    """Rows to learn from."""
    valid: Positive = 500
    """Rows to choose the best epoch by."""
    test: Annotated[int, Field(ge=PARTS)] = 1000
    """Rows to score."""
    seed: Count = 1
    """Seed of every choice."""


class Puzzle(NamedTuple):
    """A row, and the part of it that must be in one split only."""

    source: str
    target: str
    secret: str


def adding(wait: int, source: Source, chance: random.Random) -> Puzzle:
    """``wait`` digits, a marked one in each half, and the sum of the two."""
    digits = chance.choices(range(10), k=wait)
    marked = chance.randrange(wait // 2), chance.randrange(wait // 2, wait)
    text = " ".join(f"{digit}{MARK * (at in marked)}" for at, digit in enumerate(digits))
    return Puzzle(text, str(sum(digits[at] for at in marked)), text)


def copy(wait: int, source: Source, chance: random.Random) -> Puzzle:
    """Letters, ``wait`` dots and the cue; the letters again."""
    letters = " ".join(chance.choices(ascii_lowercase[: source.alphabet], k=source.symbols))
    return Puzzle(" ".join([letters, *[DOT] * wait, CUE]), letters, letters)


PROBLEMS: dict[str, Callable[[int, Source, random.Random], Puzzle]] = {"adding": adding, "copy": copy}


def make(folder: Path, source: Source, report: Report) -> None:
    """Write ``train.tsv``, ``valid.tsv`` and ``test.tsv`` (source, target, group)."""
    chance = random.Random(source.seed)
    waits = range(2, source.length + 1)
    cuts = [source.length * part // PARTS for part in range(PARTS + 1)]
    quarters = [range(max(2, after + 1), to + 1) for after, to in pairwise(cuts)]
    owners: dict[str, str] = {}  # which split has seen what must be in one only
    for split, ranges in (("test", quarters), ("valid", [waits]), ("train", [waits])):
        rows = [_row(ranges[at % len(ranges)], split, source, chance, owners) for at in range(getattr(source, split))]
        chance.shuffle(rows)
        write_text(folder / f"{split}.tsv", "\n".join(["source\ttarget\tgroup", *rows, ""]))
    report(Note(f"memory: {source.problem}, waits up to {source.length}, {source.train:,} rows to learn from"))


def _row(waits: range, split: str, source: Source, chance: random.Random, owners: dict[str, str]) -> str:
    """A row whose wait is one of ``waits`` and whose secret is no other split's."""
    for _ in range(TRIES):
        puzzle = PROBLEMS[source.problem](chance.choice(waits), source, chance)
        if owners.setdefault(puzzle.secret, split) == split:
            first, last = (f"{wait:0{len(str(source.length))}}" for wait in (waits[0], waits[-1]))
            return f"{puzzle.source}\t{puzzle.target}\twait-{first}-{last}"
    raise SeqpipeError(
        f"memory.source: the other splits have taken all there is to keep in mind, so that {split} has none; "
        "raise symbols or alphabet, or ask for fewer rows."
    )
