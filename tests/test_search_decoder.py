"""Search over the decoder with attention: exhaustive on a small vocabulary, scored as teacher forcing scores."""

from __future__ import annotations

import itertools
import math
from typing import Any, NamedTuple

import numpy as np
import pytest
import tiny
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from searched import Rules, every_output, norm
from torch import Tensor, nn

from seqpipe.batches import collate
from seqpipe.features.tokens import BEGIN, END
from seqpipe.files import SeqpipeError
from seqpipe.nn.attention import SCORES
from seqpipe.params.decoding import Seq2SeqDecode
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.search.readout import seq2seq
from seqpipe.search.spelled import NOTHING_SPELLED, Spelled
from seqpipe.store import Row

ATTENTIONS = ["none", *SCORES]
ROWS = tiny.rows("seq2seq", count=3, seed=3, longest=5)


def decoder(seed: int, **params: Any) -> Any:
    """A random model in float64 whose outputs are not all alike."""
    model = tiny.model("seq2seq", **params).double()
    generator = torch.Generator().manual_seed(seed)
    for weight in model.parameters():
        nn.init.normal_(weight, std=0.7, generator=generator)
    return model


def read(model: Any, rows: list[Row], spelled: Spelled = NOTHING_SPELLED, **options: Any) -> list[list[Hypothesis]]:
    """The hypotheses of each row."""
    return seq2seq(model, collate(rows), Seq2SeqDecode.model_validate(options), spelled)


class Forced(NamedTuple):
    """log p of each token and the end, (T,), and α (T, S), when the model is told the output."""

    token_scores: list[float]
    alpha: Tensor

    def score(self, options: dict[str, Any]) -> float:
        """By its definition."""
        looked = sum(math.log(min(float(place), 1.0)) for place in self.alpha.sum(dim=0))
        total = math.fsum(self.token_scores) / norm(options, len(self.token_scores))
        return total + options.get("coverage_penalty", 0.0) * looked


@torch.no_grad()
def forced(model: Any, row: Row, outputs: list[list[int]]) -> list[Forced]:
    """Teacher forcing of several outputs of one row."""
    batch = collate([{**row, "target": np.array(output, np.int32)} for output in outputs])
    log_probs = torch.log_softmax(model(batch.source, batch.target.prepend(BEGIN)), dim=-1)
    alpha = model.attention(batch.source, batch.target)
    return [
        Forced([float(mine[at, token]) for at, token in enumerate([*output, END])], looked[: len(output) + 1])
        for mine, looked, output in zip(log_probs, alpha, outputs, strict=True)
    ]


@settings(deadline=None, max_examples=25)
@given(
    st.integers(0, 10**6),
    st.sampled_from(list(itertools.product(SCORES, [False, True], ["gru", "lstm"]))),
    st.sampled_from([{}, {"length_penalty": 0.0}, {"normalization": "average"}, {"normalization": "none"}]),
    st.sampled_from([0.0, 0.3, 2.0]),
    st.builds(
        Rules,
        shortest=st.integers(0, 2),
        no_repeat=st.integers(0, 2),
        forbidden=st.sampled_from([(), (5,), (4, 7)]),
        prefix=st.sampled_from([(), (6,), (5, 5)]),
    ),
)
def test_a_beam_as_wide_as_the_space_is_exhaustive_search(
    seed: int, kind: tuple[str, bool, str], options: dict[str, Any], beta: float, rules: Rules
) -> None:
    attention, feeding, cell = kind
    model = decoder(seed, attention=attention, input_feeding=feeding, cell=cell)
    options = {**options, "coverage_penalty": beta}
    rules = rules._replace(longest=max(2, len(rules.prefix)))
    limits = {"max_length": 2, "min_length": rules.shortest, "no_repeat": rules.no_repeat}
    spelled = Spelled(list(rules.prefix), list(rules.forbidden))
    outputs = list(every_output(rules, None, letters=range(4, 9)))
    for row, hypotheses in zip(ROWS, read(model, ROWS, spelled, beam=40, nbest=3, **limits, **options), strict=True):
        scores = [one.score(options) for one in forced(model, row, outputs)]
        expected = sorted(zip(scores, outputs, strict=True), reverse=True)[:3]
        assert [one.output for one in hypotheses] == [output for _, output in expected]
        assert [one.score for one in hypotheses] == pytest.approx([value for value, _ in expected], abs=1e-9)


