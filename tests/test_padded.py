"""Padded sequences beside loops over rows, with noise where the padding is."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seqpipe.padded import Padded, pad

LENGTHS = st.lists(st.integers(0, 6), min_size=1, max_size=5)
SHAPES = st.sampled_from([(), (3,), (2, 3)])


def make(lengths: list[int], shape: tuple[int, ...] = (), extra: int = 0) -> Padded:
    """Different numbers everywhere, in the padding as well."""
    steps = max([1, *lengths]) + extra
    size = (len(lengths), steps, *shape)
    data = torch.arange(1, int(np.prod(size)) + 1).reshape(size)
    return Padded(data, torch.tensor(lengths))


@given(LENGTHS, SHAPES, st.integers(0, 2))
def test_mask_is_true_on_data(lengths: list[int], shape: tuple[int, ...], extra: int) -> None:
    padded = make(lengths, shape, extra)
    steps = padded.data.shape[1]
    assert padded.mask().tolist() == [[step < length for step in range(steps)] for length in lengths]


@given(LENGTHS, SHAPES, st.integers(0, 2))
def test_reverse_is_a_loop_over_rows_and_its_own_inverse(
    lengths: list[int], shape: tuple[int, ...], extra: int
) -> None:
    padded = make(lengths, shape, extra)
    backward = padded.reverse()
    assert torch.equal(backward.lengths, padded.lengths)
    for row, before, length in zip(backward.data, padded.data, lengths, strict=True):
        assert row[:length].tolist() == before[:length].tolist()[::-1]
        assert row[length:].tolist() == before[length:].tolist()
    assert torch.equal(backward.reverse().data, padded.data)


@given(LENGTHS, st.integers(1, 3))
def test_more_padding_changes_nothing_in_reverse(lengths: list[int], extra: int) -> None:
    padded = make(lengths, (2,))
    steps = padded.data.shape[1]
    noise = torch.full((len(lengths), extra, 2), -7)
    longer = Padded(torch.cat([padded.data, noise], 1), padded.lengths).reverse()
    assert torch.equal(longer.data[:, :steps], padded.reverse().data)


@given(LENGTHS, SHAPES)
def test_last_is_the_item_before_the_padding(lengths: list[int], shape: tuple[int, ...]) -> None:
    padded = make(lengths, shape, 1)
    wanted = [row[max(0, length - 1)].tolist() for row, length in zip(padded.data, lengths, strict=True)]
    assert padded.last().tolist() == wanted


@given(LENGTHS, SHAPES)
def test_zeroed_keeps_data_and_clears_padding(lengths: list[int], shape: tuple[int, ...]) -> None:
    padded = make(lengths, shape, 1)
    for row, before, length in zip(padded.zeroed().data, padded.data, lengths, strict=True):
        assert row[:length].tolist() == before[:length].tolist()
        assert not row[length:].any()


@pytest.mark.parametrize("noise", [float("nan"), float("inf")])
def test_zeroed_clears_what_is_no_number(noise: float) -> None:
    data = torch.tensor([[1.0, noise], [2.0, 3.0]])
    assert Padded(data, torch.tensor([1, 2])).zeroed().data.tolist() == [[1.0, 0.0], [2.0, 3.0]]


def test_reverse_lets_gradients_through_to_data_only() -> None:
    data = torch.ones(2, 3, 2, requires_grad=True)
    padded = Padded(data, torch.tensor([3, 1]))
    padded.reverse().last().sum().backward()  # the last of a reversed row is its first
    assert data.grad is not None
    assert data.grad[:, :, 0].tolist() == [[1, 0, 0], [1, 0, 0]]


def test_to_the_cpu_waits_for_the_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bool] = []
    real = torch.Tensor.to

    def watch(self: torch.Tensor, device: torch.device | str, non_blocking: bool = False) -> torch.Tensor:
        asked.append(non_blocking)
        return real(self, device)

    monkeypatch.setattr(torch.Tensor, "to", watch)
    moved = make([2, 1]).to("cpu")
    assert asked == [False, False]
    assert moved.lengths.tolist() == [2, 1]
    make([2, 1]).to("meta")
    assert asked[2:] == [True, True]


@given(LENGTHS, SHAPES, st.sampled_from([np.int64, np.float32]))
def test_pad_is_the_rows_and_zeros(lengths: list[int], shape: tuple[int, ...], dtype: type) -> None:
    items = [(1 + np.arange(length * int(np.prod(shape)))).reshape(length, *shape).astype(dtype) for length in lengths]
    padded = pad(items)
    assert padded.data.shape == (len(items), max([1, *lengths]), *shape)
    assert padded.data.numpy().dtype == dtype
    assert padded.lengths.dtype == torch.int64
    assert padded.lengths.tolist() == lengths
    for row, item in zip(padded.data.numpy(), items, strict=True):
        np.testing.assert_array_equal(row[: len(item)], item)
        assert not row[len(item) :].any()
