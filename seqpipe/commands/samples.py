"""A few of many: evenly chosen, and beside what should have come out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from seqpipe.features.tagged import labelled

SHOWN = 5


class Sample(NamedTuple):
    """A decoded record as a person reads it."""

    source: str
    hypothesis: dict[str, Any]
    """The best one."""
    reference: str | list[float] | None
    """What should have come out; None where a task has nothing of the kind."""
    correct: bool | None
    """Whether the two are the same; None where there is no same."""


def evenly(among: int, count: int) -> list[int]:
    """At most ``count`` places, evenly far apart: the middle of each of so many equal parts."""
    count = min(count, among)
    return [among * (2 * part + 1) // (2 * count) for part in range(count)]


def samples(records: Sequence[dict[str, Any]]) -> list[Sample]:
    """A few records, compared."""
    return [_compared(records[at]) for at in evenly(len(records), SHOWN)]


def _compared(record: dict[str, Any]) -> Sample:
    best, reference = record["hypotheses"][0], record.get("reference")
    if reference is not None and "labels" in best:
        written = labelled(best["tokens"], reference)
        return Sample(record["source"], best, written, best["labels"] == reference)
    correct = best["text"] == reference if isinstance(reference, str) else None
    return Sample(record["source"], best, reference, correct)
