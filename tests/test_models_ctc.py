"""A CTC model over frames that come in pieces says what it says of the whole."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, get_args

import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqpipe.models.ctc import Ctc
from seqpipe.nn.fronts import FRAME_FRONTS
from seqpipe.padded import Padded
from seqpipe.params.models import CtcModel

CELLS = get_args(CtcModel.model_fields["cell"].annotation)
FRAMES = tiny.SIZES["ctc"].source


def model(**params: Any) -> Ctc:
    """A random one in double precision, biases and all."""
    made = tiny.model("ctc", bidirectional=False, **params).double()
    for name, weight in made.named_parameters():
        if "front" in name:
            torch.nn.init.normal_(weight, std=0.5)  # what leaks from beyond an edge, leaks through its biases
    return made


def frames(length: int) -> Tensor:
    return torch.randn(1, length, FRAMES, dtype=torch.float64, generator=torch.Generator().manual_seed(length))


@torch.no_grad()
def in_pieces(made: Ctc, pieces: list[Tensor]) -> list[Tensor]:
    live, found = made.start(), []
    for at, piece in enumerate(pieces):
        log_probs, live = made.advance(live, piece, last=at == len(pieces) - 1)
        found.append(log_probs)
    return found


@torch.no_grad()
def whole(made: Ctc, data: Tensor) -> Tensor:
    return made(Padded(data, torch.tensor([data.shape[1]]))).data


@settings(deadline=None, max_examples=150)
@given(
    length=st.integers(1, 40),
    cuts=st.lists(st.integers(0, 40), max_size=12),
    cell=st.sampled_from(CELLS),
    front=st.sampled_from(list(FRAME_FRONTS)),
    stack=st.integers(1, 5),
    layers=st.integers(1, 3),
    joined=st.booleans(),
)
def test_any_pieces_make_the_log_probabilities_of_the_whole(
    length: int, cuts: list[int], cell: Any, front: str, stack: int, layers: int, joined: bool
) -> None:
    made = model(cell=cell, front=front, stack=stack, layers=layers, layer_norm=joined, residual=joined)
    edges = [0, *sorted(min(cut, length) for cut in cuts), length]
    data = frames(length)
    found = in_pieces(made, [data[:, start:stop] for start, stop in pairwise(edges)])
    torch.testing.assert_close(torch.cat(found, dim=1), whole(made, data), atol=1e-9, rtol=1e-9)


@pytest.mark.parametrize("front", FRAME_FRONTS)
@pytest.mark.parametrize("stack", [1, 2, 3])
def test_a_step_comes_with_the_last_frame_it_sees_and_little_is_kept(front: str, stack: int) -> None:
    made, data = model(front=front, stack=stack), frames(60)
    ahead = {"linear": stack - 1, "convolution": -(-stack // 2) + 1}[front]
    live, count = made.start(), 0
    with torch.no_grad():
        for at in range(60):
            log_probs, live = made.advance(live, data[:, at : at + 1], last=False)
            count += log_probs.shape[1]
            assert count == max(0, (at - ahead) // stack + 1)
            assert live.pending.frames.shape[1] <= 3 * stack + 4


def test_in_float32_it_is_the_same_but_for_rounding() -> None:
    for cell in CELLS:
        made, data = model(cell=cell, front="convolution", layers=2).float(), frames(300).float()
        found = in_pieces(made, list(data.split(7, dim=1)))
        torch.testing.assert_close(torch.cat(found, dim=1), whole(made, data), atol=1e-5, rtol=1e-5)
