"""Averages of weights against a plain loop, and what is validated and kept."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_training import stores, train

from seqpipe.params.training import Train
from seqpipe.tasks import TASKS
from seqpipe.training.averaging import Average
from seqpipe.training.validation import evaluate

WALK = [[1.0, -2.0], [0.0, 3.0], [0.5, 0.25], [4.0, 1.0], [-1.0, -1.0], [2.0, 0.0]]  # two updates an epoch


def averages(**params: object) -> list[list[float]]:
    """What stands in for the weights after each update, before the epoch's end is told."""
    weight = torch.zeros(2)
    average, seen = Average([weight], Train.model_validate(params)), []
    for number, values in enumerate(WALK, start=1):
        weight.copy_(torch.tensor(values))
        average.after_update(number / len(WALK))
        if number % 2 == 0:
            average.after_epoch()
        with average.in_place():
            seen.append(weight.tolist())
        assert weight.tolist() == values
    return seen


def test_without_an_average_weights_stand_for_themselves() -> None:
    assert averages() == WALK


def test_the_exponential_average_follows_its_equation() -> None:
    expected, average = [], None
    for number, values in enumerate(WALK, start=1):
        decay = min(0.3, (1 + number) / (10 + number))
        average = np.array(values) if average is None else decay * average + (1 - decay) * np.array(values)
        expected.append(average)
    np.testing.assert_allclose(averages(average="exponential", average_decay=0.3), expected, rtol=1e-6)


@pytest.mark.parametrize("epochs", [1, 2, 5])
def test_the_last_epochs_weigh_alike(epochs: int) -> None:
    found = averages(average="last", average_epochs=epochs)
    assert found[0] == WALK[0]  # no epoch has ended
    for epoch in (1, 2, 3):
        ends = np.array(WALK[1::2][max(0, epoch - epochs) : epoch])
        np.testing.assert_allclose(found[2 * epoch - 1], ends.mean(axis=0), rtol=1e-6)


def test_averaged_sgd_is_the_mean_of_all_weights_since_its_start() -> None:
    found = averages(optimizer="asgd", average_start=1 / 3)
    assert found[:2] == WALK[:2]
    for number in range(3, 7):
        np.testing.assert_allclose(found[number - 1], np.mean(WALK[2:number], axis=0), rtol=1e-6)


def test_two_averages_at_once_are_refused() -> None:
    with pytest.raises(ValueError, match="'average' must be none for optimizer asgd"):
        Train(optimizer="asgd", average="last")


@pytest.mark.parametrize("params", [{"average": "exponential"}, {"average": "last"}, {"optimizer": "asgd"}])
def test_the_average_is_validated_and_kept_and_training_goes_on_from_the_weights(tmp_path: Path, params: dict) -> None:
    data = stores(tmp_path, "forecast")
    late = {"average_start": 0.99} if params.get("optimizer") == "asgd" else {}
    _, without = train("forecast", data, **params | {"average": "none", **late})
    model, history = train("forecast", data, **params)
    assert [epoch.train_loss for epoch in history] == [epoch.train_loss for epoch in without]
    best = min(epoch.valid_loss for epoch in history)
    assert evaluate(model, TASKS["forecast"].loss, data[1], 60) == pytest.approx(best)
    assert history[-1].valid_loss != without[-1].valid_loss
