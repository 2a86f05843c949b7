"""Sampling: filters of logits by their definitions, draws by their frequencies, chance by whom it belongs to."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from typing import Any, NamedTuple

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from searched import CPU, Rules, TableModel, found, token_scores
from torch import Tensor

from seqpipe.features.tokens import BEGIN, END, PAD, UNKNOWN
from seqpipe.params.decoding import TokenSearch
from seqpipe.search.chance import keys, uniform
from seqpipe.search.hypothesis import Hypothesis, begin
from seqpipe.search.limits import constant
from seqpipe.search.sample import chain, choice, keep_nucleus, keep_top, sharpen
from seqpipe.search.tokens import search_tokens

LOGITS = st.lists(st.floats(-5, 5), min_size=1, max_size=7).map(lambda values: torch.tensor([values]))
CHANCES = torch.tensor([0.0, 0.0, 0.0, 0.2, 0.3, 0.5])  # PAD, UNKNOWN, BEGIN, END, two letters


class Last(NamedTuple):
    """A made-up model that looks at the last token only: a letter makes the end likelier."""

    tokens: Tensor

    def select(self, rows: Tensor, sentences: Tensor | None = None) -> Last:
        return Last(self.tokens[rows])


def step(state: Last, tokens: Tensor) -> tuple[Tensor, Last]:
    chances = torch.where((tokens == BEGIN)[:, None], CHANCES, CHANCES + torch.tensor([0, 0, 0, 1.0, 0, 0]))
    return torch.log(chances / chances.sum(dim=-1, keepdim=True)), Last(tokens)


def drawn(count: int, seed: int = 1, length: int = 9, step: Any = step, **options: Any) -> list[Hypothesis]:
    """``count`` draws of one input."""
    begun = begin(Last(torch.tensor([BEGIN])), 1, [BEGIN], CPU)
    limits = constant(1, options.pop("shortest", 0), length, CPU)
    section = TokenSearch(sample=True, nbest=count, seed=seed, **options)
    return search_tokens(step, begun, limits, section, [], [b"an input"])[0]


def probability(output: list[int]) -> float:
    state, total = Last(torch.tensor([BEGIN])), 0.0
    for before, token in itertools.pairwise([BEGIN, *output, END]):
        total += step(state, torch.tensor([before]))[0][0, token].item()
    return math.exp(total)


def test_frequencies_are_the_models_probabilities() -> None:
    counts = Counter(tuple(one.output) for one in drawn(20000))
    for output in ([], [4], [5], [4, 5], [5, 5], [5, 4, 5]):
        expected = probability(output)
        spread = math.sqrt(expected * (1 - expected) / 20000)
        assert counts[tuple(output)] / 20000 == pytest.approx(expected, abs=4.5 * spread)
    assert not {PAD, BEGIN, END} & {token for output in counts for token in output}


def test_control_tokens_are_never_drawn_however_likely() -> None:
    chances = torch.tensor([0.2, 0.5, 0.1, 0.05, 0.05, 0.1])
    found = drawn(4000, seed=5, length=1, step=lambda state, last: (chances.log().expand(len(last), 6), Last(last)))
    counts = Counter(token for one in found for token in one.output or [END])
    assert not {PAD, UNKNOWN, BEGIN} & set(counts)
    assert [counts[token] / 4000 for token in (END, 4, 5)] == pytest.approx([0.25, 0.25, 0.5], abs=0.04)


def test_temperature_zero_is_greedy() -> None:
    (best,) = search_tokens(
        step, begin(Last(torch.tensor([BEGIN])), 1, [BEGIN], CPU), constant(1, 0, 9, CPU), TokenSearch(beam=1), [], []
    )[0]
    assert [one.output for one in drawn(5, temperature=0.0)] == [best.output] * 5
    assert [one.output for one in drawn(200, temperature=0.05)] == [best.output] * 200  # and near it already


def test_a_draw_reports_the_models_own_probability() -> None:
    found = drawn(20, seed=3, length=50, temperature=0.5, top_k=3, top_p=0.9, normalization="average")
    for one in found:
        assert one.log_prob == pytest.approx(math.log(probability(one.output)), abs=1e-4)
        assert math.fsum(one.more["token_scores"]) == pytest.approx(one.log_prob)
        assert len(one.more["token_scores"]) == len(one.output) + 1
        assert one.score == pytest.approx(one.log_prob / (len(one.output) + 1), abs=1e-5)
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)


def test_seeds_and_lengths() -> None:
    assert drawn(30, seed=1) == drawn(30, seed=1) != drawn(30, seed=2)
    lengths = [len(one.output) for one in drawn(200, length=3, shortest=2)]
    assert {*lengths} == {2, 3}


@pytest.mark.parametrize("no_repeat", [0, 2])
@pytest.mark.parametrize("options", [{}, {"temperature": 2.0}, {"top_k": 3, "length_penalty": 0.0}])
def test_a_draw_belongs_to_its_input(options: dict[str, Any], no_repeat: int) -> None:
    """Whatever is drawn beside it, in whatever order, and however often."""
    model, tables, rules = TableModel(4, sharpness=0.7), [3, 1, 4, 1, 5], Rules(8, no_repeat=no_repeat)
    together = found(model, tables, rules, sample=True, nbest=3, **options)
    for table, draws in zip(tables, together, strict=True):
        assert found(model, [table], rules, sample=True, nbest=3, **options) == [draws]
    assert found(model, tables[::-1], rules, sample=True, nbest=3, **options) == together[::-1]
    assert together[1] == together[3]
    outputs = {str(one.output) for one in together[0]}
    many = found(model, [3], rules, sample=True, nbest=30, **options)[0]
    assert outputs <= {str(one.output) for one in many}  # the first draws stay the same when there are more
    assert len({str(one.output) for one in many}) > 5
    for one in many:
        assert one.log_prob == pytest.approx(math.fsum(token_scores(model.of(3), one.output)))


def test_chance_is_even_and_differs_by_key_and_step() -> None:
    key = keys(7, 20, [bytes([at]) for at in range(250)], CPU)
    assert len(key.unique()) == len(key) == 5000
    numbers = torch.stack([uniform(key, at) for at in range(8)])
    assert ((numbers >= 0) & (numbers < 1)).all()
    assert len(numbers.unique()) == numbers.numel()
    counts = torch.histc(numbers, bins=50, min=0, max=1)
    expected = numbers.numel() / 50
    assert float(((counts - expected) ** 2 / expected).sum()) < 100  # χ² of 49 degrees; 1 in 40,000 is above
    standard = (numbers - numbers.mean()) / numbers.std()
    for one, other in [(standard[0], standard[1]), (standard[:, :2500], standard[:, 2500:])]:
        assert abs(float((one * other).mean())) < 4 / math.sqrt(one.numel())


def test_chance_is_that_of_the_published_generator() -> None:
    """SplitMix64 from the state 1234567: the first numbers of its authors' code."""
    published = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    found = [float(uniform(torch.tensor([1234567]), at)) for at in range(4)]
    assert found == [float(number >> 12) * 2.0**-52 for number in published]


def test_a_choice_falls_where_its_part_is() -> None:
    logits = torch.log(torch.tensor([0.0, 0.25, 0.0, 0.5, 0.25, 0.0])).expand(6, 6)
    chance = torch.tensor([0.0, 0.2499, 0.2501, 0.7499, 0.7501, 1 - 2.0**-52], dtype=torch.float64)
    assert choice(logits, chance).tolist() == [1, 1, 3, 3, 4, 4]


@pytest.mark.parametrize("temperature", [0.0, 1e-3, 1e-38, 1e-45, 1e-50, 1e-300])
def test_however_low_the_temperature_the_likeliest_is_drawn(temperature: float) -> None:
    logits = torch.log(torch.tensor([[0.2, 0.1, 0.4, 0.0, 0.3]]))
    assert torch.softmax(sharpen(logits, temperature), dim=-1).tolist()[0] == pytest.approx([0, 0, 1, 0, 0], abs=1e-100)


@settings(deadline=None)
@given(LOGITS, st.floats(0.1, 5))
def test_temperature_raises_probabilities_to_a_power(logits: Tensor, temperature: float) -> None:
    power = torch.softmax(logits.double(), dim=-1) ** (1 / temperature)
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
