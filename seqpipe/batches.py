"""Batches: examples of similar length, joined under a budget of padded steps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import nn

from seqpipe.padded import Padded, pad
from seqpipe.params.training import StreamTrain, Train
from seqpipe.store import Row


class Window(NamedTuple):
    """How a batch of streams is learned: its part in truncated backpropagation through time."""

    context: int = 0
    """Leading steps of the source without a target: batches before have learned them, gradients go back to them."""
    onward: int | None = None
    """Steps after which the states are carried to the next batch; None is all of them."""
    cut: int | None = None
    """Gradients are cut after every so many steps; None is never."""

    def ends(self, steps: int) -> list[int]:
        """Where a reader of ``steps`` steps has to stop, to carry states or to cut; the last is ``steps``."""
        onward = steps if self.onward is None else min(self.onward, steps)
        return sorted({*range(self.cut or steps, steps, self.cut or steps), onward, steps} - {0})


WHOLE = Window()
NAMED = 3
"""Of the rows in a part of a stream, those that its id names."""


class Batch(NamedTuple):
    """Examples that go through a model together; ``target`` is empty sequences when they are not known."""

    ids: list[str]
    source: Padded
    target: Padded
    carry: Any = None
    """What the loss of the batch before handed on, where this one continues it."""
    window: Window = WHOLE
    """Of streams: what of it is learned, and what is carried on."""

    def to(self, device: torch.device | str) -> Batch:
        """The same on another device."""
        return self._replace(source=self.source.to(device), target=self.target.to(device))

    def beside(self, model: nn.Module) -> Batch:
        """The same where a model's weights are."""
        return self.to(next(model.parameters()).device)


class Table(Protocol):
    """Rows of a split by index, as a ``Store`` has them."""

    def __len__(self) -> int:
        """How many."""

    def __getitem__(self, index: int) -> Row:
        """One of them."""

    def lengths(self, column: str) -> np.ndarray:
        """Length of every row's ``column``, int64[rows]."""


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


def plan(store: Table, budget: int, generator: np.random.Generator | None = None) -> list[list[int]]:
    """Choose which rows share a batch: rows × (longest source + longest target) stays within ``budget``.

    With a ``generator``, rows of nearly equal length change places and batches come in random order; without one, the
    plan is by length alone. A row longer than the budget is a batch of its own.
    """
    source, target = (np.maximum(store.lengths(name), 1) for name in ("source", "target"))  # as `pad` has it
    sizes = source.astype(np.float64), target.astype(np.float64)
    if generator is not None:
        sizes = tuple(size * generator.uniform(0.95, 1.05, len(size)) for size in sizes)
    batches: list[list[int]] = []
    batch: list[int] = []
    widest = (0, 0)
    for index in _by_both(*sizes, budget).tolist():
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


def _by_both(source: np.ndarray, target: np.ndarray, budget: int) -> np.ndarray:
    """Rows (R,) in an order in which neighbours are alike on both sides (strips, then tiles: Leutenegger et al. 1997).

    Cut into k strips by target length, and each of them by source length, M batches span about 1/k of the targets'
    range and k/M of the sources': σ_t/k + σ_s k/M is smallest at k = √(M σ_t/σ_s). Every other strip runs backwards,
    so that no batch joins the ends of two.
    """
    if not len(source):
        return np.zeros(0, np.int64)
    batches = max(1.0, float(source.sum() + target.sum()) / budget)
    ratio = target.std() / max(source.std(), 1e-9)
    strips = round(min(max(1.0, np.sqrt(batches * ratio)), batches, len(source)))
    strip = np.empty(len(source), np.int64)
    strip[np.lexsort((source, target))] = np.arange(len(source)) * strips // len(source)
    return np.lexsort((target, np.where(strip % 2, -source, source), strip))


class Rows:
    """Whole rows, joined by length (``plan``): what most tasks train on, and all are validated on."""

    def __init__(self, table: Table, params: Train, generator: np.random.Generator | None = None) -> None:
        self.table, self.plan = table, plan(table, params.budget, generator)

    def __len__(self) -> int:
        return len(self.plan)

    def __iter__(self) -> Iterator[Batch]:
        for rows in self.plan:
            yield collate([self.table[row] for row in rows])


def _names(rows: Sequence[Row], ends: np.ndarray, first: np.ndarray, last: np.ndarray) -> list[str]:
    """The ids of the first three rows in each part of a stream, from the step ``first`` to before ``last``; ``rows``
    follow each other with these ``ends``. A part without steps is named by the next row."""
    steps = np.stack([first, np.maximum(first, last - 1)], axis=1)
    found = np.searchsorted(ends, steps, side="right").clip(max=len(rows) - 1).tolist()
    return [
        " + ".join(row["id"] for row in rows[one : min(one + NAMED, other + 1)]) + " + …" * (other >= one + NAMED)
        for one, other in found
    ]


class Streams:
    """All rows in random order as one stream, cut into parallel streams, each read ``span`` steps at a time.

    A row's source and target are equally long. Every step of every row has a target exactly once. A batch continues the
    one before it, row by row, so the state at its end is carried to the next: rows longer than a span are learned
    whole, though gradients reach back no further than ``reach`` steps: every k₁ = ``span`` steps they go back k₂ =
    ``reach`` steps, BPTT(k₂; k₁) of Williams & Peng 1990 (Sutskever 2013 has the algorithm as truncated BPTT).

    - k₂ > k₁: a batch holds the last k₂ steps, of which the k₁ new ones have targets. It begins k₁ steps later than the
      one before, with the state that that one has carried from there; the first ones are shorter.
    - k₂ < k₁: gradients are cut every k₂ steps within a batch.
    """

    def __init__(self, store: Table, params: StreamTrain, generator: np.random.Generator) -> None:
        self.store, self.span, self.order = store, params.span, generator.permutation(len(store))
        self.reach = params.reach or self.span
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
        ends = np.cumsum([len(row["target"]) for row in rows])
        stops = np.cumsum([len(one) for one in target])
        begins = stops - [len(one) for one in target]
        cut = self.reach if self.reach < self.span else None
        for new in range(0, self.longest, self.span):
            start, end = self._start(new), new + self.span
            inputs, outputs = pad([one[start:end] for one in source]), pad([one[new:end] for one in target])
            ids = _names(rows, ends, begins + new, np.minimum(begins + end, stops))
            yield Batch(ids, inputs, outputs, window=Window(new - start, self._start(end) - start, cut))

    def _start(self, new: int) -> int:
        """Where the batch begins whose first new step is ``new``: there, or ``reach`` steps before its end."""
        if self.reach <= self.span or new >= self.longest:
            return new
        return max(0, min(new + self.span, self.longest) - self.reach)
