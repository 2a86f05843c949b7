"""Reading long CSV: what it means, and what every mistake in it is told as."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest

from seqpipe.files import SeqpipeError
from seqpipe.readers.series import Columns, read_folder, read_series

COLUMNS = Columns()


def write(folder: Path, text: str, name: str = "sales.csv") -> str:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_series_keep_their_order_and_may_be_interleaved(tmp_path: Path) -> None:
    path = write(tmp_path, "unique_id,ds,y\nb,2001-01,1\na,2001-01,10\nb,2001-02,2.5\n\na,2001-03,-3e1\n")
    b, a = read_series(path, COLUMNS)
    assert (b.name, b.dates, b.values.tolist()) == ("b", ["2001-01", "2001-02"], [1.0, 2.5])
    assert (a.name, a.dates, a.values.tolist()) == ("a", ["2001-01", "2001-03"], [10.0, -30.0])
    assert (a.times[1] - a.times[0]).days == 59


def test_without_the_id_column_a_file_is_one_series(tmp_path: Path) -> None:
    (series,) = read_series(write(tmp_path, "y,ds,note\n1,2001,x\n2,2002,\n"), COLUMNS)
    assert (series.name, series.values.tolist()) == ("sales", [1.0, 2.0])


def test_columns_have_the_names_given(tmp_path: Path) -> None:
    path = write(tmp_path, '\ufeffwhen, "who" ,much\n2001-01-01T12:00,"x, y",1\n')
    with pytest.raises(SeqpipeError, match="no column 'ds'"):
        read_series(path, COLUMNS)
    path = write(tmp_path, 'when,who,much\n2001-01-01T12:00,"x, y",1\n')
    (series,) = read_series(path, Columns("when", "much", "who"))
    assert series.name == "x, y"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("ds,y\n2001-01-01,1\n"))
    (series,) = read_series("-", COLUMNS)
    assert (series.name, series.path) == ("input", "-")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty; it needs a header"),
        ("\n \n", "is empty; it needs a header"),
        ("ds,y\n", "has a header but no rows"),
        (
            "ds,yy\n2001-01,1\n",
            "line 1 has no column 'y' (it has ds, yy); rename one, or name yours in features.value.",
        ),
        ("date,y\n2001-01,1\n", "line 1 has no column 'ds' (it has date, y)"),
        ("ds,y,y\n2001-01,1,2\n", "line 1 has more than one column 'y'"),
        ("ds,y\n2001-01,1\n2001-02,nan\n", "line 3: y is 'nan', not a finite number"),
        ("ds,y\n2001-01,1\n2001-02,\n", "line 3: y is empty, not a finite number"),
        ("ds,y\n2001-01,inf\n", "line 2: y is 'inf', not a finite number"),
        ("ds,y\n2001-01,2_6.1\n", "line 2: y is '2_6.1', not a finite number"),
        ("ds,y\n\n2001-01,1 200\n", "line 3: y is '1 200', not a finite number"),
        ("ds,y\n01/02/2001,1\n", "line 2: ds '01/02/2001' is no date that can be read in one way"),
        ("ds,y\n2001-13,1\n", "line 2: ds '2001-13' is no date that can be read in one way"),
        ("ds,y\n,1\n", "line 2: ds '' is no date that can be read in one way"),
        ("ds,y\n2001-02,1\n2001-01,2\n", "line 3: ds '2001-01' comes after '2001-02' in series 'sales'; sort"),
        ("ds,y\n2001-01,1\n2001-01-01,2\n", "line 3: ds '2001-01-01' stands twice in series 'sales'"),
        ("ds,y\n2001-01-01,1\n2001-01-02T00:00Z,2\n", "line 3: ds '2001-01-02T00:00Z' and the one before must both"),
        ("ds,y\n2001-01\n", "line 2 has 1 columns, but the header has 2"),
        ('ds,y\n"2001-01,1\n', "line 2 is not CSV"),
        ("unique_id,ds,y\n,2001-01,1\n", "line 2 names no series in column 'unique_id'"),
    ],
)
def test_mistakes_name_the_file_and_the_line(tmp_path: Path, text: str, message: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(SeqpipeError, match=re.escape(message)) as raised:
        read_series(path, COLUMNS)
    assert str(raised.value).startswith(path)


def test_bytes_that_are_not_utf8(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "sales.csv"
    path.write_bytes(b"ds,y\n2001-01,1\n2001-02\xff,2\n")
    with pytest.raises(SeqpipeError, match=r"sales\.csv line 3 is not UTF-8"):
        read_series(str(path), COLUMNS)
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(path.read_bytes()), encoding="utf-8"))
    with pytest.raises(SeqpipeError, match="Standard input is not UTF-8"):
        read_series("-", COLUMNS)


def test_a_folder_is_read_by_name(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"has no \.csv file"):
        read_folder(tmp_path, COLUMNS)
    write(tmp_path, "ds,y\n2001,2\n", "b.csv")
    write(tmp_path, "ds,y\n2001,1\n", "a.csv")
    (tmp_path / "notes.txt").write_text("not a series")
    assert [series.name for series in read_folder(tmp_path, COLUMNS)] == ["a", "b"]
    write(tmp_path, "unique_id,ds,y\nb,2001,2\n", "c.csv")
    with pytest.raises(SeqpipeError, match=r"Series 'b' stands in both .*b\.csv and .*c\.csv"):
        read_folder(tmp_path, COLUMNS)


def test_a_missing_row_is_seen_and_uneven_months_or_weekends_are_not(tmp_path: Path) -> None:
    months = [f"{year}-{month:02}" for year in (2001, 2002, 2003) for month in range(1, 13)]

    def gap(dates: list[str]) -> str:
        path = write(tmp_path, "ds,y\n" + "".join(f"{date},1\n" for date in dates))
        return read_series(path, COLUMNS)[0].gap()

    assert gap(months) == ""
    assert gap(months[:20] + months[21:]) == months[19]
    assert gap([f"2001-01-{day:02}" for day in range(1, 32) if day % 7 not in (6, 0)]) == ""
    assert gap(months[:2]) == ""
