"""The output layer's log-probabilities, compiled, against float64 numpy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from seqpipe import compiled
from seqpipe.nn import softmax, softmax_kernel
from seqpipe.nn.softmax import log_softmax

SIZES = st.sampled_from([1, 2, 31, 64, 1023, 1024, 1025, 2049])


def in_float64(logits: np.ndarray) -> np.ndarray:
    wide = logits.astype(np.float64)
    largest = wide.max(axis=1, keepdims=True)
    found: np.ndarray = wide - largest - np.log(np.exp(wide - largest).sum(axis=1, keepdims=True))
    return found


def normalised(logits: np.ndarray, bias: np.ndarray) -> np.ndarray:
    found = logits.copy()
    softmax_kernel.log_softmax(found, bias)
    return found


@settings(deadline=None)
@given(seed=st.integers(0, 999), rows=st.integers(1, 5), size=SIZES, scale=st.sampled_from([0, 1e-3, 1, 30, 1e4]))
def test_it_is_the_logarithm_of_softmax(seed: int, rows: int, size: int, scale: float) -> None:
    rng = np.random.default_rng(seed)
    logits, bias = ((rng.normal(size=shape) * scale).astype(np.float32) for shape in ((rows, size), size))
    tolerance = 1e-6 + 3e-7 * scale
    np.testing.assert_allclose(normalised(logits, bias), in_float64(logits + bias), atol=tolerance, rtol=1e-6)


def test_what_is_impossible_stays_so() -> None:
    logits, bias = np.random.default_rng(0).normal(size=(3, 40)).astype(np.float32), np.zeros(40, np.float32)
    bias[7] = -np.inf
    found = normalised(logits, bias)
    assert (found[:, 7] == -np.inf).all()
    np.testing.assert_allclose(np.exp(found).sum(axis=1), 1, rtol=1e-6)


@pytest.mark.parametrize("column", [0, 5, 39])
@pytest.mark.parametrize("what", [np.nan, -np.nan, np.inf])
def test_what_is_no_number_shows_in_its_row_alone(column: int, what: float) -> None:
    logits, bias = np.random.default_rng(0).normal(size=(3, 40)).astype(np.float32), np.zeros(40, np.float32)
    logits[1, column] = what
    found = normalised(logits, bias)
    assert np.isnan(found[1, column])
    assert np.isnan(found[1]).all() or what == np.inf  # then the others are impossible
    assert np.isfinite(found[[0, 2]]).all()


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few numbers are enough for compiled code and for threads."""
    monkeypatch.setattr(softmax, "FEW", 0)
    monkeypatch.setattr(compiled, "PART", 1)


def layer(rows: int) -> list[Tensor]:
    """Inputs, weight and bias of an output layer."""
    generator = torch.Generator().manual_seed(rows)
    return [torch.randn(*shape, generator=generator) for shape in ((rows, 6), (33, 6), (33,))]


def plain(hidden: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    return torch.log_softmax(functional.linear(hidden, weight, bias), dim=-1)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("rows", [1, 3, 7])
def test_of_an_output_layer_it_is_what_torch_finds(threads: int, rows: int) -> None:
    parts, before = layer(rows), torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        torch.testing.assert_close(log_softmax(*parts), plain(*parts))
    finally:
        torch.set_num_threads(before)


@pytest.mark.usefixtures("few")
@pytest.mark.parametrize("which", range(3))
def test_gradients_flow_to_whatever_wants_one(which: int) -> None:
    parts = layer(3)
    parts[which].requires_grad_()
    (found,), (expected,) = (
        torch.autograd.grad(function(*parts)[:, 4].sum(), parts[which]) for function in (log_softmax, plain)
    )
    torch.testing.assert_close(found, expected)
    with torch.no_grad():
        assert not log_softmax(*parts).requires_grad


@pytest.mark.usefixtures("few")
def test_other_precisions_are_left_to_torch() -> None:
    parts = layer(3)
    wide = [part.double() for part in parts]
    assert torch.equal(log_softmax(*wide), plain(*wide))
    with torch.autocast("cpu", torch.bfloat16):
        assert torch.equal(log_softmax(*parts), plain(*parts))