@pytest.mark.parametrize("feeding", [False, True])
@pytest.mark.parametrize("attention", ATTENTIONS)
@pytest.mark.parametrize("options", [{"beam": 1}, {"beam": 4, "nbest": 4}, {"sample": True, "nbest": 3}])
def test_scores_are_those_of_teacher_forcing(attention: str, feeding: bool, options: dict[str, Any]) -> None:
    model = decoder(1, attention=attention, input_feeding=feeding, layers=2, tied=True, embedding=5)
    options = {"coverage_penalty": 0.0 if attention == "none" else 0.5, **options}
    for row, hypotheses in zip(ROWS, read(model, ROWS, Spelled([4]), max_length=6, **options), strict=True):
        told = forced(model, row, [one.output for one in hypotheses])
        for one, known in zip(hypotheses, told, strict=True):
            assert one.more["token_scores"] == pytest.approx(known.token_scores, abs=1e-9)
            assert one.log_prob == one.more["log_prob"] == pytest.approx(math.fsum(known.token_scores), abs=1e-9)
            assert one.score == pytest.approx(known.score(options), abs=1e-9)
        assert [one.score for one in hypotheses] == sorted((one.score for one in hypotheses), reverse=True)


@pytest.mark.parametrize("attention", ["general", "location", "none"])
@pytest.mark.parametrize(
    "options",
    [
        {"beam": 1},
        {"beam": 3, "nbest": 3, "max_ratio": 1.5, "min_ratio": 0.5},
        {"beam": 4, "nbest": 4, "groups": 2, "diversity": 0.7, "no_repeat": 2},
        {"sample": True, "nbest": 3, "top_k": 4},
    ],
)
def test_a_sentence_is_read_alike_in_any_company(attention: str, options: dict[str, Any]) -> None:
    rows, model = tiny.rows("seq2seq", seed=5), decoder(2, attention=attention, input_feeding=attention == "location")
    options = {"coverage_penalty": 0.0 if attention == "none" else 0.4, "max_length": 9, **options}
    together, backward = read(model, rows, **options), read(model, rows[::-1], **options)[::-1]
    for row, here, there in zip(rows, together, backward, strict=True):
        (alone,) = read(model, [row], **options)
        for other in (here, there):
            assert [one.output for one in other] == [one.output for one in alone]
            assert [one.score for one in other] == pytest.approx([one.score for one in alone], abs=1e-9)


@pytest.mark.parametrize("beta", [0.05, 0.3, 1.0])
def test_stopping_early_changes_nothing_under_the_coverage_penalty(
    beta: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, model = tiny.rows("seq2seq", seed=6), decoder(3, attention="dot")
    with torch.no_grad():
        model.decoder.output.linear.bias[END] += 4.0
    options = {"beam": 3, "nbest": 2, "coverage_penalty": beta, "max_length": 25, "length_penalty": 0.6}
    steps: list[int] = []
    step = model.step
    monkeypatch.setattr(model, "step", lambda state, last: steps.append(len(last)) or step(state, last))
    early, taken = read(model, rows, **options), sum(steps)
    steps.clear()
    monkeypatch.setattr("seqpipe.search.beam.bound", lambda log_prob, *_: log_prob.amax(dim=2) * 1e-9)  # all have hope
    assert read(model, rows, **options) == early
    assert sum(steps) > taken


def test_coverage_asks_that_every_place_be_looked_at() -> None:
    """Over many models: with the penalty the best output has looked at more of the source than without."""
    looked = {}
    for beta in (0.0, 10.0):
        total = 0.0
        for seed in range(8):
            model = decoder(seed, attention="dot")
            for row, (best,) in zip(ROWS, read(model, ROWS, beam=8, max_length=6, coverage_penalty=beta), strict=True):
                (known,) = forced(model, row, [best.output])
                total += float(known.alpha.sum(dim=0).clamp(max=1).log().sum())
        looked[beta] = total
    assert looked[10.0] > looked[0.0] / 2
    with pytest.raises(SeqpipeError, match="attention is none"):
        read(decoder(0, attention="none"), ROWS, coverage_penalty=0.1)


def test_captions_are_searched_as_translations_are() -> None:
    rows = tiny.rows("seq2seq image", count=3)
    model = tiny.model("seq2seq image", encoder="none", attention="additive", embedding=5)
    for row, hypotheses in zip(
        rows, read(model, rows, beam=4, nbest=4, max_length=5, coverage_penalty=0.1), strict=True
    ):
        told = forced(model, row, [one.output for one in hypotheses])
        for one, known in zip(hypotheses, told, strict=True):
            assert one.more["token_scores"] == pytest.approx(known.token_scores, abs=1e-4)
