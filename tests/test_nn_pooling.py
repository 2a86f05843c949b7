"""Pooling against a loop over examples and steps; padding, whatever it holds, never reaches a vector."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seqpipe.nn.pooling import POOLINGS, Attention
from seqpipe.nn.recurrent import Encoder
from seqpipe.padded import Padded
from seqpipe.params.recurrent import RecurrentParams

H = 5


def pooled(name, sequences, summary=None, garbage=9.0, extra=2):
    """The vectors of sequences (T, H) behind padding that holds ``garbage``."""
    torch.manual_seed(2)
    pool = POOLINGS[name](H).double()
    lengths = torch.tensor([len(sequence) for sequence in sequences])
    data = torch.full((len(sequences), int(lengths.max()) + extra, H), garbage, dtype=torch.float64)
    for row, sequence in zip(data, sequences, strict=True):
        row[: len(sequence)] = sequence
    summary = torch.zeros(len(sequences), H, dtype=torch.float64) if summary is None else summary
    return pool, pool(Padded(data, lengths), summary)


@torch.no_grad()
def by_hand(name, pool, sequence):
    steps = [sequence[t] for t in range(len(sequence))]
    if name == "mean":
        return sum(steps) / len(steps)
    if name == "max":
        return torch.tensor([max(step[i].item() for step in steps) for i in range(H)], dtype=torch.float64)
    scores = [float(pool.score.weight[0] @ torch.tanh(pool.hidden.weight @ h + pool.hidden.bias)) for h in steps]
    total = sum(math.exp(score) for score in scores)
    return sum(math.exp(score) / total * step for score, step in zip(scores, steps, strict=True))


@settings(deadline=None, max_examples=8)
@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=4), seed=st.integers(0, 99))
@pytest.mark.parametrize("name", ["mean", "max", "attention"])
@pytest.mark.parametrize("garbage", [0.0, 1e6, math.inf, math.nan])
def test_a_vector_is_made_of_its_own_steps_alone(name, garbage, lengths, seed):
    made = torch.Generator().manual_seed(seed)
    sequences = [torch.randn(length, H, dtype=torch.float64, generator=made) for length in lengths]
    with torch.no_grad():
        pool, vectors = pooled(name, sequences, garbage=garbage)
    for sequence, vector in zip(sequences, vectors, strict=True):
        torch.testing.assert_close(vector, by_hand(name, pool, sequence))


def test_last_is_the_summary_of_the_encoder():
    torch.manual_seed(1)
    encoder = Encoder(3, RecurrentParams(hidden=4, layers=2, dropout=0.0), bidirectional=True).eval()
    sequences, outputs = [torch.randn(length, 3) for length in (5, 1, 3)], []
    for sequence in sequences:
        alone = encoder(Padded(sequence[None], torch.tensor([len(sequence)])))
        outputs.append(torch.cat([alone.data[0, -1, :4], alone.data[0, 0, 4:]]))  # each direction's last step
    together = Padded(torch.nn.utils.rnn.pad_sequence(sequences, batch_first=True), torch.tensor([5, 1, 3]))
    read = encoder(together)
    found = POOLINGS["last"](encoder.size)(read, encoder.summary(read))
    torch.testing.assert_close(found, torch.stack(outputs))


@pytest.mark.parametrize("name", ["mean", "max", "attention"])
def test_nothing_pools_to_zero_and_its_gradient_is_finite(name):
    pool, _ = pooled(name, [torch.ones(2, H)])
    data = torch.randn(2, 3, H, dtype=torch.float64, requires_grad=True)
    vectors = pool(Padded(data, torch.tensor([0, 3])), torch.zeros(2, H, dtype=torch.float64))
    assert not vectors[0].any()
    vectors.square().sum().backward()
    assert torch.isfinite(data.grad).all()
    assert not data.grad[0].any()


def test_weights_of_attention_are_a_distribution_over_data():
    torch.manual_seed(0)
    alpha = Attention(H).weights(Padded(torch.randn(3, 4, H), torch.tensor([4, 1, 2])))
    torch.testing.assert_close(alpha.sum(dim=1), torch.ones(3))
    assert (alpha > 0).sum(dim=1).tolist() == [4, 1, 2]


@pytest.mark.parametrize("name", ["mean", "max", "attention"])
def test_gradients_are_those_of_finite_differences(name):
    torch.manual_seed(5)
    pool = POOLINGS[name](3).double()
    data = torch.randn(2, 4, 3, dtype=torch.float64, requires_grad=True)
    summary = torch.zeros(2, 3, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: pool(Padded(x, torch.tensor([4, 2])), summary), (data,))
