"""The linear recurrence: both ways equal a plain loop, and the gradient equals torch's own."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.nn.scan import by_doubling, by_steps, linear_recurrence


def plain(decay, inputs, start):
    hidden, outputs = start, []
    for t in range(len(inputs)):
        hidden = decay[t] * hidden + inputs[t]
        outputs.append(hidden)
    return torch.stack(outputs)


def case(seed, time, batch):
    generator = torch.Generator().manual_seed(seed)
    shapes = [(time, batch, 3), (time, batch, 3), (batch, 3)]
    return [torch.randn(*shape, generator=generator, dtype=torch.float64, requires_grad=True) for shape in shapes]


@settings(deadline=None, max_examples=40)
@given(seed=st.integers(0, 10**6), time=st.integers(1, 19), batch=st.integers(1, 3))
def test_both_ways_are_a_plain_loop(seed, time, batch):
    decay, inputs, start = case(seed, time, batch)
    expected = plain(decay, inputs, start)
    with torch.no_grad():
        torch.testing.assert_close(by_steps(decay, inputs, start), expected)
        torch.testing.assert_close(by_doubling(decay, inputs, start), expected)
    upstream = torch.randn_like(expected)
    own = torch.autograd.grad((linear_recurrence(decay, inputs, start) * upstream).sum(), (decay, inputs, start))
    for mine, theirs in zip(own, torch.autograd.grad((expected * upstream).sum(), (decay, inputs, start)), strict=True):
        torch.testing.assert_close(mine, theirs)
