"""Sentences in columns, blank lines between them: what the CoNLL layouts share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from seqpipe.lines import read_lines


class Block(NamedTuple):
    """The lines between two blank ones, each split into cells, and the number of the first."""

    line: int
    rows: list[list[str]]
    comments: dict[str, str]


def blocks(path: Path, tabs: bool) -> Iterator[Block]:
    """Yield the blocks of a file, NFC; ``# key = value`` before the first row of one is a comment of it.

    Cells stand between tabs, or, without ``tabs``, between any white space.
    """
    rows: list[list[str]] = []
    told: dict[str, str] = {}
    begun = 0
    for number, raw in read_lines(path):
        line = normalize("NFC", raw)
        if line.strip():
            key, equals, value = line[1:].partition(" = ")
            if not rows and line.startswith("#") and (equals or tabs):
                told[key.strip()] = value.strip()
                continue
            begun = begun if rows else number
            rows.append(line.split("\t") if tabs else line.split())
        elif rows:
            yield Block(begun, rows, told)
            rows, told = [], {}
    if rows:
        yield Block(begun, rows, told)
