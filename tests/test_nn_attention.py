"""Attention against a loop over examples, queries and places."""

import math

import pytest
import torch

from seqpipe.nn.attention import SCORES, Memory, weights

B, T, S, H = 3, 4, 5, 6


def by_hand(name, score, q, v):
    if name == "dot":
        return q @ v
    if name == "scaled":
        return q @ v / math.sqrt(H)
    if name == "general":
        return q @ (score.weight.weight @ v)
    hidden = torch.tanh(score.query.weight @ q + score.query.bias + score.key.weight @ v)
    return score.score.weight[0] @ hidden


@pytest.mark.parametrize("name", sorted(SCORES))
def test_weights_are_a_softmax_over_data_alone(name):
    torch.manual_seed(3)
    score = SCORES[name](H).double()
    query, values = torch.randn(B, T, H, dtype=torch.float64), torch.randn(B, S, H, dtype=torch.float64)
    lengths = [5, 1, 3]
    mask = torch.arange(S) < torch.tensor(lengths)[:, None]
    alpha = weights(score, query, Memory(score.keys(values), values, mask))
    for b in range(B):
        for t in range(T):
            scores = torch.stack([by_hand(name, score, query[b, t], values[b, s]) for s in range(lengths[b])])
            expected = torch.exp(scores) / torch.exp(scores).sum()
            torch.testing.assert_close(alpha[b, t, : lengths[b]], expected)
            assert not alpha[b, t, lengths[b] :].any()
