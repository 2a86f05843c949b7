"""Prepared sources on disk, so that the next run prepares only what is new, or was under way when it was stopped.

Shards are Arrow files of some hundred rows. A row is known by its key alone, a hash of its file's path, size and time
of change, the part of the file, and the parameters; where it lies in the corpus does not matter, so what is put between
others moves none of them.
"""

from __future__ import annotations

import shutil
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

from seqpipe.features.prepared import Prepared, Recipe, file_of, prepare
from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Dropped, Example
from seqpipe.report import Progress, Report
from seqpipe.store import Store, Writer
from seqpipe.workers import Known, Later, Promise, Workers

VERSION = 3  # of what prepare makes; raised when it makes other values of the same parameters
ROWS, BYTES = 256, 32 << 20  # of a shard at most, but for its last row
EVERY = 20  # sources between two reports of progress
OPEN = 4  # shards that are mapped into memory at a time


class Stock:
    """The prepared sources of one pipeline and its parameters; ``made`` counts what was prepared anew.

    Call it with a stream of examples: it gives the same stream, prepared, in order.
    """

    def __init__(self, folder: Path, recipe: Recipe, workers: Workers, report: Report) -> None:
        own = blake2b(repr((VERSION, recipe.modality, recipe.params)).encode(), digest_size=8).hexdigest()
        self.folder, self.recipe, self.workers, self.report = folder / own, recipe, workers, report
        self.made = 0
        self._index: dict[bytes, tuple[int, int]] = {}  # key → shard and row
        self._used: set[int] = set()
        self._open: OrderedDict[int, Store] = OrderedDict()
        self._shard: Writer | None = None  # the one that is being written
        self._next = 0
        for path in sorted(self.folder.glob("*.arrow")):
            self._take_in(path)

    def __call__(self, items: Iterable[Example | Dropped]) -> Iterator[Example | Dropped]:
        """Prepare a stream; at its end, or when it is given up, what was prepared is on disk."""
        try:
            for key, item in self.workers.ordered(self._promises(items)):
                if key is not None and isinstance(item, Example):
                    self._keep(key, item.source)
                    if self.made % EVERY == 0:
                        self.report(Progress(f"sources of {self.folder.parent.stem}", self.made, 0))
                yield item
        finally:
            self._close()

    def _promises(self, items: Iterable[Example | Dropped]) -> Iterator[Promise]:
        for item in items:
            if isinstance(item, Dropped):
                yield Known((None, item))
                continue
            key = _key(item)
            if key in self._index:
                yield Later(partial(self._taken, item, key))
            else:
                self.made += 1
                yield self.workers.submit(_keyed, key, self.recipe, item)

    def _keep(self, key: bytes, source: Prepared) -> None:
        if self._shard is None:
            columns = {"key": "text", "remarks": "text", "rate": "text", "values": f"frames:{source.values.shape[1]}"}
            self._shard = Writer(self._path(self._next), columns)
        rate = "" if source.rate is None else str(source.rate)
        self._shard.add({"key": key.hex(), "remarks": "\n".join(source.remarks), "rate": rate, "values": source.values})
        if self._shard.count >= ROWS or self._shard.bytes >= BYTES:
            self._close()

    def _close(self) -> None:
        """End the shard that is being written."""
        shard, self._shard = self._shard, None
        if shard is not None:
            shard.__exit__(None, None, None)
            self._used.add(self._next)
            self._take_in(self._path(self._next))

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:06d}.arrow"

    def _take_in(self, path: Path) -> None:
        number = int(path.stem)
        self._next = max(self._next, number + 1)
        try:
            keys = Store(path).texts("key")
        except SeqpipeError:  # of a machine that stopped while it wrote
            path.unlink()
            return
        self._index.update((bytes.fromhex(key), (number, row)) for row, key in enumerate(keys))

    def _taken(self, item: Example, key: bytes) -> tuple[None, Example]:
        return None, item._replace(source=self._read(item.source, key))

    def _read(self, origin: Any, key: bytes) -> Prepared:
        number, row = self._index[key]
        self._used.add(number)
        if number not in self._open:
            self._open[number] = Store(self._path(number))
        self._open.move_to_end(number)
        if len(self._open) > OPEN:
            self._open.popitem(last=False)
        found = self._open[number][row]
        remarks = tuple(found["remarks"].split("\n")) if found["remarks"] else ()
        return Prepared(origin, found["values"], remarks, int(found["rate"]) if found["rate"] else None)

    def tidy(self) -> None:
        """Remove shards that no example of this run came from, those that a run which was killed had begun, and those
        of other parameters."""
        self._open.clear()
        used = {self._path(number) for number in self._used}
        for path in self.folder.glob("*"):
            if path not in used:
                path.unlink()
        for other in self.folder.parent.glob("*"):
            if other != self.folder:
                shutil.rmtree(other, ignore_errors=True)


def _keyed(key: bytes, recipe: Recipe, example: Example) -> tuple[bytes, Example | Dropped]:
    """The example, prepared, with its key."""
    return key, prepare(recipe, example)


def _key(example: Example) -> bytes:
    path, part = file_of(example.source)
    try:
        found = path.stat()
        state = (found.st_size, found.st_mtime_ns)
    except OSError:  # preparing it will say so
        state = (-1, -1)
    return blake2b(repr((str(path), part, state)).encode(), digest_size=16).digest()
