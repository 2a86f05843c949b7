"""Labelled series as sktime and aeon keep them (``.ts``): a case a line, its dimensions between colons, its label last.

The header is lines ``@key value`` and ends with ``@data``; ``#`` begins a comment. Cases may differ in length.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

import numpy as np

from seqpipe.files import SeqpipeError
from seqpipe.lines import decode_lines, read_lines
from seqpipe.readers.example import Dropped, Example

LONGEST = 60  # characters of a cell that a reason shows


class Header(NamedTuple):
    """What stands above ``@data``: whether cases end in a label, which there are (none told: any), and how many
    dimensions a case has (0: as many as the first)."""

    labelled: bool = False
    labels: tuple[str, ...] = ()
    dimensions: int = 0


def read_cases(path: Path) -> Iterator[Example | Dropped]:
    """Yield the cases of a file (``-`` is standard input): ``source`` float64[T, F], ``target`` the label or None.

    A case with a missing value, with dimensions of unequal length or more or fewer of them than the others have, or
    with a label that the header lacks, is a ``Dropped``. A header that is broken is a ``SeqpipeError``.
    """
    piped = str(path) == "-"
    shown = "standard input" if piped else path.name
    lines = decode_lines(sys.stdin.buffer, shown) if piped else read_lines(path)
    header = _header(lines, shown if piped else str(path))
    dimensions, count = header.dimensions, 0
    for number, line in lines:
        line = line.strip()
        if not line or line.startswith(("#", "%")):
            continue
        count += 1
        where = f"{shown} line {number}"
        try:
            values, label = _case(line, header, dimensions)
        except ValueError as error:
            yield Dropped(where, str(error))
            continue
        dimensions = values.shape[1]
        yield Example(f"{path.stem}-{number}", values, label, where)
    if not count:
        raise SeqpipeError(f"{shown} has no case below @data; add one a line.")


def read_header(path: Path) -> Header:
    """What the header of a file says."""
    return _header(read_lines(path), str(path))


def _header(lines: Iterator[tuple[int, str]], path: str) -> Header:
    header = Header()
    for number, line in lines:
        words = normalize("NFC", line).split()
        if not words or words[0].startswith(("#", "%")):
            continue
        key = words[0].lower()
        if not key.startswith("@"):
            raise SeqpipeError(
                f"{path} line {number} stands above @data, but is no line of a .ts header; begin it with @, or put "
                "@data before the first case."
            )
        if key == "@data":
            return header
        header = _told(header, key, words[1:], f"{path} line {number}")
    raise SeqpipeError(f"{path} has no line @data; a .ts file has its cases below it.")


def _told(header: Header, key: str, values: list[str], place: str) -> Header:
    """The header with what one of its lines says."""
    says = values[0].lower() if values else ""
    if key == "@timestamps" and says == "true":
        raise SeqpipeError(f"{place}: cases with time stamps are not read; write the values alone, in order of time.")
    if key == "@targetlabel" and says == "true":
        raise SeqpipeError(f"{place}: targets are numbers, but classify learns labels; give a file with @classLabel.")
    if key == "@classlabel":
        return header._replace(labelled=says == "true", labels=tuple(values[1:]) if says == "true" else ())
    if key == "@dimensions":
        if not (says.isascii() and says.isdigit() and int(says[:9]) > 0):
            raise SeqpipeError(f"{place}: @dimensions is '{says[:LONGEST]}', but must be a number from 1 on.")
        return header._replace(dimensions=int(says[:9]))
    return header


def _case(line: str, header: Header, dimensions: int) -> tuple[np.ndarray, str | None]:
    """Values float64[T, F] and label of a line; ``ValueError`` says what is wrong with it."""
    cells = line.split(":")
    label = normalize("NFC", cells.pop().strip()) if header.labelled else None
    if label == "":
        raise ValueError("it has no label")
    if label is not None and header.labels and label not in header.labels:
        raise ValueError(f"its label '{label[:LONGEST]}' is not one of @classLabel")
    if dimensions and len(cells) != dimensions:
        raise ValueError(f"it has {len(cells)} dimensions, the others have {dimensions}")
    if not cells:
        raise ValueError("it has no values")
    parts = [_numbers(cell, at) for at, cell in enumerate(cells, start=1)]
    lengths = sorted({len(part) for part in parts})
    if len(lengths) > 1:
        raise ValueError(f"its dimensions have unequal lengths ({lengths[0]} to {lengths[-1]})")
    return np.stack(parts, axis=1), label


def _numbers(cell: str, dimension: int) -> np.ndarray:
    words = cell.split(",")
    try:
        values = np.array([float(word.replace("_", "x")) for word in words])  # Python reads 2_6 as 26
    except ValueError:
        wrong = next(word.strip() for word in words if not _is_number(word))
        shown = "a missing value" if wrong in ("", "?") else f"'{wrong[:LONGEST]}', which is no number"
        raise ValueError(f"dimension {dimension} has {shown}") from None
    if not np.isfinite(values).all():
        raise ValueError(f"dimension {dimension} has a missing or infinite value")
    return values


def _is_number(word: str) -> bool:
    try:
        float(word.replace("_", "x"))
    except ValueError:
        return False
    return True
