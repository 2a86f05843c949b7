"""Signals of sensors: CSV with a row a time step, one or more columns of values, and what else is known of a step."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqpipe.files import SeqpipeError
from seqpipe.readers.series import csv_rows, finite


class SignalColumns(NamedTuple):
    """Names of the columns; all but ``values`` may be missing from a file; no ``values`` means all that are left."""

    series: str = "unique_id"
    recording: str = "recording"
    label: str = "label"
    ignored: tuple[str, ...] = ()
    values: tuple[str, ...] = ()


class Signal(NamedTuple):
    """One recording of one series: ``values`` float64[T, F] of the columns ``names``, ``labels`` (empty or a fault's
    kind) and ``lines`` (where in the file) of every step."""

    series: str
    recording: str
    path: str
    names: list[str]
    values: np.ndarray
    labels: list[str]
    lines: list[int]


def read_signals(path: str, columns: SignalColumns) -> list[Signal]:
    """Read the recordings of one CSV (``-`` is standard input), in order of appearance, rows in order of time.

    A file without the column of series is one series, named after the file; one without the column of recordings is
    one recording a series. Raises ``SeqpipeError`` with file and line for a missing column and for a value that is no
    finite number.
    """
    shown = "standard input" if path == "-" else path
    rows = csv_rows(path, shown)
    line, header = next(rows, (0, []))
    if not header:
        raise SeqpipeError(f"{shown} is empty; it needs a header line and at least one row.")
    names = [name.strip() for name in header]
    values = _value_columns(f"{shown} line {line}", names, columns)
    alone = "input" if path == "-" else Path(path).stem
    found: dict[tuple[str, str], list[tuple[list[float], str, int]]] = {}
    for line, cells in rows:
        place = f"{shown} line {line}"
        if len(cells) != len(names):
            raise SeqpipeError(f"{place} has {len(cells)} columns, but the header has {len(names)}; mend the row.")
        row = dict(zip(names, (cell.strip() for cell in cells), strict=True))
        key = row.get(columns.series, alone), row.get(columns.recording, "")
        numbers = [finite(row[name], name, place) for name in values]
        found.setdefault(key, []).append((numbers, row.get(columns.label, ""), line))
    if not found:
        raise SeqpipeError(f"{shown} has no rows below its header; add one row or more.")
    return [_signal(series, recording, path, values, steps) for (series, recording), steps in found.items()]


def _signal(
    series: str, recording: str, path: str, names: list[str], steps: list[tuple[list[float], str, int]]
) -> Signal:
    values, labels, lines = (list(part) for part in zip(*steps, strict=True))
    return Signal(series, recording, path, names, np.array(values, np.float64), labels, lines)


def _value_columns(place: str, names: list[str], columns: SignalColumns) -> list[str]:
    for name in names:
        if names.count(name) > 1:
            raise SeqpipeError(f"{place} has more than one column '{name}'; rename all but one.")
    for needed in columns.values:
        if needed not in names:
            raise SeqpipeError(
                f"{place} has no column '{needed}' (it has {', '.join(names) or 'none'}); rename one, or name yours in "
                "features.values."
            )
    others = {columns.series, columns.recording, columns.label, *columns.ignored}
    values = list(columns.values) or [name for name in names if name not in others]
    if not values:
        raise SeqpipeError(f"{place} has no column of values; add one, for example 'y'.")
    return values
