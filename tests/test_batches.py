"""Batches hold every row once and stay within their budget."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.batches import Batch, collate, plan
from seqpipe.store import Store, Writer


class Lengths:
    """A store that knows lengths only."""

    def __init__(self, pairs: list[tuple[int, int]]) -> None:
        self.pairs = pairs

    def lengths(self, column: str) -> np.ndarray:
        side = {"source": 0, "target": 1}[column]
        return np.array([pair[side] for pair in self.pairs], np.int64)


PAIRS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=30)
SEEDS = st.none() | st.integers(0, 5)


def order(seed: int | None) -> np.random.Generator | None:
    return None if seed is None else np.random.default_rng(seed)


def padded_steps(pairs: list[tuple[int, int]]) -> int:
    """What a batch costs once it is padded; there is always one step."""
    return len(pairs) * (max(1, *(source for source, _ in pairs), 0) + max(1, *(target for _, target in pairs), 0))


@given(PAIRS, st.integers(1, 100), SEEDS)
def test_every_row_once_and_no_batch_over_budget(pairs: list[tuple[int, int]], budget: int, seed: int | None) -> None:
    batches = plan(Lengths(pairs), budget, order(seed))  # type: ignore[arg-type]
    assert sorted(index for batch in batches for index in batch) == list(range(len(pairs)))
    for batch in batches:
        assert len(batch) == 1 or padded_steps([pairs[index] for index in batch]) <= budget


@given(PAIRS, st.integers(1, 100), SEEDS)
def test_the_same_seed_makes_the_same_plan(pairs: list[tuple[int, int]], budget: int, seed: int | None) -> None:
    first, second = (plan(Lengths(pairs), budget, order(seed)) for _ in range(2))  # type: ignore[arg-type]
    assert first == second


@given(PAIRS, st.integers(1, 100))
def test_batches_are_full(pairs: list[tuple[int, int]], budget: int) -> None:
    batches = plan(Lengths(pairs), budget)  # type: ignore[arg-type]
    for batch, following in pairwise(batches):
        assert padded_steps([pairs[index] for index in [*batch, following[0]]]) > budget


def test_chance_changes_the_order_of_batches_and_neighbours() -> None:
    pairs = [(at % 7 + 1, at % 5 + 1) for at in range(200)]
    plans = [plan(Lengths(pairs), 60, order(seed)) for seed in (1, 2)]  # type: ignore[arg-type]
    assert plans[0] != plans[1]
    assert {frozenset(batch) for batch in plans[0]} != {frozenset(batch) for batch in plans[1]}


@given(st.lists(st.integers(0, 20), max_size=30), st.integers(1, 9), st.booleans())
def test_where_one_side_is_of_one_length_rows_go_by_the_other(lengths: list[int], other: int, source: bool) -> None:
    pairs = [(length, other) if source else (other, length) for length in lengths]
    batches = plan(Lengths(pairs), 60)  # type: ignore[arg-type]
    seen = [max(1, lengths[index]) for batch in batches for index in batch]
    if source:
        assert seen == sorted(seen)
    else:
        widths = [range(min(batch), max(batch) + 1) for batch in [[lengths[at] for at in batch] for batch in batches]]
        assert all(first[-1] <= second[0] for first, second in pairwise(widths))


@pytest.mark.parametrize("seed", [None, 1])
@pytest.mark.parametrize("related", [1.0, 0.5, 0.0])
def test_little_is_padded_on_either_side(related: float, seed: int | None) -> None:
    random = np.random.default_rng(1)
    source = random.integers(5, 100, 2000)
    target = np.where(random.random(2000) < related, source, random.integers(5, 100, 2000))
    pairs = list(zip(source.tolist(), target.tolist(), strict=True))
    batches = plan(Lengths(pairs), 2000, order(seed))  # type: ignore[arg-type]
    padded = sum(padded_steps([pairs[index] for index in batch]) for batch in batches)
    assert padded < 1.25 * sum(map(sum, pairs))


def test_collate_joins_rows_of_a_store(tmp_path: Path) -> None:
    columns = {"id": "text", "source": "frames:2", "target": "ids"}
    rows = [
        {"id": "a", "source": np.ones((3, 2), np.float32), "target": np.array([5, 6], np.int32)},
        {"id": "b", "source": np.full((1, 2), 2, np.float32), "target": np.zeros(0, np.int32)},
    ]
    with Writer(tmp_path / "a.arrow", columns) as writer:
        for row in rows:
            writer.add(row)
    store = Store(tmp_path / "a.arrow")
    batch = collate([store[index] for index in plan(store, 100)[0]])
    assert batch.ids == ["b", "a"]
    assert batch.source.data.dtype == torch.float32
    assert batch.source.data.tolist() == [[[2, 2], [0, 0], [0, 0]], [[1, 1], [1, 1], [1, 1]]]
    assert batch.source.lengths.tolist() == [1, 3]
    assert batch.target.data.dtype == torch.int64
    assert batch.target.data.tolist() == [[0, 0], [5, 6]]
    assert batch.target.lengths.tolist() == [0, 2]
    moved = batch.to("cpu")
    assert isinstance(moved, Batch)
    assert moved.ids == batch.ids
    assert torch.equal(moved.source.data, batch.source.data)


def test_values_of_double_width_become_floats() -> None:
    row = {"id": "a", "source": np.array([0.1, 0.2]), "target": np.array([0.3])}
    batch = collate([row])
    assert batch.source.data.dtype == torch.float32
    assert batch.source.data.tolist()[0] == pytest.approx([0.1, 0.2])
