"""Batches: examples of similar length, joined under a budget of padded steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch

from seqpipe.padded import Padded, pad
from seqpipe.params.training import StreamTrain, Train
from seqpipe.store import Row, Store


class Batch(NamedTuple):
    """Examples that go through a model together; ``target`` is empty sequences when they are not known."""

    ids: list[str]
    source: Padded
    target: Padded
    carry: Any = None
    """What the loss of the batch before handed on, where this one continues it."""

    def to(self, device: torch.device | str) -> Batch:
        """The same on another device."""
        return self._replace(source=self.source.to(device), target=self.target.to(device))


class Batches(Protocol):
    """The batches of one pass over a split, made one by one as they are asked for."""

    def __len__(self) -> int:
        """How many."""

    def __iter__(self) -> Iterator[Batch]:
        """In the order they are meant to come."""


def collate(rows: Sequence[Row]) -> Batch:
    """Join rows of a store; ids become int64, frames stay float32."""
    source, target = (pad([_wide(row[name]) for row in rows]) for name in ("source", "target"))
    return Batch([row["id"] for row in rows], source, target)


def _wide(array: np.ndarray) -> np.ndarray:
    return array.astype(np.int64) if array.dtype.kind == "i" else array.astype(np.float32)


def plan(store: Store, budget: int, generator: np.random.Generator | None = None) -> list[list[int]]:
    """Choose which rows share a batch: rows × (longest source + longest target) stays within ``budget``.

    With a ``generator``, rows of nearly equal length change places and batches come in random order; without one, the
    plan is by length alone. A row longer than the budget is a batch of its own.
    """
    source, target = (np.maximum(store.lengths(name), 1) for name in ("source", "target"))  # as `pad` has it
    length = (source + target).astype(np.float64)
    if generator is not None:
        length *= generator.uniform(0.9, 1.1, len(length))
    batches: list[list[int]] = []
    batch: list[int] = []
    widest = (0, 0)
    for index in np.argsort(length, kind="stable").tolist():
        wider = max(widest[0], int(source[index])), max(widest[1], int(target[index]))
        if batch and (len(batch) + 1) * sum(wider) > budget:
            batches.append(batch)
            batch, wider = [], (int(source[index]), int(target[index]))
        batch.append(index)
        widest = wider
    if batch:
        batches.append(batch)
    if generator is not None:
        batches = [batches[at] for at in generator.permutation(len(batches))]
    return batches


class Rows:
    """Whole rows, joined by length (``plan``): what most tasks train on, and all are validated on."""

    def __init__(self, store: Store, params: Train, generator: np.random.Generator | None = None) -> None:
        self.store, self.plan = store, plan(store, params.budget, generator)

    def __len__(self) -> int:
        return len(self.plan)

    def __iter__(self) -> Iterator[Batch]:
        for rows in self.plan:
            yield collate([self.store[row] for row in rows])


class Streams:
    """All rows in random order as one stream, cut into parallel streams, each read ``span`` steps at a time.

    A row's source and target are equally long. Every step of every row comes exactly once. A batch continues the one
    before it, row by row, so the state at its end is carried to the next: rows longer than a span are learned whole,
    though gradients reach back one span only (Williams & Peng 1990).
    """

    def __init__(self, store: Store, params: StreamTrain, generator: np.random.Generator) -> None:
        self.store, self.span, self.order = store, params.span, generator.permutation(len(store))
        steps = int(store.lengths("source").sum())
        self.streams = min(params.streams, steps)
        self.longest = -(-steps // self.streams)

    def __len__(self) -> int:
        return -(-self.longest // self.span)

    def __iter__(self) -> Iterator[Batch]:
        rows = [self.store[row] for row in self.order.tolist()]
        source, target = (
            np.array_split(np.concatenate([_wide(row[name]) for row in rows]), self.streams)
            for name in ("source", "target")
        )
        ids = [f"stream {number}" for number in range(1, self.streams + 1)]
        for start in range(0, self.longest, self.span):
            part = slice(start, start + self.span)
            yield Batch(ids, pad([stream[part] for stream in source]), pad([stream[part] for stream in target]))
