"""Stretches of DNA → promoter or other: two boxes at the right distance, planted among decoys.

A bacterial promoter for σ70 is told by two boxes: around 35 bases before the start of a gene ``TTGACA``, around 10
before it ``TATAAT``, 15 to 19 bases between them (Harley & Reynolds 1987). Here a *promoter* is a sequence with the
first box, then 15 to 19 bases, then the second, one base of each box being wrong at most. Everything else is *other*.
The bases around are drawn at random, and every sequence is searched, so that none has a promoter by chance and the
label is exact.

Half of every group are promoters, half are decoys, which name it:

=================== ==========================================================================================
one-box             one of the boxes
reversed-order      the second box, 15 to 19 bases, the first
other-strand        a promoter of the opposite strand (its reverse complement)
far                 both boxes in order, but too near (2 to 9 bases between) or too far (26 to 35)
shuffled            both boxes at the right distance, the bases of each in another order
background          random bases
held-out-pair       decoys of every kind; the promoters' pairs of boxes, as they are spelt, are not in train,
                    though each box of the two is (only in test)
=================== ==========================================================================================
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import permutations
from pathlib import Path
from typing import Annotated, NamedTuple

from pydantic import Field

from seqpipe.files import SeqpipeError, write_json, write_text
from seqpipe.params import Count, Section, Share
from seqpipe.report import Note, Report

BASES = "ACGT"
FIRST, SECOND = "TTGACA", "TATAAT"
SPACER = range(15, 20)
NEAR, FAR = range(2, 10), range(26, 36)
HELD_OUT = "held-out-pair"
COMPLEMENT = str.maketrans("ACGT", "TGCA")


class Source(Section):
    """What to write."""

    train: Annotated[int, Field(ge=12)] = 6000
    """Rows to learn from."""
    valid: Annotated[int, Field(ge=12)] = 600
    """Rows to choose the best epoch by."""
    test: Annotated[int, Field(ge=14)] = 1400
    """Rows to score."""
    length: Annotated[int, Field(ge=50)] = 64
    """Bases in a sequence."""
    wrong: Share = 0.4
    """Share of boxes with one wrong base."""
    held_out_pairs: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """Share of the pairs of boxes, at least one of them with a wrong base, that are kept for test."""
    seed: Count = 1
    """Seed of every choice."""


class Boxes(NamedTuple):
    """How a pair of boxes is spelt."""

    first: str
    second: str


def variants(box: str) -> list[str]:
    """The box, then all that differ from it in one base."""
    others = [box[:at] + base + box[at + 1 :] for at in range(len(box)) for base in BASES if base != box[at]]
    return [box, *others]


def promoters(sequence: str) -> Iterator[tuple[int, int]]:
    """Where the two boxes of every promoter begin, on the strand as it is written."""
    first, second = ([at for at, _ in enumerate(sequence) if sequence[at : at + 6] in FORMS[box]] for box in FORMS)
    for at in first:
        for other in second:
            if other - at - len(FIRST) in SPACER:
                yield at, other


FORMS = {FIRST: frozenset(variants(FIRST)), SECOND: frozenset(variants(SECOND))}


def make(folder: Path, source: Source, report: Report) -> None:
    """Write ``train.tsv``, ``valid.tsv``, ``test.tsv`` (source, target, group) and ``held-out.json``."""
    chance = random.Random(source.seed)
    pairs = [Boxes(first, second) for first in variants(FIRST) for second in variants(SECOND)][1:]
    held_out = frozenset(chance.sample(pairs, max(1, round(source.held_out_pairs * len(pairs)))))
    taken: set[str] = set()
    for split, groups in (("train", [*DECOYS]), ("valid", [*DECOYS]), ("test", [*DECOYS, HELD_OUT])):
        rows = [
            _row(group, at % 2 == 0, source, held_out, chance, taken)
            for group, size in zip(groups, _shares(getattr(source, split), len(groups)), strict=True)
            for at in range(size)
        ]
        chance.shuffle(rows)
        write_text(folder / f"{split}.tsv", "\n".join(["source\ttarget\tgroup", *rows, ""]))
    write_json(folder / "held-out.json", sorted(held_out))
    report(Note(f"dna: {len(pairs) + 1 - len(held_out)} pairs of boxes to learn, {len(held_out)} held out"))


def _shares(count: int, parts: int) -> list[int]:
    return [count * (at + 1) // parts - count * at // parts for at in range(parts)]


def _row(
    group: str, promoter: bool, source: Source, held_out: frozenset[Boxes], chance: random.Random, taken: set[str]
) -> str:
    """A row that is not ``taken``, and is then: a promoter with one place and one spelling, or a decoy without any."""
    decoy = DECOYS[group if group in DECOYS else chance.choice([*DECOYS])]
    for _ in range(10_000):
        boxes = Boxes(_spelt(FIRST, source.wrong, chance), _spelt(SECOND, source.wrong, chance))
        if promoter and (boxes in held_out) != (group == HELD_OUT):
            continue
        insert = _joined(*boxes, SPACER, chance) if promoter else decoy(boxes, chance)
        before = chance.randint(0, source.length - len(insert))
        sequence = _random(before, chance) + insert + _random(source.length - before - len(insert), chance)
        if [at for at, _ in promoters(sequence)] == [before] * promoter and sequence not in taken:
            taken.add(sequence)
            return f"{sequence}\t{'promoter' if promoter else 'other'}\t{group}"
    raise SeqpipeError(f"dna.source: there is no other row of '{group}'; ask for fewer or longer ones, or raise wrong.")


def _random(count: int, chance: random.Random) -> str:
    return "".join(chance.choices(BASES, k=count))


def _spelt(box: str, wrong: float, chance: random.Random) -> str:
    return chance.choice(variants(box)[1:]) if chance.random() < wrong else box


def _joined(first: str, second: str, between: range, chance: random.Random) -> str:
    return first + _random(chance.choice(between), chance) + second


def _one_box(boxes: Boxes, chance: random.Random) -> str:
    return chance.choice(boxes)


def _reversed_order(boxes: Boxes, chance: random.Random) -> str:
    return _joined(boxes.second, boxes.first, SPACER, chance)


def _other_strand(boxes: Boxes, chance: random.Random) -> str:
    return _joined(*boxes, SPACER, chance).translate(COMPLEMENT)[::-1]


def _far(boxes: Boxes, chance: random.Random) -> str:
    return _joined(*boxes, chance.choice([NEAR, FAR]), chance)


def _shuffled(boxes: Boxes, chance: random.Random) -> str:
    """Neither box may be one after shuffling."""
    mixed = []
    for box, form in zip(boxes, FORMS.values(), strict=True):
        mixed.append(chance.choice(sorted({"".join(bases) for bases in permutations(box)} - form)))
    return _joined(*mixed, SPACER, chance)


def _background(boxes: Boxes, chance: random.Random) -> str:
    return ""


DECOYS: dict[str, Callable[[Boxes, random.Random], str]] = {
    "one-box": _one_box,
    "reversed-order": _reversed_order,
    "other-strand": _other_strand,
    "far": _far,
    "shuffled": _shuffled,
    "background": _background,
}
