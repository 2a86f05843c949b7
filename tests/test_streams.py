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
from seqpipe.models.language import Language, Written
from seqpipe.params.training import StreamTrain
from seqpipe.store import Store
from seqpipe.tasks import TASKS

LANGUAGE = TASKS["language-model"]


def store(folder: Path, count: int) -> Store:
    tiny.write(folder / f"{count}.arrow", "language-model", tiny.rows("language-model", count=count))
    return Store(folder / f"{count}.arrow")


def planned(rows: Store, streams: int, span: int, seed: int = 0, reach: int = 0) -> Streams:
    return Streams(rows, StreamTrain(streams=streams, span=span, reach=reach), np.random.default_rng(seed))


@settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    count=st.integers(1, 12),
    streams=st.integers(1, 9),
    span=st.integers(1, 11),
    seed=st.integers(0, 3),
    reach=st.integers(0, 14),
)
def test_every_step_comes_once_in_the_order_of_its_stream(
    tmp_path: Path, count: int, streams: int, span: int, seed: int, reach: int
) -> None:
    rows = store(tmp_path, count)
    plan = planned(rows, streams, span, seed, reach)
    batches = list(plan)
    assert len(batches) == len(plan)
    for name in ("source", "target"):
        parts: list[list[int]] = [[] for _ in batches[0].ids]
        for batch in batches:
            side = getattr(batch, name)
            context = batch.window.context if name == "source" else 0
            assert context <= side.data.shape[1] <= context + span
            for part, data, length in zip(parts, side.data.tolist(), side.lengths.tolist(), strict=True):
                assert data[:context] == part[len(part) - context :]  # read again
                part += data[context:length]
        joined = [token for part in parts for token in part]
        assert joined == [token for row in plan.order.tolist() for token in rows[row][name].tolist()]
        assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert sorted(plan.order.tolist()) == list(range(count))
    owners = [rows[row]["id"] for row in plan.order.tolist() for _ in rows[row]["target"]]
    done = 0
    for at, size in enumerate(
        [sum(batch.target.lengths[at].item() for batch in batches) for at in range(plan.streams)]
    ):
        for number, batch in enumerate(batches):
            new = list(dict.fromkeys(owners[done + number * span : done + min((number + 1) * span, size)]))
            assert batch.ids[at] == " + ".join(new[:3]) + " + …" * (len(new) > 3) or not new
        done += size


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


def by_hand(model: Language, source: list[int], target: list[int], batch: range, new: int, cut: int) -> torch.Tensor:
    """The loss of the steps of ``batch`` from ``new`` on, one step at a time, from the state that the steps before it
    lead to; gradients stay within the batch, and are cut after every ``cut`` of its steps."""
    state, total = model.start(1), torch.zeros((), dtype=torch.float64)
    for at in range(batch.stop):
        if at <= batch.start or (at - batch.start) % cut == 0:
            state = Written([tuple(part.detach() for part in layer) for layer in state.layers])
        log_probs, state = model.step(state, torch.tensor([source[at]]))
        if at >= new:
            total = total - log_probs[0, target[at]]
    return total


def gradients(model: Language, total: torch.Tensor) -> list[torch.Tensor]:
    return list(torch.autograd.grad(total, list(model.parameters())))


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "mingru"])
@pytest.mark.parametrize(
    ("span", "reach"), [(3, 3), (1, 4), (2, 5), (3, 4), (5, 2), (7, 3), (4, 1), (2, 100), (100, 3)]
)
def test_gradients_of_each_update_reach_as_far_as_they_should(tmp_path: Path, cell: str, span: int, reach: int) -> None:
    rows, model = store(tmp_path, 5), tiny.model("language-model", cell=cell, layers=2, embedding=5).double()
    plan, carry = planned(rows, 1, span, reach=reach), None
    whole = planned(rows, 1, 1000)
    source, target = ([int(x) for part in whole for x in getattr(part, name).data[0]] for name in ("source", "target"))
    for number, batch in enumerate(plan):
        losses = LANGUAGE.loss(model, batch._replace(carry=carry))
        carry = losses.carry
        new, end = number * span, min((number + 1) * span, len(source))
        expected = by_hand(model, source, target, range(max(0, end - reach) if reach > span else new, end), new, reach)
        assert losses.total.item() == pytest.approx(expected.item(), abs=1e-10)
        assert losses.terms.tolist() == [end - new]
        for mine, own in zip(gradients(model, losses.total.sum()), gradients(model, expected), strict=True):
            torch.testing.assert_close(mine, own, atol=1e-10, rtol=1e-9)


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm", "minlstm"])
@pytest.mark.parametrize(("streams", "span"), [(1, 3), (3, 4), (4, 5)])
def test_a_reach_beyond_the_stream_is_full_backpropagation(tmp_path: Path, cell: str, streams: int, span: int) -> None:
    rows, model = store(tmp_path, 9), tiny.model("language-model", cell=cell, layers=2, embedding=5).double()
    (whole,) = planned(rows, streams, 1000)
    expected = gradients(model, LANGUAGE.loss(model, whole).total.sum())

    def summed(reach: int) -> list[torch.Tensor]:
        carry, sums = None, [torch.zeros_like(weight) for weight in model.parameters()]
        for batch in planned(rows, streams, span, reach=reach):
            losses = LANGUAGE.loss(model, batch._replace(carry=carry))
            carry = losses.carry
            assert not any(part.requires_grad for state in carry for part in state)
            sums = [one + more for one, more in zip(sums, gradients(model, losses.total.sum()), strict=True)]
        return sums

    for mine, full in zip(summed(whole.source.data.shape[1]), expected, strict=True):
        torch.testing.assert_close(mine, full, atol=1e-10, rtol=1e-9)
    short = summed(span)
    assert not all(torch.allclose(mine, full, atol=1e-6) for mine, full in zip(short, expected, strict=True))


def test_without_a_reach_a_batch_is_its_span(tmp_path: Path) -> None:
    rows = store(tmp_path, 12)
    for plain, named in zip(planned(rows, 3, 4), planned(rows, 3, 4, reach=4), strict=True):
        assert plain.window == named.window == (0, 4, None)
        assert torch.equal(plain.source.data, named.source.data)
        assert torch.equal(plain.target.data, named.target.data)


def test_each_epoch_has_an_order_of_its_own(tmp_path: Path) -> None:
    rows, chance = store(tmp_path, 12), np.random.default_rng(0)
    orders = [Streams(rows, StreamTrain(), chance).order.tolist() for _ in range(2)]
    assert orders[0] != orders[1]
