"""Greedy and beam search over made-up models with tables of probabilities, against searches in plain Python."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from searched import (
    CPU,
    LETTERS,
    Rules,
    TableModel,
    V,
    allowed,
    every_output,
    exhaustive,
    found,
    plain_beam,
    token_scores,
)
from torch import Tensor

from seqpipe import compiled
from seqpipe.features.tokens import END
from seqpipe.files import SeqpipeError
from seqpipe.nn import softmax
from seqpipe.search import sums_kernel, tokens
from seqpipe.search.beam import Width, beam_search, bound
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.search.limits import Limits, constant, relative
from seqpipe.search.scores import NORMS, Ranking
from seqpipe.search.sums import best_sums

SEEDS = st.integers(0, 10**6)
TABLES = st.lists(st.integers(0, 9), min_size=1, max_size=4)
NORMALIZATIONS = st.one_of(
    st.fixed_dictionaries({"length_penalty": st.sampled_from([0.0, 0.6, 1.0, 2.0])}),
    st.sampled_from([{"normalization": "average"}, {"normalization": "none"}]),
)
RULES = st.builds(
    Rules,
    longest=st.integers(0, 4),
    shortest=st.integers(0, 5).map(lambda length: max(0, length - 1)),
    no_repeat=st.integers(0, 3),
    forbidden=st.lists(st.sampled_from(LETTERS), unique=True, max_size=3).map(tuple),
    prefix=st.lists(st.sampled_from(LETTERS), max_size=2).map(tuple),
    not_first=st.lists(st.sampled_from(LETTERS), unique=True, max_size=3).map(tuple),
).map(lambda rules: rules._replace(longest=max(rules.longest, len(rules.prefix))))

LONGER = RULES.map(lambda rules: rules._replace(longest=rules.longest + 3))


def agree(hypotheses: list[Hypothesis], expected: list[tuple[float, list[int]]], model: TableModel, table: int) -> None:
    """The same outputs in the same order, at the scores and probabilities that the model itself gives them."""
    assert [one.output for one in hypotheses] == [output for _, output in expected]
    for one, (score, output) in zip(hypotheses, expected, strict=True):
        assert math.isclose(one.score, score, abs_tol=1e-9)
        scores = token_scores(model.of(table), output)
        assert one.more["token_scores"] == pytest.approx(scores, abs=1e-9)
        assert one.log_prob == one.more["log_prob"] == pytest.approx(math.fsum(scores), abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(SEEDS, TABLES, RULES, NORMALIZATIONS)
def test_a_beam_as_wide_as_the_space_is_exhaustive_search(
    seed: int, tables: list[int], rules: Rules, options: dict[str, Any]
) -> None:
    model, wide = TableModel(seed), 1 + len(list(every_output(rules._replace(shortest=0))))
    nbest = min(4, wide)
    for table, hypotheses in zip(tables, found(model, tables, rules, beam=wide, nbest=nbest, **options), strict=True):
        agree(hypotheses, exhaustive(model.of(table), rules, options)[:nbest], model, table)


@settings(deadline=None, max_examples=60)
@given(SEEDS, TABLES, LONGER, NORMALIZATIONS)
def test_beam_one_is_greedy_token_for_token(
    seed: int, tables: list[int], rules: Rules, options: dict[str, Any]
) -> None:
    model = TableModel(seed, sharpness=1.0)
    plain = found(model, tables, rules, beam=1, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tokens, "greedy", lambda *given: beam_search(*given, Width(1, 1)))
        assert found(model, tables, rules, beam=1, **options) == plain
    for table, (one,) in zip(tables, plain, strict=True):
        agree([one], plain_beam(model.of(table), rules, {"beam": 1, **options}), model, table)
        for at, token in enumerate([*one.output, END][len(rules.prefix) :], start=len(rules.prefix)):
            chances = model.of(table)(one.output[:at])
            assert chances[token] == max(chances[other] for other in allowed(one.output[:at], rules))


@settings(deadline=None, max_examples=100)
@given(
    SEEDS,
    TABLES,
    LONGER,
    NORMALIZATIONS,
    st.sampled_from([2, 3, 4]),
    st.sampled_from([0.5, 1.0, 4.0]),
)
def test_stopping_early_changes_nothing(
    seed: int, tables: list[int], rules: Rules, options: dict[str, Any], beam: int, sharpness: float
) -> None:
    model, nbest = TableModel(seed, sharpness), min(beam, 3)
    options = {"beam": beam, "nbest": nbest, **options}
    for table, hypotheses in zip(tables, found(model, tables, rules, **options), strict=True):
        agree(hypotheses, plain_beam(model.of(table), rules, options), model, table)


@settings(deadline=None, max_examples=60)
@given(SEEDS, TABLES, LONGER, st.sampled_from([(2, 2), (4, 2), (6, 3), (6, 2)]), st.sampled_from([0.1, 1.0, 9.0]))
def test_groups_take_their_tokens_in_turn(
    seed: int, tables: list[int], rules: Rules, width: tuple[int, int], diversity: float
) -> None:
    model, (beam, groups) = TableModel(seed, sharpness=1.0), width
    options = {"beam": beam, "nbest": beam, "groups": groups, "diversity": diversity}
    for table, hypotheses in zip(tables, found(model, tables, rules, **options), strict=True):
        agree(hypotheses, plain_beam(model.of(table), rules, options), model, table)


def test_diversity_makes_the_first_tokens_differ() -> None:
    """Three letters and the end are all there is to begin with; four groups of one that repel each other take all."""
    model, tables = TableModel(3, sharpness=1.0), list(range(20))
    apart = found(model, tables, Rules(6), beam=4, nbest=4, groups=4, diversity=99.0)
    assert all({tuple(one.output[:1]) for one in some} == {(), *((letter,) for letter in LETTERS)} for some in apart)
    near = found(model, tables, Rules(6), beam=4, nbest=4)
    assert sum(len({tuple(one.output[:1]) for one in some}) for some in near) < 60


@pytest.mark.parametrize("options", [{"beam": 1}, {"beam": 3, "nbest": 3}, {"beam": 4, "groups": 2, "diversity": 1.0}])
def test_a_sentence_is_searched_alike_in_any_company(options: dict[str, Any]) -> None:
    model, tables = TableModel(5, sharpness=1.0), [3, 1, 4, 1, 5, 9, 2]
    rules = [
        Rules(longest, shortest, no_repeat=2) for longest, shortest in zip([6, 2, 0, 4, 9, 1, 6], range(7), strict=True)
    ]
    rules = [one._replace(shortest=min(one[:2])) for one in rules]
    together = found(model, tables, rules, **options)
    for table, one, hypotheses in zip(tables, rules, together, strict=True):
        assert found(model, [table], one, **options) == [hypotheses]
    assert found(model, tables[::-1], rules[::-1], **options) == together[::-1]


def test_what_is_told_does_not_depend_on_how_much_is_told() -> None:
    model, tables = TableModel(8), [0, 1, 2]
    three = found(model, tables, Rules(5), beam=3, nbest=3)
    for nbest in (1, 2):
        assert found(model, tables, Rules(5), beam=3, nbest=nbest) == [some[:nbest] for some in three]


def step_of(chances: list[float]) -> Any:
    """A step whose distribution is always the same."""
    return lambda state, last: (torch.tensor(chances, dtype=torch.float64).log().expand(len(last), V), state)


def test_a_longer_output_may_win_after_a_shorter_one_has_ended() -> None:
    """The end at once has log 0.6 / norm(1) = −0.51; ten letters, almost certain after the first, beat that: stopping
    at the first that ends would be wrong, and going on to the longest would be idle."""

    class Late(TableModel):
        def log_probs(self, table: int, written: list[int]) -> Tensor:
            chances = torch.full((V,), 1e-9, dtype=torch.float64)
            chances[LETTERS[0]], chances[END] = (0.4, 0.6) if not written else (0.999, 0.001)
            if len(written) >= 10:
                chances[LETTERS[0]], chances[END] = (0.001, 0.999) if len(written) == 10 else (0.5, 0.5)
            return chances.log()

    model = Late(0)
    ((best, second),) = found(model, [0], Rules(500), beam=2, nbest=2)
    assert best.output == LETTERS[:1] * 10
    assert best.score == pytest.approx((math.log(0.4) + 10 * math.log(0.999)) / ((5 + 11) / 6))
    assert second.output == []
    assert 12 < model.steps < 100
    plain = Late(0)
    found(plain, [0], Rules(500), beam=2, normalization="none")
    assert plain.steps == 1  # log 0.4 cannot rise above log 0.6


def test_sentences_that_are_done_leave_the_batch() -> None:
    model, rules = TableModel(1, sharpness=0.5), [Rules(longest, longest) for longest in (1, 2, 9)]
    found(model, [0, 1, 2], rules, beam=2)
    assert model.rows == 3 + 2 * 3 + 2 * 2 + 2 * 7  # first a row each, then a beam of two; the end is a step as well


def test_the_longest_output_ends_at_its_own_price() -> None:
    model = TableModel(1)
    for beam in (1, 2):
        ((one,),) = found(model, [0], Rules(0), beam=beam)
        assert one.output == []
        assert one.log_prob == pytest.approx(token_scores(model.of(0), [])[0], abs=1e-9)


@pytest.mark.parametrize("beam", [1, 3])
def test_an_output_ends_where_nothing_else_is_left(beam: int) -> None:
    """However short it is; and what it must have comes first, whatever else it must not have."""
    model, nothing = TableModel(1), tuple(LETTERS)
    outputs = [
        found(model, [0], rules, beam=beam)[0][0].output
        for rules in (
            Rules(9, shortest=5, forbidden=nothing),
            Rules(9, shortest=9, no_repeat=1),
            Rules(9, shortest=5, forbidden=nothing, prefix=(4, 4)),
            Rules(9, shortest=8, no_repeat=1, prefix=(5, 5)),
            Rules(1, shortest=1, prefix=(6, 5, 4)),
        )
    ]
    assert outputs[0] == []
    assert sorted(outputs[1]) == LETTERS
    assert outputs[2] == [4, 4]
    assert outputs[3][:2] == [5, 5] and sorted(outputs[3][2:]) == [4, 6]  # noqa: PT018
    assert outputs[4] == [6, 5, 4]


def test_no_output_has_a_control_token_however_likely() -> None:
    model, step = TableModel(1), step_of([0.2, 0.6, 0.1, 0.02, 0.03, 0.03, 0.02])
    model.step = step  # type: ignore[method-assign]
    outputs = [*found(model, [0, 1], Rules(5), beam=1), *found(model, [0], Rules(5), beam=4, nbest=4)]
    assert max(len(one.output) for some in outputs for one in some) == 5
    assert {token for some in outputs for one in some for token in one.output} <= set(LETTERS)
    assert outputs[0][0].log_prob == pytest.approx(5 * math.log(0.03) + math.log(0.02))  # the model's own


@pytest.mark.parametrize("options", [{"beam": 1}, {"beam": 3}, {"sample": True}])
def test_a_model_without_probabilities_is_told(options: dict[str, Any]) -> None:
    model = TableModel(1)
    model.step = step_of([math.nan] * V)  # type: ignore[method-assign]
    with pytest.raises(SeqpipeError, match="not finite"):
        found(model, [0, 1], Rules(5), **options)


def test_limits_by_the_length_of_the_source() -> None:
    steps = torch.tensor([1, 10, 20, 30])
    assert relative(constant(4, 3, 25, steps.device), steps, 0.3, 1.1) == Limits(
        pytest.approx([1, 3, 6, 9]), pytest.approx([1, 11, 22, 25])
    )
    own = relative(constant(4, 3, 25, steps.device), steps, 1.1, 0.0)
    assert [part.tolist() for part in own] == [[3, 11, 22, 25], [25] * 4]


@pytest.mark.parametrize("steps", [3, 10, 30, 70, 12345, 10**6])
@pytest.mark.parametrize("ratio", ["0.1", "0.7", "1.1", "2.3"])
def test_ratios_are_met_as_they_are_written(steps: int, ratio: str) -> None:
    exact = Fraction(ratio) * steps
    limits = relative(constant(1, 0, 10**9, CPU), torch.tensor([steps]), float(ratio), float(ratio))
    assert limits.longest.item() == math.floor(exact)
    assert limits.shortest.item() == min(math.ceil(exact), math.floor(exact))


@pytest.mark.parametrize("kind", NORMS)
def test_what_bounds_a_score_is_as_exact_as_the_score(kind: str) -> None:
    ranking: Ranking[Any] = Ranking(NORMS[kind](0.7))
    log_prob = torch.tensor([[[-7.123456789, -9.0]]], dtype=torch.float64)
    (highest,) = bound(log_prob, constant(1, 0, 80, CPU), ranking).flatten().tolist()
    assert highest == pytest.approx(-7.123456789 / ranking.norm(81), rel=1e-15)


@pytest.mark.parametrize("compiled_too", [False, True])
@pytest.mark.parametrize("size", [5, 40, 127, 133, 2006])
@pytest.mark.parametrize("count", [1, 30])
def test_the_largest_sums_are_those_of_a_full_sort(
    monkeypatch: pytest.MonkeyPatch, count: int, size: int, compiled_too: bool
) -> None:
    monkeypatch.setattr(softmax, "FEW", 0 if compiled_too else 10**9)
    monkeypatch.setattr(compiled, "PART", 1)
    generator = torch.Generator().manual_seed(size)
    for beam, k, first in [(1, 1, 0), (5, 5, 4), (3, 7, 4), (4, 40, 1)]:
        log_prob = torch.randn(count, beam, generator=generator, dtype=torch.float64)
        log_prob[:, 1:2] = -torch.inf
        log_probs = torch.randn(count, beam, size, generator=generator)
        log_probs[:, 0, 4::3] = -torch.inf
        sums, parent, token = best_sums(log_prob, log_probs, first, k)
        every = log_prob[:, :, None] + log_probs[:, :, first:].double()
        assert torch.equal(sums, every.flatten(1).sort(dim=1, descending=True).values[:, :k])
        rows = torch.arange(count)[:, None]
        assert torch.equal(sums, log_prob[rows, parent] + log_probs[rows, parent, token].double())
        assert (token >= first).all()
        finite = [{*zip(p, t, strict=True)} for p, t in zip(parent.tolist(), token.tolist(), strict=True)]
        assert all(len(one) == sums.shape[1] for one in finite)


@settings(deadline=None)
@given(seed=st.integers(0, 999), beam=st.integers(1, 4), size=st.integers(1, 300), k=st.integers(1, 9))
def test_of_equal_sums_the_first_are_taken(seed: int, beam: int, size: int, k: int) -> None:
    rng, k = np.random.default_rng(seed), min(k, beam * size)
    log_prob, log_probs = rng.integers(-3, 0, (1, beam)) * 1.0, rng.integers(-4, 0, (1, beam, size)).astype(np.float32)
    sums, codes = np.empty((1, k)), np.empty((1, k), np.int64)
    sums_kernel.largest(log_prob, log_probs, 0, sums, codes)
    every = (log_prob[0, :, None] + log_probs[0]).ravel()
    order = np.argsort(-every, kind="stable")[:k]
    assert codes[0].tolist() == order.tolist()
    assert sums[0].tolist() == every[order].tolist()
