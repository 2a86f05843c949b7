"""Fronts over frames: what they compute, how many steps come out, and that padding has no part in it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqpipe.features.sizes import Sizes
from seqpipe.nn.fronts import FRAME_FRONTS, ConvolutionFront, FrameFront
from seqpipe.padded import Padded, pad

FRAMES = Sizes("frames", 3, 0)


def front(name: str, stride: int) -> Any:
    torch.manual_seed(stride)
    made = FRAME_FRONTS[name](FRAMES, 5, stride).double()
    for weight in made.parameters():
        torch.nn.init.normal_(weight, std=0.5)  # biases, too: what leaks, leaks through them
    return made


def sequences(*lengths: int) -> list[np.ndarray]:
    rng = np.random.default_rng(sum(lengths))
    return [rng.normal(size=(length, 3)) for length in lengths]


def garbage(padded: Padded, steps: int) -> Padded:
    """The same sequences, with NaN for padding and ``steps`` more of it."""
    data = torch.nn.functional.pad(padded.data, (0, 0, 0, steps))
    mask = Padded(data, padded.lengths).mask()
    return Padded(data.masked_fill(~mask[:, :, None], torch.nan), padded.lengths)


def by_loops(made: ConvolutionFront, frames: np.ndarray) -> np.ndarray:
    """Two convolutions of one sequence, tap by tap, with zeros beyond its ends."""

    def convolved(inputs: np.ndarray, W: Tensor, b: Tensor, stride: int) -> np.ndarray:
        half, outputs = W.shape[2] // 2, []
        for centre in range(0, len(inputs), stride):
            total = b.detach().numpy().copy()
            for tap in range(-half, half + 1):
                if 0 <= centre + tap < len(inputs):
                    total += W[:, :, tap + half].detach().numpy() @ inputs[centre + tap]
            outputs.append(np.maximum(total, 0))
        return np.array(outputs)

    hidden = convolved(frames, made.first.weight, made.first.bias, 1)
    return convolved(hidden, made.second.weight, made.second.bias, made.stride)


@settings(deadline=None, max_examples=40)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4), stride=st.integers(1, 5))
def test_convolutions_are_those_of_each_sequence_alone(lengths: list[int], stride: int) -> None:
    made, items = front("convolution", stride), sequences(*lengths)
    found = made(garbage(pad(items), 4))
    assert found.lengths.tolist() == [-(-length // stride) for length in lengths]
    for row, (item, length) in enumerate(zip(items, found.lengths.tolist(), strict=True)):
        np.testing.assert_allclose(found.data[row, :length].detach().numpy(), by_loops(made, item), atol=1e-12)


@settings(deadline=None, max_examples=20)
@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=4), stride=st.integers(1, 5))
def test_a_linear_front_maps_groups_of_frames(lengths: list[int], stride: int) -> None:
    made, items = front("linear", stride), sequences(*lengths)
    assert isinstance(made, FrameFront)
    found = made(garbage(pad(items), 4))
    W, b = made.project.weight.detach().numpy(), made.project.bias.detach().numpy()
    for row, item in enumerate(items):
        groups = np.concatenate([item, np.zeros((-len(item) % stride, 3))]).reshape(-1, 3 * stride)
        assert found.lengths[row] == len(groups)
        np.testing.assert_allclose(found.data[row, : len(groups)].detach().numpy(), groups @ W.T + b, atol=1e-12)


@pytest.mark.parametrize("stride", [1, 2, 3, 4, 5])
def test_no_frame_is_passed_over(stride: int) -> None:
    made = front("convolution", stride)
    with torch.no_grad():
        for weight in made.parameters():
            weight.abs_()  # relu lets everything through
        made.first.weight[:, :, [0, 2]] = 0  # each step is that frame's own, so the second layer has to see them all
    frames = torch.rand(1, 4 * stride + 1, 3, dtype=torch.float64, requires_grad=True)
    found = made(Padded(frames, torch.tensor([4 * stride + 1])))
    (gradient,) = torch.autograd.grad(found.data.sum(), frames)
    assert (gradient.abs().sum(dim=2) > 0).all()


def test_gradients_do_not_depend_on_padding() -> None:
    made, items = front("convolution", 2), sequences(5, 2, 1)
    alone = [made(pad([item])) for item in items]
    expected = torch.autograd.grad(sum(one.data.square().sum() for one in alone), list(made.parameters()))
    together = made(garbage(pad(items), 3)).zeroed()
    found = torch.autograd.grad(together.data.square().sum(), list(made.parameters()))
    for mine, own in zip(found, expected, strict=True):
        torch.testing.assert_close(mine, own, atol=1e-10, rtol=1e-9)
