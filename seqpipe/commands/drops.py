"""Examples that cannot be used: counted and listed, and an end to preprocessing where they are too many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, runtime_checkable

from seqpipe.features import Features
from seqpipe.features.prepared import dropped
from seqpipe.features.targets import steps_needed
from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import Pipeline
from seqpipe.readers.example import MOST_DROPPED, Dropped, Example
from seqpipe.store import Row
from seqpipe.workers import at_most

Group = list[Example | Dropped]
GROUP, CHARACTERS = 2_500, 1 << 21
"""Texts that are encoded together at most, and about how many characters: each call starts its threads anew."""
ABREAST = 2  # groups ahead: while one becomes arrays, sentencepiece has another
SHOWN = 3  # examples that the error names


def _usable(row: Row) -> None:
    return None


def _unalignable(row: Row) -> str | None:
    needed, steps = steps_needed(row["target"]), len(row["source"])
    if needed <= steps:
        return None
    return f"has {steps} frames, but its {len(row['target'])} labels need {needed} (a blank between equal ones)"


UNUSABLE: dict[str, Callable[[Row], str | None]] = {"ctc": _unalignable}
"""Why a task can not learn from a row, by task; None where it can."""


@runtime_checkable
class Many(Protocol):
    """Features that are faster with many examples at a time."""

    def encode_many(self, examples: Sequence[Example], threads: int) -> Sequence[Row | SeqpipeError]:
        """A row of each, or what is wrong with it."""


class Drops:
    """What was dropped so far, split by split; ``strict`` means that the first one is an error."""

    def __init__(self, strict: bool = False, threads: int = 1) -> None:
        self.strict, self.threads, self.seen = strict, threads, 0
        self.found: list[tuple[str, Dropped]] = []

    def rows(
        self, features: Features, pipeline: Pipeline, split: str, items: Iterable[Example | Dropped]
    ) -> Iterator[tuple[Example, Row]]:
        """Encode what can be used, and keep the rest in mind."""
        unusable = UNUSABLE.get(pipeline.task, _usable)
        for item, row in _encoded(features, items, self.threads):
            self.seen += 1
            if isinstance(item, Dropped):
                self._drop(split, item)
                continue
            if isinstance(row, SeqpipeError):
                self._drop(split, dropped(item.where, row))
                continue
            assert row is not None
            reason = unusable(row) if len(row["source"]) else "has an empty source; remove it or fill it"
            if reason is None:
                yield item, row
            else:
                self._drop(split, Dropped(item.where, reason))

    def _drop(self, split: str, item: Dropped) -> None:
        self.found.append((split, item))
        if self.strict:
            raise SeqpipeError(f"{_sentence(item)} (it would be dropped without --strict).")

    def check(self) -> None:
        """Raise ``SeqpipeError`` where too many were dropped."""
        count = len(self.found)
        if count <= MOST_DROPPED * self.seen:
            return
        shown = "; ".join(_sentence(item) for _, item in self.found[:SHOWN])
        more = f"; and {count - SHOWN} more" if count > SHOWN else ""
        raise SeqpipeError(
            f"{shown}{more} ({count} of {self.seen} examples cannot be used, and at most {MOST_DROPPED:.0%} may be "
            "dropped)."
        )


def _sentence(item: Dropped) -> str:
    joint = " " if item.reason.startswith("has ") else ": "
    return f"{item.where}{joint}{item.reason.rstrip('.')}"


def _encoded(
    features: Features, items: Iterable[Example | Dropped], threads: int
) -> Iterator[tuple[Example | Dropped, Row | SeqpipeError | None]]:
    """Each item with its row or what is wrong with it; texts are encoded many at a time, while those before them are
    used."""
    if features.sizes.kind != "tokens" or not isinstance(features, Many):
        for item in items:
            yield item, _row(features, item) if isinstance(item, Example) else None
        return
    with at_most(int(threads > 1), ABREAST) as who:
        groups = _groups(items)
        for group, rows in who.ordered(who.submit(_rows, features, group, threads) for group in groups):
            for item in group:
                yield item, next(rows) if isinstance(item, Example) else None


def _rows(features: Many, group: Group, threads: int) -> tuple[Group, Iterator[Row | SeqpipeError]]:
    examples = [item for item in group if isinstance(item, Example)]
    return group, iter(features.encode_many(examples, threads))


def _row(features: Features, example: Example) -> Row | SeqpipeError:
    try:
        return features.encode(example)
    except SeqpipeError as error:
        return error


def _groups(items: Iterable[Example | Dropped]) -> Iterator[Group]:
    """The items, at most ``GROUP`` together, and no more once their texts have so many ``CHARACTERS``."""
    group: Group = []
    characters = 0
    for item in items:
        group.append(item)
        characters += len(item.source) if isinstance(item, Example) and isinstance(item.source, str) else 0
        if len(group) >= GROUP or characters >= CHARACTERS:
            yield group
            group, characters = [], 0
    if group:
        yield group
