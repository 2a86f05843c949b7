"""Rows of TSV, CSV and JSON lines, each with its line's number: what the layouts of tables share."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.layouts.texts import bare, beginning

ENDINGS = (".tsv", ".csv", ".jsonl", ".txt")
LONGEST = 1 << 24  # characters of a cell


class Bad(NamedTuple):
    """Why a row cannot be used."""

    reason: str


Cells = dict[str, str] | Bad
Rows = Iterator[tuple[int, Cells]]


def kind_of(path: Path) -> str:
    """``jsonl``, ``csv``, ``semicolons`` or ``tsv`` by a file's name, or its first line; nothing where it is none."""
    first = next((line for line in beginning(path, 20) if line.strip()), "")
    name = bare(path.name)
    if name.endswith(".jsonl") or (name.endswith(".json") and first.lstrip().startswith('{"')):
        return "jsonl"
    if name.endswith(".csv"):
        return "semicolons" if first.count(";") > first.count(",") else "csv"
    return "tsv" if "\t" in first else ""


def read_rows(path: Path, kind: str) -> Rows:
    """Rows as cells by column; without a header columns are ``0``, ``1`` and so on (``bare-tsv``)."""
    return READERS[kind](path)


def _json_rows(path: Path) -> Rows:
    for number, line in read_lines(path):
        if line.strip():
            yield number, _json_cells(line)


def _json_cells(line: str) -> Cells:
    try:
        value = json.loads(line)
        if isinstance(value, dict):
            inner = [one for one in value.values() if isinstance(one, dict)]  # {"translation": {"en": …, "ko": …}}
            cells = (item for part in (*inner, value) for item in part.items())
            return {key: _written(one) for key, one in cells if isinstance(one, str | int | float | bool)}
    except (ValueError, RecursionError, OverflowError):
        pass
    return Bad("it is no JSON object")


def _written(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text


def _tab_rows(path: Path) -> Rows:
    rows = ((number, line.split("\t")) for number, line in read_lines(path) if line.strip())
    return _named(path, rows)


def _bare_rows(path: Path) -> Rows:
    width = 0
    for number, line in read_lines(path):
        cells = line.split("\t")
        width = width or len(cells)
        if line.strip():
            yield number, _row([str(at) for at in range(width)], cells)


def _comma_rows(path: Path, delimiter: str) -> Rows:
    csv.field_size_limit(LONGEST)
    reader = csv.reader((f"{line}\n" for _, line in read_lines(path)), delimiter=delimiter, strict=True)

    def rows() -> Iterator[tuple[int, list[str]]]:
        try:
            for cells in reader:
                if any(cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise SeqpipeError(f"{path} line {reader.line_num} is not CSV ({error}); look at its quotes.") from None

    return _named(path, rows())


def _named(path: Path, rows: Iterator[tuple[int, list[str]]]) -> Rows:
    _, header = next(rows, (0, []))
    names = [name.strip() for name in header]
    if not names:
        raise SeqpipeError(f"{path} is empty; it needs a header line and at least one row.")
    if len(set(names)) < len(names):
        raise SeqpipeError(f"{path} has two columns of one name in its header; rename one.")
    for number, cells in rows:
        yield number, _row(names, cells)


def _row(names: list[str], cells: list[str]) -> Cells:
    if len(cells) != len(names):
        return Bad(f"it has {len(cells)} columns, the first line has {len(names)}")
    return dict(zip(names, cells, strict=True))


READERS: dict[str, Callable[[Path], Rows]] = {
    "jsonl": _json_rows,
    "tsv": _tab_rows,
    "bare-tsv": _bare_rows,
    "csv": lambda path: _comma_rows(path, ","),
    "semicolons": lambda path: _comma_rows(path, ";"),
}
