"""Batches: examples of similar length, joined under a budget of padded steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch

from seqpipe.padded import Padded, pad
from seqpipe.store import Row, Store


class Batch(NamedTuple):
    """Examples that go through a model together; ``target`` is empty sequences when they are not known."""

    ids: list[str]
    source: Padded
    target: Padded

    def to(self, device: torch.device | str) -> Batch:
        """The same on another device."""
        return Batch(self.ids, self.source.to(device), self.target.to(device))


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
