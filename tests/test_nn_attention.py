"""Attention against a loop over examples, queries and places."""

import itertools
import math

import pytest
import torch

from seqpipe.nn import attention
from seqpipe.nn.attention import SCORES, Memory, weights

B, T, S, H = 3, 4, 5, 6
LENGTHS = [5, 1, 3]
TOGETHER = sorted(name for name in SCORES if not SCORES[name].by_step)


def made(name):
    """A score, queries, what they look at, and where each looked before."""
    torch.manual_seed(3)
    score = SCORES[name](H).double()
    query, values = torch.randn(B, T, H, dtype=torch.float64), torch.randn(B, S, H, dtype=torch.float64)
    mask = torch.arange(S) < torch.tensor(LENGTHS)[:, None]
    before = torch.rand(B, T, S, dtype=torch.float64) * mask[:, None]
    return score, query, Memory(score.keys(values), values, mask), before


def by_hand(name, score, q, v):
    if name == "dot":
        return q @ v
    if name == "scaled":
        return q @ v / math.sqrt(H)
    if name == "general":
        return q @ (score.weight.weight @ v)
    hidden = torch.tanh(score.query.weight @ q + score.query.bias + score.key.weight @ v)
    return score.score.weight[0] @ hidden


def softmax(scores):
    return torch.exp(torch.stack(scores)) / torch.exp(torch.stack(scores)).sum()


@pytest.mark.parametrize("name", TOGETHER)
def test_weights_are_a_softmax_over_data_alone(name):
    score, query, memory, before = made(name)
    alpha = weights(score, query, memory, before)
    for b, length in enumerate(LENGTHS):
        for t in range(T):
            expected = softmax([by_hand(name, score, query[b, t], memory.values[b, s]) for s in range(length)])
            torch.testing.assert_close(alpha[b, t, :length], expected)
            assert not alpha[b, t, length:].any()


def test_location_reads_the_weights_of_the_step_before_around_each_place():
    score, query, memory, before = made("location")
    alpha = weights(score, query, memory, before)
    filters, half = score.filters.weight[:, 0], attention.WIDTH // 2  # (filters, width)
    for b, t in itertools.product(range(B), range(T)):
        length, scores = LENGTHS[b], []
        for s in range(length):
            features = torch.zeros(attention.FILTERS, dtype=torch.float64)
            for other in range(length):  # what lies beyond the data has no weight
                if abs(other - s) <= half:
                    features += filters[:, other - s + half] * before[b, t, other]
            content = score.content
            inner = content.query.weight @ query[b, t] + content.query.bias + content.key.weight @ memory.values[b, s]
            scores.append(content.score.weight[0] @ torch.tanh(inner + score.place.weight @ features))
        torch.testing.assert_close(alpha[b, t, :length], softmax(scores))
        assert not alpha[b, t, length:].any()


def test_location_at_first_is_additive():
    score, query, memory, before = made("location")
    first = weights(score, query, memory, torch.zeros_like(before))
    torch.testing.assert_close(first, weights(score.content, query, memory, before))


@pytest.mark.parametrize(("block", "largest"), [(1, 2**27), (2 * B * S * H, 2**27), (2 * B * S * H, 0), (2**20, 0)])
def test_additive_attention_in_blocks_and_made_again_is_the_same(monkeypatch, block, largest):
    score, query, memory, before = made("additive")
    expected = weights(score, query, memory, before)
    gradients = torch.autograd.grad(expected.square().sum(), list(score.parameters()), retain_graph=True)
    monkeypatch.setattr(attention, "BLOCK", block)
    monkeypatch.setattr(attention, "LARGEST", largest)
    found = weights(score, query, memory, before)
    torch.testing.assert_close(found, expected)
    for mine, own in zip(torch.autograd.grad(found.square().sum(), list(score.parameters())), gradients, strict=True):
        torch.testing.assert_close(mine, own)


def test_what_is_made_again_is_not_kept(monkeypatch):
    """Of the B · T · S · H numbers inside, none outlives the forward pass."""

    def kept(largest):
        monkeypatch.setattr(attention, "LARGEST", largest)
        sizes = []
        with torch.autograd.graph.saved_tensors_hooks(lambda saved: sizes.append(saved.numel()) or saved, lambda x: x):
            score(query, memory.keys, before)
        return max(sizes)

    score, query, memory, before = made("additive")
    assert kept(2**27) >= B * T * S * H
    assert kept(0) < B * T * S * H
