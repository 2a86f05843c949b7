"""One item of a corpus, whatever its format."""

from __future__ import annotations

from typing import Any, NamedTuple


class Example(NamedTuple):
    """A source and, where the corpus has one, its target.

    ``source`` and ``target`` are raw: text, a path, an array of values. ``where`` is the place a person would look
    for it (``train.tsv line 7``); ``group`` names a part of the test set that is scored on its own.
    """

    id: str
    source: Any
    target: Any
    where: str
    group: str = ""
