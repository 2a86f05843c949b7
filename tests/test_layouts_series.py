"""Tables of series and labelled series, read where they lie."""

from __future__ import annotations

import gzip
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.archive import ARCHIVE
from seqpipe.readers.layouts.tables import LONG_SERIES, MATRIX, WIDE

ALL = (ARCHIVE, LONG_SERIES, MATRIX, WIDE)


def test_wide_columns_are_series(tmp_path: Path) -> None:
    (tmp_path / "h.csv").write_text("date,a,b,c\n2016-07-01 00:00:00,1,2,3\n2016-07-01 01:00:00,4,,6\n")
    found = WIDE.look(tmp_path)
    assert found is not None
    assert (found.modality, found.task, found.splits) == ("series", "forecast", {})
    first, bad, last = WIDE.read(tmp_path, found.options, [])
    assert isinstance(first, Example)
    assert (first.id, first.unit, first.source.dates[1]) == ("h-a", "h-a", "2016-07-01 01:00:00")
    np.testing.assert_array_equal(first.source.values, [1, 4])
    assert isinstance(bad, Dropped)
    assert bad.where == "h.csv line 3"
    assert bad.reason.startswith("b is empty")
    assert isinstance(last, Example)


@pytest.mark.parametrize(
    ("text", "dates"),
    [
        ("Month,#Passengers\n1949-01,112\n1949-02,118\n", ["1949-01", "1949-02"]),
        ("observed,a\n2020-01-31,1\n2020-02-29,2\n", ["2020-01-31", "2020-02-29"]),
        (",a,b\n0,1.5,2\n1,2.5,-3\n", ["0", "1"]),
        ("step,a\n7,1\n8,2\n", ["7", "8"]),
        ("date,a\n2020-01-01,1e-3\n2020-01-02,2\n", ["2020-01-01", "2020-01-02"]),
        ("seen,a\n2020/1/1 9:00,1\n2020/1/1 10:00,2\n", ["2020/1/1 9:00", "2020/1/1 10:00"]),
        ("일자,a\n2020.01.01,1\n2020.01.02,2\n", ["2020.01.01", "2020.01.02"]),
    ],
)
def test_the_first_column_may_be_of_any_dates_or_steps(tmp_path: Path, text: str, dates: list[str]) -> None:
    (tmp_path / "h.csv").write_text(text)
    found = WIDE.look(tmp_path)
    assert found is not None
    examples = [item for item in WIDE.read(tmp_path, found.options, []) if isinstance(item, Example)]
    assert [list(one.source.dates) for one in examples] == [dates] * text.partition("\n")[0].count(",")


@pytest.mark.parametrize(
    "text",
    [
        "length,width\n5.1,3.5\n4.9,3\n",  # measures, not steps
        "code,a\n20200131,1\n20200201,2\n",  # perhaps dates, perhaps not
        "observed,a\n2020-01-31,x\n2020-02-29,y\n",  # no numbers
        "observed,a\n31/01/2020,1\n29/02/2020,2\n",  # day or month first
        "step,a\n",
        "time,text,label\n2020-01-01,good film,1\n2020-01-02,bad,0\n",
    ],
)
def test_other_tables_are_no_series_by_date(tmp_path: Path, text: str) -> None:
    (tmp_path / "h.csv").write_text(text)
    assert WIDE.look(tmp_path) is None


@pytest.mark.parametrize("cell", ["", "NaN", "3,5", "1_000"])
def test_a_first_row_without_a_number_is_still_of_a_series(tmp_path: Path, cell: str) -> None:
    (tmp_path / "h.csv").write_text(f'date,a,b\n2020-01-01,"{cell}",1\n2020-01-02,2,2\n')
    assert WIDE.look(tmp_path) is not None


@pytest.mark.parametrize(("second", "fault"), [("2016-01-01", "stands twice"), ("2015-12-31", "sort the rows")])
def test_dates_must_rise(tmp_path: Path, second: str, fault: str) -> None:
    (tmp_path / "h.csv").write_text(f"date,a\n2016-01-01,1\n{second},2\n")
    with pytest.raises(SeqpipeError, match=f"line 3.*{fault}"):
        list(WIDE.read(tmp_path, {}, []))


