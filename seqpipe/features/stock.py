"""Prepared sources on disk, so that the next run prepares only what is new, or was under way when it was stopped.

Shards are Arrow files of some dozen rows, in a folder for their parameters. A row is known by its key, a hash of its
file's path, size and time of change and the part of the file, or else by what is in the file. Where it lies in the
corpus does not matter, so what is put between others moves none of them.
"""

from __future__ import annotations

import shutil
from collections import OrderedDict, deque
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path
from secrets import token_hex
from typing import NamedTuple

from seqpipe.features.prepared import Recipe, content_of, file_of, state_of
from seqpipe.features.shards import prepared, write_shard
from seqpipe.files import SeqpipeError
from seqpipe.readers.example import Dropped, Example
from seqpipe.report import Progress, Report
from seqpipe.store import Store
from seqpipe.workers import ALONE, Known, Promise, Workers

VERSION = 4  # of what prepare makes; raised when it makes other values of the same parameters
TOGETHER, BYTES = 64, 16 << 20  # examples in a stretch at most, and of their new files, but for its last one
OPEN = 4  # shards that are mapped into memory at a time


Place = tuple[str, int]
"""The name of a shard, and a row in it."""


class Stretch(NamedTuple):
    """Examples that follow each other, with their keys; ``new`` are those that a worker has to prepare."""

    items: list[tuple[bytes, Example | Dropped]]
    new: list[tuple[bytes, Example]]


class Stock:
    """The prepared sources of one pipeline and its parameters; ``made`` counts what was prepared anew.

    Call it with a stream of examples: it gives the same stream, prepared, in order.
    """

    def __init__(self, folder: Path, recipe: Recipe, workers: Workers, report: Report) -> None:
        own = blake2b(repr((VERSION, recipe.modality, recipe.params)).encode(), digest_size=8).hexdigest()
        self.folder, self.codec, self.workers, self.report = folder / own, recipe.codec, workers, report
        self.made = 0
        self._places: dict[bytes, Place] = {}  # key → shard and row
        self._contents: dict[str, Place] = {}  # the same by what is in the file
        self._lengths: set[str] = set()  # of these files
        self._unusable: dict[bytes, str] = {}  # key → reason
        self._promised: set[bytes] = set()
        self._used: set[str] = set()
        self._open: OrderedDict[str, Store] = OrderedDict()
        self._run, self._shards = token_hex(4), 0  # of a run that was killed, a worker may still write
        for path in sorted(self.folder.glob("*.arrow")):
            self._take_in(path)

    def __call__(self, items: Iterable[Example | Dropped]) -> Iterator[Example | Dropped]:
        """Prepare a stream."""
        waiting: deque[tuple[str, Stretch]] = deque()
        try:
            for reasons in self.workers.ordered(self._promises(items, waiting)):
                shard, stretch = waiting.popleft()
                if stretch.new:
                    self._keep(shard, stretch, reasons)
                    self.report(Progress(f"sources of {self.folder.parent.stem}", self.made, 0))
                for key, item in stretch.items:
                    yield item if isinstance(item, Dropped) else self._prepared(key, item)
        finally:  # of a stream that was given up, what it did not wait for is as new as before
            self._promised.difference_update(key for _, stretch in waiting for key, _ in stretch.new)

    def _promises(self, items: Iterable[Example | Dropped], waiting: deque[tuple[str, Stretch]]) -> Iterator[Promise]:
        """Of each stretch, the reasons of ``write_shard``; it joins ``waiting`` with the name of its shard.

        The first one is for whoever asks, so that no other has to begin for less than two.
        """
        submit = ALONE.submit
        for stretch in self._stretches(items):
            shard = f"{self._run}-{self._shards:06d}.arrow"
            waiting.append((shard, stretch))
            if not stretch.new:
                yield Known([])
                continue
            self._shards += 1
            self.made += len(stretch.new)
            yield submit(write_shard, (self.folder / shard).absolute(), self.codec, stretch.new)
            submit = self.workers.submit

    def _stretches(self, items: Iterable[Example | Dropped]) -> Iterator[Stretch]:
        stretch, files, size = Stretch([], []), set[Path](), 0
        for item in items:
            key = b""
            if isinstance(item, Example):
                key, path, length = _identity(item)
                if key not in self._promised and not self._has(key, item, length):
                    self._promised.add(key)
                    stretch.new.append((key, item))
                    size += 0 if path in files else length
                    files.add(path)
            stretch.items.append((key, item))
            if len(stretch.items) >= TOGETHER or size >= BYTES:
                yield stretch
                stretch, files, size = Stretch([], []), set(), 0
        if stretch.items:
            yield stretch

    def _has(self, key: bytes, item: Example, length: int) -> bool:
        """Whether a source is there, maybe from a file that was moved or touched."""
        if key not in self._places and str(length) in self._lengths:
            content = content_of(item.source)
            if content in self._contents:
                self._places[key] = self._contents[content]
        return key in self._places

    def _keep(self, shard: str, stretch: Stretch, reasons: list[str | None]) -> None:
        row = 0
        for (key, _), reason in zip(stretch.new, reasons, strict=True):
            if reason is None:
                self._places[key] = shard, row
                row += 1
            else:
                self._unusable[key] = reason
        path = self.folder / shard
        if row and not path.is_file():
            raise SeqpipeError(
                f"{path} was written by a worker, but is not here; workers on other machines need the project's folder "
                "under the same path."
            )

    def _prepared(self, key: bytes, item: Example) -> Example | Dropped:
        if key in self._unusable:
            return Dropped(item.where, self._unusable[key])
        shard, row = self._places[key]
        self._used.add(shard)
        if shard not in self._open:
            self._open[shard] = Store(self.folder / shard)
        self._open.move_to_end(shard)
        if len(self._open) > OPEN:
            self._open.popitem(last=False)
        return item._replace(source=prepared(item.source, self._open[shard][row]))

    def _take_in(self, path: Path) -> None:
        try:
            store, shard = Store(path), path.name
            keys, contents = store.texts("key"), store.texts("content")
        except SeqpipeError:  # of a machine that stopped while it wrote
            path.unlink()
            return
        self._places.update((bytes.fromhex(key), (shard, row)) for row, key in enumerate(keys))
        self._contents.update((content, (shard, row)) for row, content in enumerate(contents) if content)
        self._lengths.update(content.partition(" ")[0] for content in contents if content)

    def tidy(self) -> None:
        """Remove shards that no example of this run came from, those that a run which was killed had begun, and those
        of other parameters."""
        self._open.clear()
        for path in self.folder.glob("*"):
            if path.name not in self._used:
                path.unlink()
        for other in self.folder.parent.glob("*"):
            if other != self.folder:
                shutil.rmtree(other, ignore_errors=True)


def _identity(example: Example) -> tuple[bytes, Path, int]:
    """The key of a source, its file and that file's size."""
    path, part = file_of(example.source)
    state = state_of(path)
    key = blake2b(repr((str(path), part, state)).encode(), digest_size=16).digest()
    return key, path, max(0, state[0])
