"""Greedy and beam search over a made-up model with a table of probabilities, against exhaustive search."""

import itertools
import math
from typing import NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqpipe.features.tokens import BEGIN, END, PAD, UNKNOWN
from seqpipe.search.beam import beam_search
from seqpipe.search.greedy import greedy

V = 7  # PAD, UNKNOWN, BEGIN, END and three letters
LETTERS = [token for token in range(V) if token not in (PAD, UNKNOWN, BEGIN, END)]


class Written(NamedTuple):
    """Which table a row has, and all its tokens so far: what a real model keeps in its hidden state."""

    table: Tensor
    tokens: Tensor

    def select(self, rows):
        return Written(self.table[rows], self.tokens[rows])


class TableModel:
    """log p(next | row, all tokens so far), drawn at random once for each history."""

    def __init__(self, seed, sharpness=2.0):
        self.seed, self.sharpness = seed, sharpness

    def log_probs(self, table, tokens):
        generator = torch.Generator().manual_seed(hash((self.seed, table, tuple(tokens))) % 2**31)
        logits = self.sharpness * torch.randn(V, generator=generator, dtype=torch.float64)
        return torch.log_softmax(logits, dim=-1)

    def step(self, state, tokens):
        written = torch.cat([state.tokens, tokens[:, None]], dim=1)
        rows = zip(state.table.tolist(), written.tolist(), strict=True)
        return torch.stack([self.log_probs(table, history) for table, history in rows]), Written(state.table, written)

    def start(self, tables):
        return Written(torch.tensor(tables), torch.zeros(len(tables), 0, dtype=torch.int64))

    def total(self, table, output):
        history, total = [BEGIN], 0.0
        for token in [*output, END]:
            total += float(self.log_probs(table, history)[token])
            history.append(token)
        return total


def norm(length, alpha):
    return ((5 + length) / 6) ** alpha


def exhaustive(model, table, max_length, alpha):
    outputs = [list(o) for size in range(max_length + 1) for o in itertools.product(LETTERS, repeat=size)]
    scored = [(model.total(table, output) / norm(len(output) + 1, alpha), output) for output in outputs]
    return sorted(scored, key=lambda pair: -pair[0])


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    alpha=st.sampled_from([0.0, 0.6, 1.0, 2.0]),
    tables=st.lists(st.integers(0, 9), min_size=1, max_size=4),
)
def test_a_beam_as_wide_as_the_space_is_exhaustive_search(seed, alpha, tables):
    model, max_length = TableModel(seed), 3
    wide = sum(len(LETTERS) ** size for size in range(max_length + 1))
    found = beam_search(model.step, model.start(tables), len(tables), wide, 4, max_length, alpha)
    for table, hypotheses in zip(tables, found, strict=True):
        expected = exhaustive(model, table, max_length, alpha)[:4]
        assert [one.output for one in hypotheses] == [output for _, output in expected]
        for one, (score, output) in zip(hypotheses, expected, strict=True):
            assert math.isclose(one.score, score, abs_tol=1e-9)
            assert math.isclose(one.log_prob, model.total(table, output), abs_tol=1e-9)


@settings(deadline=None, max_examples=25)
@given(
    seed=st.integers(0, 10**6),
    alpha=st.sampled_from([0.0, 1.0]),
    tables=st.lists(st.integers(0, 9), min_size=1, max_size=5),
)
def test_beam_one_is_greedy_token_for_token(seed, alpha, tables):
    model = TableModel(seed, sharpness=1.0)
    one = beam_search(model.step, model.start(tables), len(tables), 1, 1, 7, alpha)
    plain = greedy(model.step, model.start(tables), len(tables), 7, alpha)
    assert [found[0].output for found in one] == [found.output for found in plain]
    for found, expected in zip(one, plain, strict=True):
        assert math.isclose(found[0].score, expected.score, abs_tol=1e-9)


@pytest.mark.parametrize("beam", [1, 2, 3])
def test_a_sentence_is_searched_alike_in_any_company(beam):
    model, tables = TableModel(5, sharpness=1.0), [3, 1, 4, 1, 5]
    together = beam_search(model.step, model.start(tables), 5, beam, beam, 6, 1.0)
    for table, found in zip(tables, together, strict=True):
        assert beam_search(model.step, model.start([table]), 1, beam, beam, 6, 1.0)[0] == found


def test_the_longest_output_ends_at_its_own_price():
    model = TableModel(1)
    (found,) = beam_search(model.step, model.start([0]), 1, 2, 1, 0, 1.0)
    assert found[0].output == []
    assert math.isclose(found[0].log_prob, model.total(0, []), abs_tol=1e-9)


def test_no_output_has_a_control_token_however_likely():
    def step(state, tokens):
        chances = torch.tensor([0.2, 0.6, 0.1, 0.02, 0.03, 0.03, 0.02])
        return chances.log().expand(len(tokens), V), state

    model = TableModel(1)
    found = [*greedy(step, model.start([0, 1]), 2, 5, 1.0), *beam_search(step, model.start([0]), 1, 4, 4, 5, 1.0)[0]]
    assert max(len(one.output) for one in found) == 5
    assert {token for one in found for token in one.output} <= set(LETTERS)
    assert math.isclose(found[0].log_prob, 5 * math.log(0.03) + math.log(0.02), abs_tol=1e-5)  # the model's own
