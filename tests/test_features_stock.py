"""The stock gives what preparing each source alone gives, prepares nothing twice, and keeps what it prepared."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.features import stock as module
from seqpipe.features.prepared import Prepared, Recipe
from seqpipe.features.stock import Stock
from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.recordings import Clip
from seqpipe.report import silent
from seqpipe.workers import ALONE, Known, Workers, at_most


class Doubling:
    """Prepares a file of numbers: twice each; those that begin with 7 cannot be used."""

    read: ClassVar[Counter[str]] = Counter()

    def prepare(self, example: Example) -> Example:
        self.read[example.source.name] += 1
        numbers = np.array(example.source.read_text().split(), np.float32)
        if numbers[0] == 7:
            raise SeqpipeError(f"{example.where}: begins with 7.")
        rate = int(numbers[0]) or None
        remarks = tuple(str(number) for number in numbers if number > 4)
        return example._replace(source=Prepared(example.source, 2 * numbers.reshape(-1, 1), remarks, rate))

    def measure(self, examples: Iterable[Example]) -> None:
        """Fit nothing."""


def recipe(params: str = "{}") -> Recipe:
    return Recipe("frames", params, Doubling())


def written(folder: Path, files: list[list[int]]) -> list[Path]:
    paths = [folder / f"{at}.txt" for at in range(len(files))]
    for path, numbers in zip(paths, files, strict=True):
        path.write_text(" ".join(map(str, numbers)))
    return paths


def stream(paths: list[Path], order: list[int]) -> list[Example | Dropped]:
    """An example of each number's file; of a negative one, what a reader has dropped."""
    return [
        Example(str(at), paths[number % len(paths)], f"target {at}", f"line {at}")
        if number >= 0
        else Dropped(f"line {at}", "is no use")
        for at, number in enumerate(order)
    ]


def plain(item: Example | Dropped) -> tuple[object, ...]:
    if isinstance(item, Dropped):
        return tuple(item)
    source = item.source
    assert source.values.dtype == np.float32
    return item.id, item.target, source.origin, source.values.tolist(), source.remarks, source.rate


def one_by_one(items: list[Example | Dropped]) -> list[tuple[object, ...]]:
    found = []
    for item in items:
        try:
            found.append(plain(Doubling().prepare(item) if isinstance(item, Example) else item))
        except SeqpipeError:
            assert isinstance(item, Example)
            found.append((item.where, "begins with 7"))
    return found


FILES = st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), min_size=1, max_size=8)
ORDERS = st.lists(st.integers(-1, 40), max_size=40)


@given(files=FILES, first=ORDERS, second=ORDERS, together=st.integers(1, 9), threads=st.integers(0, 2))
@settings(deadline=None, max_examples=60)
def test_a_stream_is_what_each_source_gives_alone_and_no_file_is_read_twice(
    files: list[list[int]], first: list[int], second: list[int], together: int, threads: int
) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch, at_most(threads, 3) as who:
        patch.setattr(module, "TOGETHER", together)
        paths = written(Path(name), files)
        Doubling.read.clear()
        stock = Stock(Path(name, "stock"), recipe(), who, silent)
        found = [[plain(item) for item in stock(stream(paths, order))] for order in (first, second)]
        assert stock.made == len(Doubling.read) == Doubling.read.total()
        again = Stock(Path(name, "stock"), recipe(), who, silent)
        usable = {path.name for path in paths if not path.read_text().startswith("7")}
        Doubling.read.clear()
        found.append([plain(item) for item in again(stream(paths, first + second))])
        assert not usable & set(Doubling.read)
        assert found == [one_by_one(stream(paths, order)) for order in (first, second, first + second)]


def test_a_shard_ends_with_so_many_examples_or_so_many_bytes_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOGETHER", 5)
    monkeypatch.setattr(module, "BYTES", 40)
    paths = written(tmp_path, [[1]] * 7 + [[2] * 25, [3], [4] * 11, [5] * 11, [6]])
    stock = Stock(tmp_path / "stock", recipe(), ALONE, silent)
    list(stock(stream(paths, list(range(12)))))
    rows = [len(module.Store(path)) for path in sorted(stock.folder.glob("*.arrow"))]
    assert rows == [5, 3, 3, 1]  # 5 examples; 2 + 49 bytes; 1 + 21 + 21; the rest


def test_parts_of_one_long_file_are_not_a_shard_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BYTES", 30)

    class Parts(Doubling):
        def prepare(self, example: Example) -> Example:
            whole = super().prepare(example._replace(source=example.source.path)).source
            at = int(example.source.offset)
            return example._replace(source=whole._replace(origin=example.source, values=whole.values[at : at + 1]))

    (path,) = written(tmp_path, [[1, 2, 3, 4, 5, 6, 8, 9]])  # 15 bytes
    items = [Example(str(at), Clip(path, float(at)), "", "") for at in range(8)]
    stock = Stock(tmp_path / "stock", Recipe("audio", "{}", Parts()), ALONE, silent)
    assert [plain(item) for item in stock(items)] == [plain(Parts().prepare(item)) for item in items]
    assert len(list(stock.folder.glob("*.arrow"))) == 1
    moved = path.rename(tmp_path / "moved.txt")
    again = Stock(tmp_path / "stock", Recipe("audio", "{}", Parts()), ALONE, silent)
    items = [Example(str(at), Clip(moved, float(at)), "", "") for at in (3, 0)]
    assert [plain(item) for item in again(items)] == [plain(Parts().prepare(item)) for item in items]
    assert again.made == 0


