"""The conditional random field equals a sum over all label sequences, and pytorch-crf; padding has no part in it."""

import itertools
import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torchcrf import CRF

from seqpipe.nn.crf import Crf
from seqpipe.padded import Padded
from seqpipe.readers.bio import may_begin, may_follow


def make(labels, seed, spread=1.5):
    generator = torch.Generator().manual_seed(seed)
    crf = Crf(labels).double()
    with torch.no_grad():
        for weight in crf.parameters():
            weight.copy_(torch.randn(weight.shape, generator=generator, dtype=torch.float64) * spread)
    return crf, generator


def batch(generator, lengths, labels, fill=float("nan")):
    """Random emissions; what lies behind a length is not a number."""
    data = torch.randn(len(lengths), max(1, *lengths), labels, generator=generator, dtype=torch.float64)
    for row, length in enumerate(lengths):
        data[row, length:] = fill
    return Padded(data, torch.tensor(lengths))


def sequences(crf, emissions, length, constrained):
    """Every label sequence that may be, and its score, one addition at a time."""
    labels = crf.start.numel()
    start, transitions, end = crf.start.detach(), crf.transitions.detach(), crf.end.detach()
    begin, follow = may_begin(labels), may_follow(labels)
    for path in itertools.product(range(labels), repeat=length):
        steps = list(itertools.pairwise(path))
        if constrained and not (begin[path[0]] and all(follow[step] for step in steps)):
            continue
        score = start[path[0]] + end[path[-1]] + sum(emissions[at, label] for at, label in enumerate(path))
        yield path, float(score + sum(transitions[step] for step in steps))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.integers(1, 4), st.integers(0, 999), st.booleans())
def test_partition_viterbi_and_marginals_equal_brute_force(lengths, labels, seed, constrained):
    crf, generator = make(labels, seed)
    crf.requires_grad_(False)
    emissions = batch(generator, lengths, labels)
    partition = crf.log_partition(emissions, constrained)
    best, scores = crf.viterbi(emissions, constrained)
    marginals = crf.marginals(emissions, constrained)
    for row, length in enumerate(lengths):
        every = dict(sequences(crf, emissions.data[row], length, constrained))
        total = torch.logsumexp(torch.tensor(list(every.values()), dtype=torch.float64), 0)
        assert float(partition[row]) == pytest.approx(float(total), abs=1e-9)
        path = tuple(best.data[row, :length].tolist())
        assert every[path] == pytest.approx(max(every.values()), abs=1e-9)
        assert float(scores[row]) == pytest.approx(max(every.values()), abs=1e-9)
        assert not best.data[row, length:].any()
        given_path = Padded(torch.tensor([path]), torch.tensor([length]))
        alone = Padded(emissions.data[row : row + 1, :length], torch.tensor([length]))
        assert float(crf.score(alone, given_path, constrained)) == pytest.approx(every[path], abs=1e-9)
        for at, label in itertools.product(range(length), range(labels)):
            share = sum(math.exp(score - total) for one, score in every.items() if one[at] == label)
            assert float(marginals[row, at, label]) == pytest.approx(share, abs=1e-9)
        assert not marginals[row, length:].any()


def test_equal_to_pytorch_crf():
    crf, generator = make(4, 7)
    oracle = CRF(4, batch_first=True).double()
    with torch.no_grad():
        oracle.start_transitions.copy_(crf.start)
        oracle.transitions.copy_(crf.transitions)
        oracle.end_transitions.copy_(crf.end)
    lengths = [6, 1, 4, 3]
    emissions = batch(generator, lengths, 4, fill=0.0)
    labels = Padded(torch.randint(0, 4, (4, 6), generator=generator), torch.tensor(lengths))
    likelihood = crf.score(emissions, labels, False) - crf.log_partition(emissions, False)
    mask = emissions.mask()
    torch.testing.assert_close(likelihood, oracle(emissions.data, labels.data, mask=mask, reduction="none"))
    best, _ = crf.viterbi(emissions, False)
    ours = [best.data[row, :length].tolist() for row, length in enumerate(lengths)]
    assert ours == oracle.decode(emissions.data, mask=mask)


