"""Time series: long CSV with a column of time stamps, one of values and, by choice, one that names the series."""

from __future__ import annotations

import csv
import math
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.dates import FORMS, moment


class Columns(NamedTuple):
    """Names of the columns; a file without ``series`` is one series, named after the file."""

    date: str = "ds"
    value: str = "y"
    series: str = "unique_id"


class Series(NamedTuple):
    """One series in time order: ``dates`` as they are written and as they are meant, ``values`` float64[T]."""

    name: str
    path: str
    dates: list[str]
    times: list[datetime]
    values: np.ndarray

    def gap(self) -> str:
        """The date before an unusually long step (1.5 times what 95 % of the steps stay within), or nothing."""
        if len(self.times) < 3:
            return ""
        steps = np.array([(b - a).total_seconds() for a, b in zip(self.times, self.times[1:], strict=False)])
        longest = int(steps.argmax())
        return self.dates[longest] if steps[longest] > 1.5 * np.quantile(steps, 0.95) else ""


def read_folder(folder: Path, columns: Columns) -> list[Series]:
    """Read every ``*.csv`` of a folder, by name; a series must stand in one file."""
    paths = sorted(folder.glob("*.csv"))
    if not paths:
        raise SeqpipeError(f"{folder} has no .csv file; put one there with the columns {', '.join(columns)}.")
    found: dict[str, Series] = {}
    for path in paths:
        for series in read_series(str(path), columns):
            if series.name in found:
                raise SeqpipeError(
                    f"Series '{series.name}' stands in both {found[series.name].path} and {path}; keep it in one file."
                )
            found[series.name] = series
    return list(found.values())


def read_series(path: str, columns: Columns) -> list[Series]:
    """Read the series of one CSV (``-`` is standard input), in order of appearance.

    Raises ``SeqpipeError`` with file and line for a missing column, a value that is no finite number, a time stamp that
    is neither a date (see ``moment``) nor a step's number, or one not after the one before it.
    """
    shown = "standard input" if path == "-" else path
    rows = csv_rows(path, shown)
    names = _header(shown, rows, columns)
    alone = "input" if path == "-" else Path(path).stem
    found: dict[str, Series] = {}
    values: dict[str, list[float]] = {}
    for line, cells in rows:
        place = f"{shown} line {line}"
        if len(cells) != len(names):
            raise SeqpipeError(f"{place} has {len(cells)} columns, but the header has {len(names)}; mend the row.")
        row = dict(zip(names, (cell.strip() for cell in cells), strict=True))
        name = row.get(columns.series, alone)
        if not name:
            raise SeqpipeError(f"{place} names no series in column '{columns.series}'; fill it.")
        series = found.setdefault(name, Series(name, path, [], [], np.zeros(0)))
        add_date(series, row[columns.date], columns.date, place)
        values.setdefault(name, []).append(finite(row[columns.value], columns.value, place))
    if not found:
        raise SeqpipeError(f"{shown} has a header but no rows; add one row or more.")
    return [series._replace(values=np.array(values[name])) for name, series in found.items()]


def csv_rows(path: str, shown: str) -> Iterator[tuple[int, list[str]]]:
    """Yield ``(line number, cells)`` of every line that is not blank."""
    lines = enumerate(sys.stdin, start=1) if path == "-" else read_lines(Path(path))
    reader = csv.reader((line if line.endswith("\n") else f"{line}\n" for _, line in lines), strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise SeqpipeError(f"{shown} line {reader.line_num} is not CSV ({error}); look at its quotes.") from None
    except UnicodeDecodeError:
        raise SeqpipeError("Standard input is not UTF-8 text; convert it, for example with `iconv -t utf-8`.") from None


def _header(path: str, rows: Iterator[tuple[int, list[str]]], columns: Columns) -> list[str]:
    line, header = next(rows, (0, []))
    if not header:
        raise SeqpipeError(f"{path} is empty; it needs a header line and at least one row.")
    names = [name.strip() for name in header]
    for key, needed in (("date", columns.date), ("value", columns.value)):
        if needed not in names:
            raise SeqpipeError(
                f"{path} line {line} has no column '{needed}' (it has {', '.join(names)}); "
                f"rename one, or name yours in features.{key}."
            )
    for name in names:
        if names.count(name) > 1:
            raise SeqpipeError(f"{path} line {line} has more than one column '{name}'; rename all but one.")
    return names


def add_date(series: Series, text: str, column: str, place: str) -> None:
    """Append a time stamp to a series; one that is no date, or not after the one before it, is an error."""
    try:
        time = _time(text, series.times)
    except (ValueError, OverflowError):
        raise SeqpipeError(
            f"{place}: {column} '{text}' is no date that can be read in one way; write it like {FORMS}, or "
            "number the steps."
        ) from None
    if series.times:
        last, stamp = series.times[-1], f"{place}: {column} '{text}'"
        if (time.tzinfo is None) != (last.tzinfo is None):
            raise SeqpipeError(f"{stamp} and the one before must both have a time zone, or neither.")
        if time == last:
            raise SeqpipeError(f"{stamp} stands twice in series '{series.name}'; keep one row for it.")
        if time < last:
            raise SeqpipeError(
                f"{stamp} comes after '{series.dates[-1]}' in series '{series.name}'; sort the rows by time."
            )
    series.dates.append(text)
    series.times.append(time)


def _time(text: str, before: list[datetime]) -> datetime:
    """What a time stamp means; the number of a step (as in M4) is so many seconds since the year 1 began.

    Numbers begin with three digits or fewer, for four are a year, and eight a day.
    """
    numbered = before[-1].year == 1 if before else len(text) < 4
    if numbered and text.isascii() and text.isdigit():
        return datetime.min + timedelta(seconds=int(text[:10]))
    return moment(text)


def finite(text: str, column: str, place: str) -> float:
    """The number that a cell holds; one that is missing, or infinite, is an error."""
    try:
        value = float(text.replace("_", "x"))  # Python reads 2_6.1 as 26.1
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        shown = f"'{text}'" if text else "empty"
        raise SeqpipeError(f"{place}: {column} is {shown}, not a finite number; fill the gap or remove the row.")
    return value