def test_a_stream_that_was_given_up_is_taken_up_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER", 2)
    paths = written(tmp_path, [[number] for number in range(6)])
    with at_most(1, 2) as who:
        stock = Stock(tmp_path / "stock", recipe(), who, silent)
        begun = stock(stream(paths, list(range(6))))
        next(begun)
        begun.close()  # type: ignore[attr-defined]
        items = stream(paths, list(range(6)))
        assert [plain(item) for item in stock(items)] == one_by_one(items)


def test_files_that_were_moved_or_touched_are_known_by_what_is_in_them(tmp_path: Path) -> None:
    paths = written(tmp_path, [[1, 2], [3, 4], [5, 6]])
    list(Stock(tmp_path / "stock", recipe(), ALONE, silent)(stream(paths, [0, 1, 2])))
    os.utime(paths[0], ns=(1, 1))
    moved = paths[1].rename(tmp_path / "elsewhere.txt")
    paths[2].write_text("5 8")
    os.utime(paths[2], ns=(2, 2))  # changed, and no longer than before
    items = stream([paths[0], moved, paths[2]], [0, 1, 2])
    again = Stock(tmp_path / "stock", recipe(), ALONE, silent)
    assert [plain(item) for item in again(items)] == one_by_one(items)
    assert again.made == 1
    other = moved.rename(tmp_path / "elsewhere.mp4")  # which may be read in another way
    by_name = Stock(tmp_path / "stock", recipe(), ALONE, silent)
    list(by_name(stream([other], [0])))
    assert by_name.made == 1


def test_a_file_that_changes_while_it_is_read_is_not_known_by_what_it_holds_then(tmp_path: Path) -> None:
    (path,) = written(tmp_path, [[1, 2]])

    class Late(Doubling):
        def prepare(self, example: Example) -> Example:
            made = super().prepare(example)
            example.source.write_text("1 5")
            return made

    list(Stock(tmp_path / "stock", Recipe("frames", "{}", Late()), ALONE, silent)(stream([path], [0])))
    items = stream([path], [0])
    assert [plain(item) for item in Stock(tmp_path / "stock", recipe(), ALONE, silent)(items)] == one_by_one(items)


def test_what_a_killed_run_still_writes_is_in_nobodys_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER", 1)
    monkeypatch.setattr(module, "OPEN", 1)
    paths = written(tmp_path, [[1], [2], [3], [4]])
    late: list[Callable[[], object]] = []

    def put_off(function: Callable[..., object], *values: object) -> Known:
        late.append(lambda: function(*values))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(Stock(tmp_path / "stock", recipe(), Workers(put_off, 1), silent)(stream(paths, [0, 1])))
    stock, items = Stock(tmp_path / "stock", recipe(), ALONE, silent), stream(paths, [2, 3])
    list(stock(items))
    late[0]()  # a worker that goes on
    assert [plain(item) for item in stock(items)] == one_by_one(items)


def test_other_parameters_and_a_changed_file_are_prepared_anew(tmp_path: Path) -> None:
    paths = written(tmp_path, [[1], [2]])
    items = stream(paths, [0, 1])
    list(Stock(tmp_path / "stock", recipe(), ALONE, silent)(items))
    other = Stock(tmp_path / "stock", recipe('{"height": 2}'), ALONE, silent)
    list(other(items))
    assert other.made == 2
    other.tidy()
    assert list((tmp_path / "stock").iterdir()) == [other.folder]
    paths[1].write_text("3 3")
    changed = Stock(tmp_path / "stock", recipe('{"height": 2}'), ALONE, silent)
    assert [plain(item) for item in changed(items)] == one_by_one(items)
    assert changed.made == 1


def test_workers_have_nothing_to_do_with_a_single_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TOGETHER", 2)
    asked: list[int] = []

    def submit(function: Callable[..., object], *values: object) -> Known:
        asked.append(1)
        return Known(function(*values))

    paths = written(tmp_path, [[number] for number in range(6)])
    stock = Stock(tmp_path / "stock", recipe(), Workers(submit, 3), silent)
    list(stock(stream(paths, [0, 1])))
    assert not asked
    list(stock(stream(paths, [2, 3, 4, 5])))
    assert asked == [1]


def test_a_shard_that_a_worker_wrote_elsewhere_is_missed_clearly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "TOGETHER", 1)
    elsewhere = Workers(lambda function, path, codec, new: Known([None for _ in new]), 1)
    stock = Stock(tmp_path / "stock", recipe(), elsewhere, silent)
    with pytest.raises(SeqpipeError, match=r"000001.arrow was written by a worker, but is not here; .* same path"):
        list(stock(stream(written(tmp_path, [[1], [2]]), [0, 1])))
