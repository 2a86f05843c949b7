"""Counts of weights and bytes against what can be counted by hand; measuring changes no model."""

from __future__ import annotations

import pytest
import tiny
import torch
from torch import nn

from seqpipe.batches import collate
from seqpipe.inspect import costs
from seqpipe.tasks import TASKS


@pytest.mark.parametrize("case", tiny.SIZES)
def test_every_weight_is_counted_once(case: str) -> None:
    model = tiny.model(case)
    counted = costs.parameters(model)
    assert sum(counted.values()) == sum(weight.numel() for weight in set(model.parameters()))
    assert all(count > 0 for count in counted.values())


def test_parts_are_named_by_where_they_stand() -> None:
    model = nn.Sequential()
    model.add_module("front", nn.Sequential(nn.Linear(3, 5), nn.Linear(5, 5)))
    model.add_module("output", nn.Linear(5, 2))
    model.bias = nn.Parameter(torch.zeros(7))
    assert costs.parameters(model) == {"bias": 7, "front.0": 20, "front.1": 30, "output": 12}


def test_bytes_of_weights() -> None:
    model = nn.Sequential(nn.Linear(3, 5), nn.BatchNorm1d(5))
    floats, counter = 3 * 5 + 5 + 4 * 5, 8  # weight, bias, two parameters and two averages; batches seen, int64
    assert costs.weight_bytes(model) == 4 * floats + counter


def test_bytes_kept_for_backward_are_those_of_the_tensors_needed() -> None:
    """A linear layer keeps its input, tanh its output; weights are not counted, nor one tensor twice."""
    model, inputs = nn.Linear(7, 5), torch.randn(3, 7)
    assert costs.saved_bytes(lambda: model(inputs).sum(), model) == 4 * 3 * 7
    assert costs.saved_bytes(lambda: torch.tanh(model(inputs)).sum(), model) == 4 * (3 * 7 + 3 * 5)
    assert costs.saved_bytes(lambda: (model(inputs) + model(inputs)).sum(), model) == 4 * 3 * 7


def test_twice_the_steps_keep_twice_the_bytes() -> None:
    model = tiny.model("classify", cell="lstm", bidirectional=False, pooling="last").train()
    rows = [tiny.rows("classify", shortest=40 * times, longest=40 * times)[0] for times in (1, 2)]
    short, long = (
        costs.saved_bytes(lambda row=row: TASKS["classify"].loss(model, collate([row])).mean(), model) for row in rows
    )
    assert 1.7 < long / short < 2.1


def test_measuring_leaves_the_model_as_it_is() -> None:
    model = tiny.model("seq2seq", dropout=0.5)
    before = {name: weight.clone() for name, weight in model.state_dict().items()}
    batch = collate(tiny.rows("seq2seq"))
    found = costs.training(model, TASKS["seq2seq"].loss, [batch] * 3)
    assert found.seconds > 0
    assert found.steps == batch.source.data.shape[0] * batch.source.data.shape[1]
    assert found.activations > 0
    assert not model.training
    assert all(torch.equal(weight, before[name]) for name, weight in model.state_dict().items())
    assert all(weight.grad is None for weight in model.parameters())


@pytest.mark.parametrize("task", costs.SEARCHED)
def test_a_step_of_a_search_can_be_timed(task: str) -> None:
    step = costs.SEARCHED[task](tiny.model(task), collate(tiny.rows(task)[:1]))
    assert 0 < costs.seconds(step) < 1
