"""Sampling: filters of logits by their definitions, draws by their frequencies."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from seqpipe.features.tokens import BEGIN, END, PAD, UNKNOWN
from seqpipe.search.greedy import greedy
from seqpipe.search.sample import chain, keep_nucleus, keep_top, sample, sharpen

LOGITS = st.lists(st.floats(-5, 5), min_size=1, max_size=7).map(lambda values: torch.tensor([values]))
CHANCES = torch.tensor([0.0, 0.0, 0.0, 0.2, 0.3, 0.5])  # PAD, UNKNOWN, BEGIN, END, two letters


class Last(NamedTuple):
    """A made-up model that looks at the last token only: a letter makes the end likelier."""

    tokens: Tensor

    def select(self, rows: Tensor) -> Last:
        return Last(self.tokens[rows])


def step(state: Last, tokens: Tensor) -> tuple[Tensor, Last]:
    chances = torch.where((tokens == BEGIN)[:, None], CHANCES, CHANCES + torch.tensor([0, 0, 0, 1.0, 0, 0]))
    return torch.log(chances / chances.sum(dim=-1, keepdim=True)), Last(tokens)


def drawn(count: int, seed: int = 1, length: int = 9, **options: float) -> list[list[int]]:
    filtered = chain(**{"temperature": 1.0, "top_k": 0, "top_p": 1.0, **options})  # type: ignore[arg-type]
    generator = torch.Generator().manual_seed(seed)
    state = Last(torch.full((count,), BEGIN))
    return [one.output for one in sample(step, state, count, length, filtered, generator)]


def probability(output: list[int]) -> float:
    state, total = Last(torch.tensor([BEGIN])), 0.0
    for before, token in itertools.pairwise([BEGIN, *output, END]):
        total += step(state, torch.tensor([before]))[0][0, token].item()
    return math.exp(total)


def test_frequencies_are_the_models_probabilities() -> None:
    counts = Counter(map(tuple, drawn(20000)))
    for output in ([], [4], [5], [4, 5], [5, 5], [5, 4, 5]):
        expected = probability(output)
        spread = math.sqrt(expected * (1 - expected) / 20000)
        assert counts[tuple(output)] / 20000 == pytest.approx(expected, abs=4.5 * spread)
    assert not {PAD, BEGIN, END} & {token for output in counts for token in output}


def test_control_tokens_are_never_drawn_however_likely() -> None:
    chances = torch.tensor([0.2, 0.5, 0.1, 0.05, 0.05, 0.1])

    def likely(state: Last, tokens: Tensor) -> tuple[Tensor, Last]:
        return chances.log().expand(len(tokens), 6), Last(tokens)

    generator = torch.Generator().manual_seed(5)
    found = sample(likely, Last(torch.full((4000,), BEGIN)), 4000, 1, chain(1.0, 0, 1.0), generator)
    counts = Counter(token for one in found for token in one.output or [END])
    assert not {PAD, UNKNOWN, BEGIN} & set(counts)
    assert [counts[token] / 4000 for token in (END, 4, 5)] == pytest.approx([0.25, 0.25, 0.5], abs=0.04)


def test_temperature_zero_is_greedy() -> None:
    (best,) = greedy(step, Last(torch.tensor([BEGIN])), 1, 9, 1.0)
    assert drawn(5, temperature=0.0) == [best.output] * 5
    assert drawn(200, temperature=0.05) == [best.output] * 200  # and near it already


def test_a_draw_reports_the_models_own_probability() -> None:
    generator = torch.Generator().manual_seed(3)
    state = Last(torch.full((20,), BEGIN))
    for one in sample(step, state, 20, 50, chain(0.5, 3, 0.9), generator):
        assert one.log_prob == pytest.approx(math.log(probability(one.output)), abs=1e-4)
        assert one.score == pytest.approx(one.log_prob / (len(one.output) + 1), abs=1e-5)


def test_seeds_and_lengths() -> None:
    assert drawn(30, seed=1) == drawn(30, seed=1) != drawn(30, seed=2)
    assert max(map(len, drawn(200, length=2))) == 2


@settings(deadline=None)
@given(LOGITS, st.floats(0.1, 5))
def test_temperature_raises_probabilities_to_a_power(logits: Tensor, temperature: float) -> None:
    power = torch.softmax(logits, dim=-1) ** (1 / temperature)
    torch.testing.assert_close(torch.softmax(sharpen(logits, temperature), dim=-1), power / power.sum())


@settings(deadline=None)
@given(LOGITS, st.integers(0, 9))
def test_the_k_largest_stay(logits: Tensor, k: int) -> None:
    kept = keep_top(logits, k)[0]
    stay = kept > -torch.inf
    assert int(stay.sum()) == min(k or logits.shape[1], logits.shape[1])
    assert torch.equal(kept[stay], logits[0][stay])
    if (~stay).any():
        assert logits[0][stay].min() >= logits[0][~stay].max()


@settings(deadline=None)
@given(LOGITS, st.floats(0.01, 1))
def test_the_nucleus_is_the_smallest_set_that_holds_p(logits: Tensor, p: float) -> None:
    chances = torch.softmax(logits, dim=-1)[0]
    stay = keep_nucleus(logits, p)[0] > -torch.inf
    held = chances[stay].sum().item()
    assert held >= p - 1e-5
    fewer = chances.sort(descending=True).values[: int(stay.sum()) - 1].sum().item()
    assert fewer < p + 1e-5  # no smaller set would do
    if (~stay).any():
        assert chances[stay].min() >= chances[~stay].max()


def test_filters_take_turns() -> None:
    logits = torch.log(torch.tensor([[0.4, 0.3, 0.2, 0.1]]))
    kept = chain(1.0, 3, 0.5)(logits)[0] > -torch.inf
    assert kept.tolist() == [True, True, False, False]  # of the three: 4/9, 3/9, 2/9
