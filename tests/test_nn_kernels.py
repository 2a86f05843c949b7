"""Sequence kernels: their gradient against finite differences, across the borders of their spans."""

import pytest
import torch
from torch.autograd import gradcheck

from seqpipe.nn import kernels

F, H, B = 2, 3, 2


@pytest.fixture(autouse=True)
def spans_of_two_steps(monkeypatch):
    """Of the GRU, whose steps have 4 · B · H numbers; of the vanilla network of eight."""
    monkeypatch.setattr(kernels, "CACHED", 2 * 4 * B * H)
    monkeypatch.setattr(kernels, "FEWEST", 1)


def tensors(time, gates):
    torch.manual_seed(time)
    shapes = ((time, B, F), (gates * H, F), (gates * H, H), (gates * H,))
    return [torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in shapes]


@pytest.mark.parametrize("time", [1, 2, 3, 5])
def test_the_gradient_of_the_gru(time):
    inside, start = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((H,), (B, H)))
    assert gradcheck(kernels.gru, (*tensors(time, 3), inside, start))


@pytest.mark.parametrize("activation", sorted(kernels.ACTIVATIONS))
@pytest.mark.parametrize("time", [1, 8, 9])
def test_the_gradient_of_the_vanilla_network(time, activation):
    start = torch.randn(B, H, dtype=torch.float64, requires_grad=True)
    assert gradcheck(lambda *all: kernels.rnn(*all, activation), (*tensors(time, 1), start))


def test_inputs_stay_as_they_are():
    for run, gates, more in ((kernels.gru, 3, [torch.randn(H, dtype=torch.float64)]), (kernels.rnn, 1, [])):
        given = [*tensors(5, gates), *more, torch.zeros(B, H, dtype=torch.float64)]
        before = [one.detach().clone() for one in given]
        run(*given, *(["tanh"] if run is kernels.rnn else [])).sum().backward()
        assert all(torch.equal(one, own) for one, own in zip(given, before, strict=True))
