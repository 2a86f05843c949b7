"""Series to forecast in tables of numbers: wide CSV with a date column (ETT), long CSV, matrices without a header."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.dates import moment
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import below
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.texts import texts
from seqpipe.readers.series import Columns, Series, add_date, csv_rows, finite, read_series

CSV = (".csv", ".csv.gz")
DATES = ("date", "ds", "datetime", "timestamp", "time", "hour", "day", "week", "month", "quarter", "year")
STEPS = ("", "step", "index")
NO_NUMBER = ("nan", "na", "n/a", "null", "none", "inf", "-inf", "infinity")
"""Words that stand where a number is missing or went wrong."""
LONG = Columns()


def look_wide(path: Path) -> Found | None:
    """CSV files whose first column is one of dates or steps and whose others are numbers, a series each."""
    files = [name for name in below(path, CSV) if _first(path / name)]
    heads = [_first(path / name) for name in files]
    if not files or any(len(head) < 2 or {*LONG} <= {*head} for head in heads):
        return None
    if not all(_holds_series(path / name, head[0].lower()) for name, head in zip(files, heads, strict=True)):
        return None
    columns = [len(head) - 1 for head in heads]
    said = f"Wide CSV: {sum(columns)} series by date in {', '.join(files)}"
    return Found("wide-series", "series", "forecast", {}, {}, said)


def read_wide(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield every column but the first as a ``Series``; one with a value missing is a ``Dropped``."""
    for name in names or list(below(path, CSV)):
        shown = str(path / name)
        rows = csv_rows(shown, shown)
        _, header = next(rows, (0, []))
        columns = [column.strip() for column in header]
        if len(columns) < 2 or len(set(columns)) < len(columns):
            raise SeqpipeError(f"{shown} line 1 needs a date column and columns of values, each with its own name.")
        dated = Series(name, shown, [], [], np.zeros(0))
        table: list[list[str]] = []
        lines: list[int] = []
        for line, cells in rows:
            if len(cells) != len(columns):
                raise SeqpipeError(f"{shown} line {line} has {len(cells)} columns, the header {len(columns)}; mend it.")
            add_date(dated, cells[0].strip(), columns[0], f"{shown} line {line}")
            table.append(cells[1:])
            lines.append(line)
        yield from _columns(path, name, columns[1:], table, lines, dated)


def look_matrix(path: Path) -> Found | None:
    """Text files of equally many numbers a line between commas, without a header."""
    files = texts(path, (".txt",))
    if not files or not all(_is_number(cell) for name in files for cell in _first(path / name) or ["?"]):
        return None
    count = sum(len(_first(path / name)) for name in files)
    return Found(
        "matrix", "series", "forecast", {}, {}, f"A matrix without a header: {count} series in {', '.join(files)}"
    )


def read_matrix(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield every column as a ``Series`` whose dates are the numbers of its steps."""
    for name in names or texts(path, (".txt",)):
        rows = [(number, line.split(",")) for number, line in read_lines(path / name) if line.strip()]
        if not rows:
            raise SeqpipeError(f"{path / name} is empty; it needs a row of numbers a step.")
        width = len(rows[0][1])
        for number, cells in rows:
            if len(cells) != width:
                raise SeqpipeError(f"{path / name} line {number} has {len(cells)} columns, not {width}; mend the row.")
        dated = Series(name, str(path / name), [str(step) for step in range(1, len(rows) + 1)], [], np.zeros(0))
        lines, table = [number for number, _ in rows], [cells for _, cells in rows]
        yield from _columns(path, name, [str(at) for at in range(1, width + 1)], table, lines, dated)


def look_long(path: Path) -> Found | None:
    """CSV files with ``unique_id``, ``ds`` and ``y``."""
    files = [name for name in below(path, CSV) if {*LONG} <= {*_first(path / name)}]
    return Found("long-series", "series", "forecast", {}, {}, f"Long CSV: {', '.join(files)}") if files else None


def read_long(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the series of every file."""
    for name in names or [one for one in below(path, CSV) if {*LONG} <= {*_head(path / one)}]:
        for series in read_series(str(path / name), LONG):
            yield Example(series.name, series, None, name, series.name, series.name)


def _columns(
    path: Path, name: str, columns: list[str], table: list[list[str]], lines: list[int], dated: Series
) -> Iterator[Example | Dropped]:
    stem = Path(name).name.partition(".")[0]
    for at, column in enumerate(columns):
        try:
            places = zip(lines, table, strict=True)
            values = np.array([finite(row[at].strip(), column, f"{name} line {line}") for line, row in places])
        except SeqpipeError as error:
            where, _, reason = str(error).partition(": ")
            yield Dropped(where, reason)
            continue
        series = dated._replace(name=f"{stem}-{column}", values=values)
        yield Example(series.name, series, None, f"{name} column {column}", series.name, series.name)


def _first(path: Path) -> list[str]:
    """The cells of a file's first line that is not blank; none where it is no text."""
    try:
        return _head(path)
    except SeqpipeError:
        return []


def _head(path: Path) -> list[str]:
    first = next((line for _, line in read_lines(path) if line.strip()), "")
    return [cell.strip().strip('"') for cell in first.split(",")] if first else []


def _holds_series(path: Path, over: str) -> bool:
    """Whether the first row below the header begins with a date, or a step, and has no text after it.

    What stands ``over`` the first column may tell of dates, too; what is wrong with them is then said by the reader.
    """
    try:
        row = next(islice(csv_rows(str(path), str(path)), 1, None), None)
    except SeqpipeError:
        row = None
    if row is None:
        return over in DATES
    first, *others = (cell.strip() for cell in row[1])
    if any(map(_is_text, others)):
        return False
    return over in DATES or (_is_number(first) if over in STEPS else _is_date(first))


def _is_date(cell: str) -> bool:
    """Whether it is a date with something between its parts: of digits alone it could be any number."""
    try:
        moment(cell)
    except ValueError:
        return False
    return not cell.isdigit()


def _is_text(cell: str) -> bool:
    return any(map(str.isalpha, cell)) and cell.lower() not in NO_NUMBER and not _is_number(cell)


def _is_number(cell: str) -> bool:
    try:
        finite(cell, "", "")
    except SeqpipeError:
        return False
    return True


WIDE = Layout(look_wide, read_wide)
MATRIX = Layout(look_matrix, read_matrix)
LONG_SERIES = Layout(look_long, read_long)