def test_matrix_without_header(tmp_path: Path) -> None:
    (tmp_path / "SOURCE").write_text("told")
    (tmp_path / "rate.txt.gz").write_bytes(gzip.compress(b"0.5,1\n0.25,2\n0.125,3\n"))
    found = MATRIX.look(tmp_path)
    assert found is not None
    series = [item.source for item in MATRIX.read(tmp_path, found.options, []) if isinstance(item, Example)]
    assert [one.name for one in series] == ["rate-1", "rate-2"]
    np.testing.assert_array_equal(np.stack([one.values for one in series]), [[0.5, 0.25, 0.125], [1, 2, 3]])
    (tmp_path / "rate.txt.gz").write_bytes(gzip.compress(b"0.5,1\n0.25\n"))
    with pytest.raises(SeqpipeError, match="line 2 has 1 columns, not 2"):
        list(MATRIX.read(tmp_path, {}, []))
    (tmp_path / "rate.txt.gz").write_bytes(gzip.compress(bytes(17 << 20)))
    with pytest.raises(SeqpipeError, match="a line of 16 MiB or more"):
        list(MATRIX.read(tmp_path, {}, []))


def test_long_and_archive(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("unique_id,ds,y\nA,2001,1\nA,2002,2\nB,2001,3\n")
    assert WIDE.look(tmp_path) is None
    assert [item.id for item in LONG_SERIES.read(tmp_path, {}, []) if isinstance(item, Example)] == ["A", "B"]
    for part in ("TRAIN", "TEST"):
        (tmp_path / f"P_{part}.ts").write_text("@classLabel true x y\n@data\n1,2:3,4:x\n5:6:y\n")
    found = ARCHIVE.look(tmp_path)
    assert found is not None
    assert found.splits == {"train": ["P_TRAIN.ts"], "test": ["P_TEST.ts"]}
    items = [item for item in ARCHIVE.read(tmp_path, {}, found.splits["test"]) if isinstance(item, Example)]
    assert [(item.id, item.target, item.source.shape) for item in items] == [
        ("P_TEST-3", "x", (2, 2)),
        ("P_TEST-4", "y", (1, 2)),
    ]


@given(st.one_of(st.binary(max_size=99), st.text('01.,-:\n"dates@e').map(lambda text: f"date,a\n{text}".encode())))
def test_any_bytes_give_items_or_an_error(tmp_path_factory: pytest.TempPathFactory, raw: bytes) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    for name in ("a.csv", "b.txt", "c.txt.gz", "d.ts"):
        (folder / name).write_bytes(raw)
    for layout in ALL:
        with suppress(SeqpipeError):
            layout.look(folder)
        with suppress(SeqpipeError):
            assert all(isinstance(item, Example | Dropped) for item in layout.read(folder, {}, []))


def test_steps_that_are_numbered_are_in_order_of_number(tmp_path: Path) -> None:
    rows = [f"{name},{step},{step % 7}" for name in ("M1", "M2") for step in range(1, 10_050)]  # M4; 1000 is no year
    (tmp_path / "m4.csv").write_text("\n".join(["unique_id,ds,y", *rows]), encoding="utf-8")
    assert LONG_SERIES.look(tmp_path) is not None
    one, other = (item.source for item in LONG_SERIES.read(tmp_path, {}, []) if isinstance(item, Example))
    assert (one.name, other.name, one.dates[-1]) == ("M1", "M2", "10049")
    assert (one.times[2] - one.times[1]).total_seconds() == 1
    assert one.gap() == ""
    (tmp_path / "m4.csv").write_text("unique_id,ds,y\nM1,2,1\nM1,1,1\n", encoding="utf-8")
    with pytest.raises(SeqpipeError, match="line 3: ds '1' comes after '2'"):
        list(LONG_SERIES.read(tmp_path, {}, []))
