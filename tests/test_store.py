"""The store gives back what went in: any column, any length, over any number of batches."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe import store as module
from seqpipe.files import SeqpipeError
from seqpipe.store import Row, Store, Writer, _offsets

COLUMNS = {"id": "text", "source": "frames:3", "words": "ids:2", "target": "ids", "past": "values"}
DTYPES = {"source": np.float32, "words": np.int32, "target": np.int32, "past": np.float64}


def row(id: str, frames: int, ids: int, values: int, seed: int = 1) -> Row:
    random = np.random.default_rng(seed)
    return {
        "id": id,
        "source": random.normal(size=(frames, 3)).astype(np.float32),
        "words": random.integers(0, 1000, (ids, 2)).astype(np.int32),
        "target": random.integers(0, 1000, ids).astype(np.int32),
        "past": random.normal(size=values),
    }


def write(path: Path, rows: list[Row], columns: dict[str, str] = COLUMNS) -> Store:
    with Writer(path, columns) as writer:
        for one in rows:
            writer.add(one)
    assert writer.count == len(rows)
    return Store(path)


def assert_same(store: Store, rows: list[Row]) -> None:
    assert len(store) == len(rows)
    for got, wanted in zip((store[index] for index in range(len(store))), rows, strict=True):
        assert list(got) == list(COLUMNS)
        assert got["id"] == wanted["id"]
        for name, dtype in DTYPES.items():
            assert got[name].dtype == dtype
            assert got[name].shape == wanted[name].shape
            np.testing.assert_array_equal(got[name], wanted[name])
    for name in DTYPES:
        lengths = store.lengths(name)
        assert lengths.dtype == np.int64
        assert lengths.tolist() == [len(one[name]) for one in rows]


LENGTHS = st.lists(st.tuples(st.text(max_size=5), *[st.integers(0, 5)] * 3), max_size=11)


@settings(deadline=None)
@given(LENGTHS)
def test_rows_come_back_over_many_batches(tmp_path_factory: pytest.TempPathFactory, made: list[Any]) -> None:
    rows = [row(*lengths, seed=seed) for seed, lengths in enumerate(made)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "ROWS_A_BATCH", 3)
        assert_same(write(tmp_path_factory.mktemp("store") / "a.arrow", rows), rows)


def test_more_rows_than_a_batch_holds(tmp_path: Path) -> None:
    rows = [row(str(at), at % 4, at % 3, at % 5, at) for at in range(2 * module.ROWS_A_BATCH + 7)]
    store = write(tmp_path / "a.arrow", rows)
    assert pa.ipc.open_file(str(tmp_path / "a.arrow")).num_record_batches == 3
    assert_same(store, rows)


@pytest.mark.parametrize("count", [1, 4, 7])
def test_rows_of_length_zero_only(tmp_path: Path, count: int) -> None:
    rows = [row("", 0, 0, 0) for _ in range(count)]
    assert_same(write(tmp_path / "a.arrow", rows), rows)


def test_a_store_without_rows(tmp_path: Path) -> None:
    store = write(tmp_path / "a.arrow", [])
    assert len(store) == 0
    assert store.columns == list(COLUMNS)
    assert store.lengths("source").tolist() == []
    assert list(store) == []


def test_indices_outside_are_refused(tmp_path: Path) -> None:
    store = write(tmp_path / "a.arrow", [row("a", 1, 1, 1), row("b", 2, 2, 2)])
    for index in (-1, 2):
        with pytest.raises(IndexError):
            store[index]
    assert [one["id"] for one in store] == ["a", "b"]


def test_values_are_mapped_not_copied(tmp_path: Path) -> None:
    before = pa.total_allocated_bytes()
    store = write(tmp_path / "a.arrow", [row(str(at), 2000, 1, 1) for at in range(100)])
    size = (tmp_path / "a.arrow").stat().st_size
    first = store[50]["source"]
    assert size > 2_000_000
    assert pa.total_allocated_bytes() - before < size / 10
    assert not first.flags.owndata
    assert not first.flags.writeable


def test_extreme_values_survive(tmp_path: Path) -> None:
    ids = np.array([-(2**31), 0, 2**31 - 1], np.int32)
    values = np.array([np.nan, np.inf, -np.inf, 5e-324, -0.0])
    made = {"id": "가\n\t\0", "source": np.zeros((2, 3), np.float32), "target": ids, "past": values}
    made["words"] = np.stack([ids, ids[::-1]], axis=1)
    got = write(tmp_path / "a.arrow", [made])[0]
    assert got["id"] == made["id"]
    assert got["target"].tolist() == ids.tolist()
    np.testing.assert_array_equal(got["past"], values)
    assert np.signbit(got["past"][-1])


def test_any_arrow_tool_reads_it(tmp_path: Path) -> None:
    rows = [row("a", 2, 1, 0), row("b", 0, 3, 2)]
    write(tmp_path / "a.arrow", rows)
    table = pa.ipc.open_file(str(tmp_path / "a.arrow")).read_all()
    assert table.schema.field("source").type == pa.list_(pa.list_(pa.float32(), 3))
    assert table.column("target").to_pylist() == [one["target"].tolist() for one in rows]
    assert table.column("source").to_pylist() == [one["source"].tolist() for one in rows]


def test_an_error_among_the_rows_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    write(path, [row("old", 1, 1, 1)])
    made = (row("new", 1, 1, 1 // (2 - at)) for at in range(1, 3))
    with pytest.raises(ZeroDivisionError), Writer(path, COLUMNS) as writer:
        list(map(writer.add, made))
    assert [one["id"] for one in Store(path)] == ["old"]
    assert [found.name for found in tmp_path.iterdir()] == ["a.arrow"]


def test_an_error_in_the_last_batch_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a.arrow"
    write(path, [row("old", 1, 1, 1)])
    with pytest.raises(KeyError), Writer(path, COLUMNS) as writer:
        writer.add({"id": "half a row"})
    assert [one["id"] for one in Store(path)] == ["old"]
    assert [found.name for found in tmp_path.iterdir()] == ["a.arrow"]


@pytest.mark.parametrize("shape", [(2, 4), (3, 2), (6,)])
def test_frames_of_another_width_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    with pytest.raises(AssertionError), Writer(tmp_path / "a.arrow", COLUMNS) as writer:
        writer.add({**row("a", 1, 1, 1), "source": np.zeros(shape, np.float32)})
    assert list(tmp_path.iterdir()) == []


def test_missing_and_broken_files_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(SeqpipeError, match=r"none\.arrow is missing; run `seqpipe preprocess`"):
        Store(tmp_path / "none.arrow")
    path = tmp_path / "a.arrow"
    write(path, [row("a", 5, 5, 5)])
    whole = path.read_bytes()
    for broken in (b"", b"ARROW1", whole[:-20], whole[: len(whole) // 2], b"x" * 100):
        path.write_bytes(broken)
        with pytest.raises(SeqpipeError, match=r"a\.arrow is not a whole Arrow file; run `seqpipe preprocess` again"):
            Store(path)


def test_an_example_that_is_too_long_for_the_format_is_an_error() -> None:
    assert _offsets([range(2**31 - 2), range(1)])[-1] == 2**31 - 1
    with pytest.raises(
        SeqpipeError, match="An example of 2147483647 steps or bytes is too long to be stored; split it"
    ):
        _offsets([range(2**31 - 1), range(1)])
