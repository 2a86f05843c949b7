"""Faults of series: to forecast, and to classify."""

from __future__ import annotations

from broken.cases import Case, Kept, drop, error, swap, turned
from broken.clean import Files, lines

ROW = "2024-03-03 02:00:00"
"""The time of line 52 of ``heat.csv``."""


def spring(content: bytes) -> bytes:
    """Without an hour, as clocks go in March."""
    return b"".join(row for row in content.splitlines(keepends=True) if ROW.encode() not in row)


def autumn(content: bytes) -> bytes:
    """With an hour twice, as clocks go in October."""
    rows = content.splitlines(keepends=True)
    at = next(at for at, row in enumerate(rows) if ROW.encode() in row)
    return b"".join([*rows[: at + 1], *rows[at:]])


def backwards(content: bytes) -> bytes:
    head, *rows = content.splitlines(keepends=True)
    return head + b"".join(reversed(rows))


def constant(files: Files) -> None:
    rows = files["heat.csv"].decode().splitlines()
    files["heat.csv"] = lines(rows[0], *(f"{row.rpartition(',')[0]},7" for row in rows[1:]))


OF_TWO = "(1 of 2 series cannot be used"
FORECAST = [
    Case("no date", "wide", swap("heat.csv", ROW, "yesterday"), error("heat.csv line 52", "'yesterday'", "no date")),
    Case("a day that is none", "wide", swap("heat.csv", "2024-03-03 02", "2024-02-30 02"), error("line 52", "no date")),
    Case("unsorted", "wide", turned("heat.csv", backwards), error("heat.csv line 3", "sort the rows by time")),
    Case("an hour twice", "wide", turned("heat.csv", autumn), error("heat.csv line 53", "stands twice")),
    Case("an hour that is missing", "wide", turned("heat.csv", spring), Kept()),
    Case(
        "some in a time zone", "wide", swap("heat.csv", ROW, f"{ROW}+00:00"), error("line 52", "must both have a time")
    ),
    Case("a gap", "wide", swap("heat.csv", f"{ROW},3", f"{ROW},"), error("heat.csv line 52: a is empty", OF_TWO)),
    Case("NaN", "wide", swap("heat.csv", f"{ROW},3", f"{ROW},NaN"), error("line 52: a is 'NaN'", OF_TWO)),
    Case("infinite", "wide", swap("heat.csv", f"{ROW},3", f"{ROW},inf"), error("line 52: a is 'inf'", OF_TWO)),
    Case("a number for people", "wide", swap("heat.csv", f"{ROW},3", f"{ROW},1_000"), error("line 52: a is '1_000'")),
    Case("a decimal comma", "wide", swap("heat.csv", f"{ROW},3", f'{ROW},"3,5"'), error("line 52: a is '3,5'", OF_TWO)),
    Case("a cell more", "wide", swap("heat.csv", f"{ROW},3", f"{ROW},3,3"), error("line 52 has 4 columns")),
    Case("a cell less", "wide", swap("heat.csv", f"{ROW},3,", f"{ROW},3"), error("line 52 has 2 columns")),
    Case("a name twice", "wide", swap("heat.csv", "date,a,b", "date,a,a"), error("line 1", "its own name")),
    Case("an open quote", "wide", swap("heat.csv", f"{ROW},3", f'{ROW},"3'), error("heat.csv line", "quotes")),
    Case("a series that stands still", "wide", constant, error("'heat-b'", "repeats itself", OF_TWO)),
    Case("a header alone", "wide", turned("heat.csv", lambda it: it.splitlines()[0]), error("0 values")),
    Case(
        "few rows",
        "wide",
        turned("heat.csv", lambda it: b"\n".join(it.splitlines()[:4])),
        error("heat.csv column a has 3 values"),
    ),
    Case("no name", "long_series", swap("m.csv", "\na,", "\n,"), error("m.csv line 2", "names no series")),
    Case("no value", "long_series", swap("m.csv", ",0\n", ",\n"), error("m.csv line 2", "y is empty")),
    Case("no y", "long_series", swap("m.csv", "ds,y", "ds,z"), error("not laid out")),
    Case("unsorted", "long_series", turned("m.csv", backwards), error("m.csv line 3", "sort the rows by time")),
    Case("a cell more", "long_series", swap("m.csv", ",0\n", ",0,0\n"), error("m.csv line 2 has 4 columns")),
    Case("half a row", "long_series", turned("m.csv", lambda it: it[:-9]), error("m.csv line 1401")),
    Case("a cell less", "matrix", swap("rates.txt", "0,0\n", "0\n"), error("rates.txt")),
    Case("a cell more", "matrix", turned("rates.txt", lambda it: it + b"1,2,3\n"), error("rates.txt line 701 has 3")),
    Case("a word", "matrix", turned("rates.txt", lambda it: it + b"1,x\n"), error("rates.txt line 701", "'x'", OF_TWO)),
    Case(
        "NaN", "matrix", turned("rates.txt", lambda it: it + b"nan,1\n"), error("rates.txt line 701", "'nan'", OF_TWO)
    ),
    Case("a header", "matrix", turned("rates.txt", lambda it: b"a,b\n" + it), error("not laid out")),
]
CASES_OF_LINE_5 = "Waves_TRAIN.ts line 5"
ARCHIVES = [
    Case("a value missing", "archive", turned("Waves_TRAIN.ts", lambda it: it + b"1,?,3:0\n"), drop("missing value")),
    Case("NaN", "archive", turned("Waves_TRAIN.ts", lambda it: it + b"1,NaN,3:0\n"), drop("line 115", "infinite")),
    Case("a word", "archive", turned("Waves_TRAIN.ts", lambda it: it + b"1,x,3:0\n"), drop("line 115", "'x'")),
    Case("no label", "archive", turned("Waves_TRAIN.ts", lambda it: it + b"1,2,3:\n"), drop("line 115", "no label")),
    Case("a strange label", "archive", turned("Waves_TRAIN.ts", lambda it: it + b"1,2:7\n"), drop("line 115", "'7'")),
    Case("dimensions", "archive", turned("Waves_TRAIN.ts", lambda it: it + b"1,2:3,4:0\n"), drop("has 2 dimensions")),
    Case("another length", "archive", turned("Waves_TRAIN.ts", lambda it: it + b"1,2,3:0\n"), Kept()),
    Case("no @data", "archive", swap("Waves_TRAIN.ts", "@data\n", ""), error("stands above @data")),
    Case("cut in the header", "archive", turned("Waves_TRAIN.ts", lambda it: it[:50]), error("no line @data")),
    Case("cut", "archive", turned("Waves_TRAIN.ts", lambda it: it[:-3]), drop("Waves_TRAIN.ts line 114")),
    Case(
        "times", "archive", swap("Waves_TRAIN.ts", "@univ", "@timeStamps true\n@univ"), error("line 2", "time stamps")
    ),
    Case(
        "no labels", "archive", swap("Waves_TRAIN.ts", "@classLabel true 0 1", "@classLabel false"), error("not laid")
    ),
]
CASES = FORECAST + ARCHIVES
