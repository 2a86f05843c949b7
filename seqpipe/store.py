"""The feature store: one memory-mapped Arrow IPC file a split, rows of unequal length, readable by any Arrow tool.

A column is one of five kinds:

========== ======================= ===========================
kind       Arrow type              in Python
========== ======================= ===========================
text       string                  ``str``
ids        list<int32>             ``int32[T]``
values     list<double>            ``float64[T]``
ids:F      list<list<int32>[F]>    ``int32[T, F]``
frames:F   list<list<float>[F]>    ``float32[T, F]``
========== ======================= ===========================
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa

from seqpipe.files import SeqpipeError, whole_file

ROWS_A_BATCH, BYTES_A_BATCH = 512, 4 << 20

Row = dict[str, Any]


def arrow_type(kind: str) -> pa.DataType:
    """The Arrow type of a column kind."""
    if ":" in kind:
        values, size = kind.split(":")
        return pa.list_(pa.list_({"ids": pa.int32(), "frames": pa.float32()}[values], int(size)))
    return {"text": pa.string(), "ids": pa.list_(pa.int32()), "values": pa.list_(pa.float64())}[kind]


def _column(kind: str, items: list[Any]) -> pa.Array:
    """The rows of one column. It is made of buffers, since ``pa.array`` imports pandas wherever it is installed."""
    if kind == "text":
        encoded = [item.encode() for item in items]
        return pa.StringArray.from_buffers(len(items), _buffer(_offsets(encoded)), pa.py_buffer(b"".join(encoded)))
    values, _, size = kind.partition(":")
    dtype = {"ids": np.int32, "values": np.float64, "frames": np.float32}[values]
    steps = np.concatenate([np.asarray(item).ravel() for item in items]).astype(dtype, copy=False)
    flat = pa.Array.from_buffers(pa.from_numpy_dtype(dtype), len(steps), [None, _buffer(steps)])
    if size:
        assert all(np.shape(item)[1:] == (int(size),) for item in items), f"a step must have {size} values"
        flat = pa.FixedSizeListArray.from_arrays(flat, int(size))
    offsets = pa.Array.from_buffers(pa.int32(), len(items) + 1, [None, _buffer(_offsets(items))])
    return pa.ListArray.from_arrays(offsets, flat)


def _offsets(items: list[Any]) -> np.ndarray:
    """Where each item begins among all of them, and where the last ends, int32[items + 1]."""
    ends = np.cumsum([0, *map(len, items)])
    if ends[-1] > np.iinfo(np.int32).max:
        raise SeqpipeError(f"An example of {max(map(len, items))} steps or bytes is too long to be stored; split it.")
    return ends.astype(np.int32)


def _buffer(values: np.ndarray) -> pa.Buffer:
    return pa.py_buffer(np.ascontiguousarray(values))


class Writer:
    """Write rows one by one; the file appears, whole, when the ``with`` block ends without an error."""

    def __init__(self, path: Path, columns: dict[str, str]) -> None:
        self.columns = columns
        self.rows: list[Row] = []
        self.count = self._written = self._waiting = 0  # rows, and bytes of their arrays on disk and not yet there
        self._arrays = [name for name, kind in columns.items() if kind != "text"]
        self._schema = pa.schema([(name, arrow_type(kind)) for name, kind in columns.items()])
        self._whole = whole_file(path)
        self._file = pa.ipc.new_file(str(self._whole.__enter__()), self._schema)

    @property
    def bytes(self) -> int:
        """Bytes of the rows' arrays."""
        return self._written + self._waiting

    def add(self, row: Row) -> None:
        """Append one row; its keys are the columns."""
        self.rows.append(row)
        self.count += 1
        for name in self._arrays:
            self._waiting += getattr(row[name], "nbytes", 0)
        if len(self.rows) >= ROWS_A_BATCH or self._waiting >= BYTES_A_BATCH:
            self._flush()

    def _flush(self) -> None:
        if self.rows:
            arrays = [_column(kind, [row[name] for row in self.rows]) for name, kind in self.columns.items()]
            self._file.write_batch(pa.record_batch(arrays, schema=self._schema))
            self.rows, self._written, self._waiting = [], self._written + self._waiting, 0

    def __enter__(self) -> Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._flush()
            self._file.close()
        except BaseException as failure:  # the rows of the last batch: the file must not appear
            self._whole.__exit__(type(failure), failure, failure.__traceback__)
            raise
        self._whole.__exit__(kind, error, trace)


class Store:
    """Rows of one split by index; only the pages that are touched are read from disk."""

    def __init__(self, path: Path) -> None:
        try:
            self._file = pa.ipc.open_file(pa.memory_map(str(path)))
            self._batches = [self._file.get_batch(index) for index in range(self._file.num_record_batches)]
        except FileNotFoundError:
            raise SeqpipeError(f"{path} is missing; run `seqpipe preprocess` (or `dvc repro`) first.") from None
        except (pa.ArrowInvalid, OSError):
            raise SeqpipeError(f"{path} is not a whole Arrow file; run `seqpipe preprocess` again.") from None
        self._starts = [0, *accumulate(batch.num_rows for batch in self._batches)]
        self._readers: dict[int, dict[str, Callable[[int], Any]]] = {}  # of the batches that were touched
        self.columns: list[str] = self._file.schema.names

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, index: int) -> Row:
        if not 0 <= index < len(self):
            raise IndexError(index)
        at = bisect_right(self._starts, index) - 1
        if at not in self._readers:
            self._readers[at] = {name: _reader(self._batches[at].column(name)) for name in self.columns}
        row = index - self._starts[at]
        return {name: read(row) for name, read in self._readers[at].items()}

    def texts(self, column: str) -> list[str]:
        """Every row's text in ``column``."""
        return [text for batch in self._batches for text in batch.column(column).to_pylist()]

    def lengths(self, column: str) -> np.ndarray:
        """Length of every row's ``column``, int64[rows], without reading its values."""
        parts = [np.diff(batch.column(column).offsets.to_numpy()) for batch in self._batches]
        return np.concatenate([np.zeros(0, np.int64), *parts]).astype(np.int64)


def _reader(array: Any) -> Callable[[int], Any]:
    """What gives a row of one column of a batch: a text, or a part of the one array that holds all rows."""
    if pa.types.is_string(array.type):
        return lambda row: array[row].as_py()
    values, offsets = array.values, array.offsets.to_numpy()
    if pa.types.is_fixed_size_list(values.type):
        steps = values.flatten().to_numpy().reshape(-1, values.type.list_size)
    else:
        steps = values.to_numpy()
    return lambda row: steps[offsets[row] : offsets[row + 1]]
