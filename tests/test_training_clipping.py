"""Clipping against its equation, over all weights together."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from seqpipe.training.clipping import CLIPS

numbers = st.lists(st.floats(-50, 50, width=32), min_size=6, max_size=6)


def with_gradients(values: list[float]) -> list[nn.Parameter]:
    weights = [nn.Parameter(torch.zeros(shape)) for shape in ((2, 2), (2,))]
    weights[0].grad, weights[1].grad = torch.tensor(values[:4]).view(2, 2), torch.tensor(values[4:])
    return [*weights, nn.Parameter(torch.zeros(1))]  # and one without a gradient


def gradients(weights: list[nn.Parameter]) -> np.ndarray:
    return np.concatenate([weight.grad.flatten().numpy() for weight in weights if weight.grad is not None])


@given(numbers, st.sampled_from([0.5, 7.0, 1000.0]))
def test_by_norm_shortens_the_gradient_and_keeps_its_direction(values: list[float], limit: float) -> None:
    weights = with_gradients(values)
    norm, clipped = CLIPS["norm"](weights, limit)
    length = np.linalg.norm(np.array(values))
    assert norm.item() == pytest.approx(length, rel=1e-5)
    assert bool(clipped) == (norm.item() > limit)
    np.testing.assert_allclose(gradients(weights), np.array(values) * min(1, limit / max(length, 1e-9)), atol=1e-4)


@given(numbers, st.sampled_from([0.5, 7.0, 1000.0]))
def test_by_value_bounds_each_number(values: list[float], limit: float) -> None:
    weights = with_gradients(values)
    norm, clipped = CLIPS["value"](weights, limit)
    assert norm.item() == pytest.approx(np.linalg.norm(np.array(values)), rel=1e-5)
    assert bool(clipped) == any(abs(value) > limit for value in values)
    np.testing.assert_array_equal(gradients(weights), np.clip(np.array(values, np.float32), -limit, limit))
