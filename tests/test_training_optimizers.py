"""Optimisers against their equations in float64 numpy, over some steps of a made-up loss."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
import torch

from seqpipe.params.training import Train
from seqpipe.training.optimizers import OPTIMIZERS

RATE, MOMENTUM, DECAY = 0.1, 0.6, 0.3
Step = Callable[[np.ndarray, np.ndarray], np.ndarray]


def sgd() -> Iterator[Step]:
    velocity: np.ndarray | float = 0.0

    def step(weight: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        nonlocal velocity
        velocity = MOMENTUM * velocity + gradient + DECAY * weight
        return weight - RATE * velocity

    yield step


def rmsprop() -> Iterator[Step]:
    square, velocity = 0.0, 0.0

    def step(weight: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        nonlocal square, velocity
        gradient = gradient + DECAY * weight
        square = 0.99 * square + 0.01 * gradient**2
        velocity = MOMENTUM * velocity + gradient / (np.sqrt(square) + 1e-8)
        return weight - RATE * velocity

    yield step


def adam(decoupled: bool) -> Iterator[Step]:
    first, second, count = 0.0, 0.0, 0

    def step(weight: np.ndarray, gradient: np.ndarray) -> np.ndarray:
        nonlocal first, second, count
        count += 1
        gradient = gradient if decoupled else gradient + DECAY * weight
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        unbiased, spread = first / (1 - 0.9**count), np.sqrt(second / (1 - 0.999**count))
        kept = weight * (1 - RATE * DECAY) if decoupled else weight
        return kept - RATE * unbiased / (spread + 1e-8)

    yield step


EQUATIONS = {
    "sgd": sgd,
    "asgd": sgd,
    "rmsprop": rmsprop,
    "adam": lambda: adam(decoupled=False),
    "adamw": lambda: adam(decoupled=True),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_the_equations(name: str) -> None:
    (step,) = EQUATIONS[name]()
    expected = np.array([1.0, -2.0, 0.5])
    weight = torch.tensor(expected, requires_grad=True)
    own = {} if name.startswith("adam") else {"momentum": MOMENTUM}
    params = Train.model_validate({"optimizer": name, "learning_rate": RATE, "weight_decay": DECAY, **own})
    optimizer = OPTIMIZERS[name]([weight], params)
    for _ in range(7):
        expected = step(expected, np.cos(expected) * [1, 10, 0.1])
        weight.grad = torch.cos(weight.detach()) * torch.tensor([1, 10, 0.1], dtype=torch.float64)
        optimizer.step()
        np.testing.assert_allclose(weight.detach().numpy(), expected, rtol=1e-9, atol=1e-12)
