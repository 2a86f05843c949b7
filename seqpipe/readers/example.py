"""One item of a corpus, whatever its format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple


class Example(NamedTuple):
    """A source and, where the corpus has one, its target.

    ``source`` and ``target`` are raw: text, a path, an array of values. ``where`` is the place a person would look
    for it (``train.tsv line 7``); ``group`` names a part of the test set that is scored on its own; ``unit`` names the
    speaker, voice or series it is of, which belongs to one split alone.
    """

    id: str
    source: Any
    target: Any
    where: str
    group: str = ""
    unit: str = ""


MOST_DROPPED = 0.01
"""Largest share of all items that may be dropped."""


class Dropped(NamedTuple):
    """An item of a corpus that cannot be used: ``where`` it stands, and the ``reason``, a sentence's worth."""

    where: str
    reason: str


def kept(items: Iterable[Example | Dropped]) -> Iterator[Example]:
    """The examples among what a reader yields."""
    return (item for item in items if isinstance(item, Example))
