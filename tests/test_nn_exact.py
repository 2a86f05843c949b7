"""Under autocast, what is exact stays in float32; everything else goes as it always does."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from seqpipe.nn.exact import in_float32
from seqpipe.nn.recurrent import Encoder, Recurrent
from seqpipe.padded import Padded
from seqpipe.params.recurrent import RecurrentParams


@in_float32
def product(side: Padded, states: list[tuple[Tensor, ...]], weight: Tensor) -> Tensor:
    return side.data @ weight + sum(part for state in states for part in state)


def test_tensors_are_widened_wherever_they_are() -> None:
    torch.manual_seed(0)
    data, state, weight = torch.randn(3, 5, 4), torch.randn(3, 5, 2), torch.randn(4, 2)
    short = data.bfloat16(), state.bfloat16()
    expected = short[0].float() @ weight + short[1].float()
    with torch.autocast("cpu", torch.bfloat16):
        found = product(Padded(short[0], torch.tensor([5, 5, 5])), [(short[1],)], weight)
        assert (data @ weight).dtype == torch.bfloat16
        assert torch.is_autocast_enabled("cpu")
    assert found.dtype == torch.float32
    torch.testing.assert_close(found, expected)
    assert product(Padded(data.double(), torch.tensor([5, 5, 5])), [], weight.double()).dtype == torch.float64


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru", "mingru", "minlstm", "layernorm-lstm", "layernorm-gru"])
def test_recurrent_layers_are_exact_under_autocast(cell: str) -> None:
    torch.manual_seed(0)
    params = RecurrentParams(cell=cell, hidden=5, layers=2, dropout=0)
    layers, encoder = Recurrent(4, params), Encoder(4, params, bidirectional=True)
    inputs, states = torch.randn(3, 7, 4, requires_grad=True), layers.start(3)
    source = Padded(inputs, torch.tensor([7, 2, 5]))

    def outputs() -> list[Tensor]:
        after, last = layers.run(inputs, states)
        step, _ = layers.step(inputs[:, 0], last)
        return [after, step, encoder(source).zeroed().data]

    expected = outputs()
    with torch.autocast("cpu", torch.bfloat16):
        found = outputs()
    for one, other in zip(found, expected, strict=True):
        assert torch.equal(one, other)
    sum(one.sum() for one in found).backward()
    assert inputs.grad is not None
