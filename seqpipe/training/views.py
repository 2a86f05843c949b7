"""A store seen otherwise: some of its rows, or all of them changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from seqpipe.batches import Batches, Rows, Table
from seqpipe.features.augmenting import Augmenter
from seqpipe.store import Row

Needed = Callable[[Row], int]
"""How many frames a row must keep at least."""


class Some:
    """The ``rows`` of a table, in their order."""

    def __init__(self, table: Table, rows: np.ndarray) -> None:
        self.table, self.rows = table, rows

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: int) -> Row:
        return self.table[int(self.rows[index])]

    def lengths(self, column: str) -> np.ndarray:
        """Length of every row's ``column``."""
        chosen: np.ndarray = self.table.lengths(column)[self.rows]
        return chosen


class Augmented:
    """The rows of a table with sources that are changed by chance: the same chance for the same ``salt`` and row."""

    def __init__(self, table: Table, augmenter: Augmenter, needed: Needed, salt: int) -> None:
        self.table, self.augmenter, self.needed, self.salt = table, augmenter, needed, salt

    def __len__(self) -> int:
        return len(self.table)

    def __getitem__(self, index: int) -> Row:
        row = self.table[index]
        random = np.random.default_rng([self.salt, index])
        return {**row, "source": self.augmenter(row["source"], self.needed(row), random)}

    def lengths(self, column: str) -> np.ndarray:
        """Those of the rows as they are stored, by which batches are planned."""
        return self.table.lengths(column)


def augmented(augmenter: Augmenter, needed: Needed) -> Callable[[Table, Any, np.random.Generator], Batches]:
    """What plans an epoch of whole rows that are changed: differently in each epoch, whoever reads them."""
    return partial(_plan, augmenter, needed)


def _plan(augmenter: Augmenter, needed: Needed, table: Table, params: Any, order: np.random.Generator) -> Batches:
    rows = Rows(table, params, order)
    rows.table = Augmented(table, augmenter, needed, int(order.integers(1 << 62)))
    return rows
