"""Rows of TSV, CSV, JSON lines and JSON arrays, each with its number: what the layouts of tables share."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.layouts.texts import bare, beginning

ENDINGS = (".tsv", ".csv", ".jsonl", ".txt")
LONGEST = 1 << 24  # characters of a cell, or of an item of a JSON array
BLOCK = 1 << 16  # characters of an array that are read together
BETWEEN = re.compile(r"[\s,]*")  # two items


class Bad(NamedTuple):
    """Why a row cannot be used."""

    reason: str


Cells = dict[str, str] | Bad
Rows = Iterator[tuple[int, Cells]]


def kind_of(path: Path) -> str:
    """``jsonl``, ``json``, ``csv``, ``semicolons`` or ``tsv`` by a file's name, or its first line; nothing where it is
    none."""
    first = next((line for line in beginning(path, 20) if line.strip()), "")
    name = bare(path.name)
    if name.endswith(".jsonl") or (name.endswith(".json") and first.lstrip().startswith('{"')):
        return "jsonl"
    if name.endswith(".json") and first.lstrip().startswith("["):
        return "json"
    if name.endswith(".csv"):
        return "semicolons" if first.count(";") > first.count(",") else "csv"
    return "tsv" if "\t" in first else ""


def read_rows(path: Path, kind: str) -> Rows:
    """Rows as cells by column, with the number of their line, or of their item in an array (``json``).

    Without a header columns are ``0``, ``1`` and so on (``bare-tsv``, ``bare-csv``).
    """
    return READERS[kind](path)


def _json_rows(path: Path) -> Rows:
    for number, line in read_lines(path):
        if line.strip():
            yield number, _json_cells(line)


def _json_cells(line: str) -> Cells:
    try:
        return _cells(json.loads(line))
    except (ValueError, RecursionError):
        return Bad("it is no JSON object")


def _cells(value: Any) -> Cells:
    try:
        if isinstance(value, dict):
            inner = [one for one in value.values() if isinstance(one, dict)]  # {"translation": {"en": …, "ko": …}}
            cells = (item for part in (*inner, value) for item in part.items())
            return {key: _written(one) for key, one in cells if isinstance(one, str | int | float | bool)}
    except (ValueError, OverflowError):
        pass
    return Bad("it is no JSON object")


def _written(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "replace").decode("utf-8")  # half a surrogate pair is no text


def _array_rows(path: Path) -> Rows:
    """The items of a JSON array, however it is broken into lines; in memory are a block of lines and an item."""
    lines, decoder = (line for _, line in read_lines(path)), json.JSONDecoder()
    rest, count, opened = "", 0, False
    while len(rest) <= LONGEST and (block := _block(lines, max(BLOCK, len(rest)))):
        rest += block
        if not opened:
            rest = rest.lstrip()
            opened = rest.startswith("[")
            rest = rest[1:]
        at = BETWEEN.match(rest).end()  # type: ignore[union-attr]
        while at < len(rest) and rest[at] != "]":
            try:
                value, at = decoder.raw_decode(rest, at)
            except (ValueError, RecursionError):  # it may go on in the next block
                break
            count += 1
            yield count, _cells(value)
            at = BETWEEN.match(rest, at).end()  # type: ignore[union-attr]
        rest = rest[at:]
        if rest.startswith("]"):
            if rest[1:].strip() or any(line.strip() for line in lines):
                raise SeqpipeError(f"{path} goes on after its JSON array; put all items between one [ and ].")
            return
    raise SeqpipeError(f"{path} is no whole JSON array: what comes after item {count} is no JSON; mend it there.")


def _block(lines: Iterator[str], size: int) -> str:
    """The next lines, of ``size`` characters or more if there are so many: as many as wait already, so that what is no
    whole item yet is not looked at too often."""
    taken: list[str] = []
    while size > 0 and (line := next(lines, None)) is not None:
        taken.append(f"{line}\n")
        size -= len(line) + 1
    return "".join(taken)


def _tab_rows(path: Path) -> Rows:
    rows = ((number, line.split("\t")) for number, line in read_lines(path) if line.strip())
    return _named(path, rows)


def _bare_tab_rows(path: Path) -> Rows:
    return _numbered((number, line.split("\t")) for number, line in read_lines(path) if line.strip())


def _comma_cells(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    csv.field_size_limit(LONGEST)
    reader = csv.reader((f"{line}\n" for _, line in read_lines(path)), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise SeqpipeError(f"{path} line {reader.line_num} is not CSV ({error}); look at its quotes.") from None


def _numbered(rows: Iterator[tuple[int, list[str]]]) -> Rows:
    names: list[str] = []
    for number, cells in rows:
        names = names or [str(at) for at in range(len(cells))]
        yield number, _row(names, cells)


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
    "json": _array_rows,
    "tsv": _tab_rows,
    "bare-tsv": _bare_tab_rows,
    "csv": lambda path: _named(path, _comma_cells(path, ",")),
    "bare-csv": lambda path: _numbered(_comma_cells(path, ",")),
    "semicolons": lambda path: _named(path, _comma_cells(path, ";")),
}
