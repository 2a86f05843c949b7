"""Streams hold every step once, and a state that is carried makes spans as good as one long sequence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tiny
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from seqpipe.batches import Streams
from seqpipe.params.training import StreamTrain
from seqpipe.store import Store
from seqpipe.tasks import TASKS

LANGUAGE = TASKS["language-model"]


def store(folder: Path, count: int) -> Store:
    tiny.write(folder / f"{count}.arrow", "language-model", tiny.rows("language-model", count=count))
    return Store(folder / f"{count}.arrow")


def planned(rows: Store, streams: int, span: int, seed: int = 0) -> Streams:
    return Streams(rows, StreamTrain(streams=streams, span=span), np.random.default_rng(seed))


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(count=st.integers(1, 12), streams=st.integers(1, 9), span=st.integers(1, 11), seed=st.integers(0, 3))
def test_every_step_comes_once_in_the_order_of_its_stream(
    tmp_path: Path, count: int, streams: int, span: int, seed: int
) -> None:
    rows = store(tmp_path, count)
    plan = planned(rows, streams, span, seed)
    batches = list(plan)
    assert len(batches) == len(plan)
    for name in ("source", "target"):
        parts: list[list[int]] = [[] for _ in batches[0].ids]
        for batch in batches:
            side = getattr(batch, name)
            assert side.data.shape[1] <= span
            for part, data, length in zip(parts, side.data.tolist(), side.lengths.tolist(), strict=True):
                part += data[:length]
        joined = [token for part in parts for token in part]
        assert joined == [token for row in plan.order.tolist() for token in rows[row][name].tolist()]
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert sorted(plan.order.tolist()) == list(range(count))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "mingru"])
def test_spans_that_carry_the_state_add_up_to_one_long_span(tmp_path: Path, cell: str) -> None:
    rows, model = store(tmp_path, 20), tiny.model("language-model", cell=cell, layers=2, embedding=5)
    (whole,) = planned(rows, 3, 1000)
    expected = LANGUAGE.loss(model, whole)
    for span in (1, 4, 7):
        carry, total, terms = None, torch.zeros(3), torch.zeros(3)
        for batch in planned(rows, 3, span):
            losses = LANGUAGE.loss(model, batch._replace(carry=carry))
            carry, total, terms = losses.carry, total + losses.total, terms + losses.terms
            assert not any(part.requires_grad for state in carry for part in state)
        torch.testing.assert_close(total, expected.total, atol=1e-4, rtol=1e-5)
        assert terms.tolist() == expected.terms.tolist()
    forgetful = sum(LANGUAGE.loss(model, batch).total for batch in planned(rows, 3, 4))
    assert not torch.allclose(torch.as_tensor(forgetful), expected.total, atol=1e-3)


def test_each_epoch_has_an_order_of_its_own(tmp_path: Path) -> None:
    rows, chance = store(tmp_path, 12), np.random.default_rng(0)
    orders = [Streams(rows, StreamTrain(), chance).order.tolist() for _ in range(2)]
    assert orders[0] != orders[1]