def test_gradients_equal_pytorch_crf():
    crf, generator = make(5, 8)
    oracle = CRF(5, batch_first=True).double()
    with torch.no_grad():
        oracle.start_transitions.copy_(crf.start)
        oracle.transitions.copy_(crf.transitions)
        oracle.end_transitions.copy_(crf.end)
    emissions = batch(generator, [3, 5], 5, fill=0.0)
    emissions.data.requires_grad_()
    labels = Padded(torch.randint(0, 5, (2, 5), generator=generator), emissions.lengths)
    ours = (crf.log_partition(emissions, False) - crf.score(emissions, labels, False)).sum()
    theirs = -oracle(emissions.data, labels.data, mask=emissions.mask())
    weights = [emissions.data, crf.start, crf.transitions, crf.end]
    others = [emissions.data, oracle.start_transitions, oracle.transitions, oracle.end_transitions]
    for mine, other in zip(torch.autograd.grad(ours, weights), torch.autograd.grad(theirs, others), strict=True):
        torch.testing.assert_close(mine, other)


def test_constraints_hold_however_strong_the_emissions():
    crf, _ = make(5, 1)
    emissions = Padded(torch.zeros(1, 4, 5, dtype=torch.float64), torch.tensor([4]))
    emissions.data[0, :, 4] = 50.0  # I-B everywhere
    best, _ = crf.viterbi(emissions, True)
    assert best.data[0].tolist() == [3, 4, 4, 4]  # begins as B-B
    best, _ = crf.viterbi(emissions, False)
    assert best.data[0].tolist() == [4, 4, 4, 4]


@pytest.mark.parametrize("size", [2e4, 1e9])
def test_no_emission_of_single_precision_buys_what_is_forbidden(size):
    crf, generator = make(5, 3)
    crf = crf.float()
    emissions = Padded(size * torch.randn(3, 4, 5, generator=generator), torch.tensor([4, 1, 3]))
    emissions.data[0, :, 4] += 9 * size  # I-B everywhere
    emissions.data.requires_grad_()
    partition = crf.log_partition(emissions, True)
    best, scores = crf.viterbi(emissions, True)
    for row, length in enumerate(emissions.lengths.tolist()):
        every = dict(sequences(crf, emissions.data[row].detach().double(), length, True))
        winner = max(every, key=every.get)
        assert tuple(best.data[row, :length].tolist()) == winner
        assert float(scores[row]) == pytest.approx(every[winner], rel=1e-5)
        total = torch.logsumexp(torch.tensor(list(every.values()), dtype=torch.float64), 0)
        assert float(partition[row].detach()) == pytest.approx(float(total), rel=1e-5)
    gradients = torch.autograd.grad(partition.sum(), [emissions.data, crf.start, crf.transitions, crf.end])
    assert all(torch.isfinite(gradient).all() for gradient in gradients)
    torch.testing.assert_close(gradients[0].sum(dim=(1, 2)), emissions.lengths.float())  # probabilities


def test_forbidden_weights_get_no_gradient_and_nothing_is_nan_in_single_precision():
    crf = Crf(5)
    emissions = Padded(torch.full((2, 7, 5), 30.0).requires_grad_(), torch.tensor([7, 2]))
    crf.log_partition(emissions, True).sum().backward()
    assert torch.isfinite(emissions.data.grad).all()
    gradient = crf.transitions.grad
    forbidden = ~torch.as_tensor(may_follow(5))
    assert not gradient[forbidden].any()
    assert not crf.start.grad[[2, 4]].any()
    assert not emissions.data.grad[1, 2:].any()


def test_an_empty_sequence_is_certain():
    crf, generator = make(3, 2)
    crf.requires_grad_(False)
    emissions = batch(generator, [0, 2], 3, fill=0.0)
    labels = Padded(torch.tensor([[2, 2], [0, 1]]), emissions.lengths)
    assert float(crf.score(emissions, labels, True)[0]) == 0
    assert float(crf.log_partition(emissions, True)[0]) == 0
    assert float(crf.viterbi(emissions, True)[1][0]) == 0
