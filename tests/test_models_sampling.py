"""Scheduled sampling: how the truth fades, and that what is read is what the model itself would have written."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tiny
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import lambertw
from torch import Tensor

from seqpipe import losses
from seqpipe.batches import Batch, collate
from seqpipe.features.tokens import BEGIN, END, PAD, UNKNOWN
from seqpipe.losses import Losses, Moment
from seqpipe.models.sampling import DECAYS, draw, mixed, truth
from seqpipe.models.seq2seq import Seq2Seq
from seqpipe.padded import Padded
from seqpipe.params.training import Sampling, Seq2SeqTrain
from seqpipe.search.greedy import greedy
from seqpipe.search.hypothesis import begin
from seqpipe.search.limits import constant
from seqpipe.search.scores import NORMS, Ranking

FALLING = sorted({*DECAYS} - {"none"})
MODELS = [
    {"attention": "general"},
    {"attention": "location", "cell": "lstm"},
    {"attention": "additive", "input_feeding": True, "layers": 2},
    {"attention": "none", "tied": True},
]


def tokens() -> Batch:
    return collate(tiny.rows("seq2seq", seed=3))


def trained(moment: Moment | None, seed: int = 0, **params: Any) -> tuple[Losses, list[Tensor | None]]:
    """A model's losses, and the gradient of their sum."""
    model = tiny.model("seq2seq", dropout=0, **params).train()
    torch.manual_seed(seed)
    found = losses.seq2seq(model, tokens(), moment)
    return found, list(torch.autograd.grad(found.total.sum(), list(model.parameters()), allow_unused=True))


def peaked(model: Seq2Seq) -> None:
    """Make the likeliest token all but certain, and the control tokens, which no search writes, impossible."""
    with torch.no_grad():
        model.decoder.output.linear.weight *= 1e4
        model.decoder.output.linear.bias[[PAD, UNKNOWN, BEGIN]] = -1e9


@pytest.mark.parametrize("decay", FALLING)
@given(steps=st.integers(1, 10**6), half=st.floats(0.05, 3), share=st.floats(0, 1))
def test_the_truth_only_fades_and_is_a_half_at_half(decay: str, steps: int, half: float, share: float) -> None:
    sampling = Sampling(decay=decay, half=half)
    assert DECAYS[decay](half * steps, half * steps) == pytest.approx(0.5, abs=1e-6)
    earlier, later = (truth(sampling, round(part * share * steps), steps) for part in (0.5, 1))
    assert 0 <= later <= earlier <= 1
    assert truth(Sampling(decay=decay, half=half, floor=0.7), round(share * steps), steps) == max(0.7, later)


def test_the_truth_fades_as_in_the_paper() -> None:
    steps, half = 1000, 400.0
    k = float(half / lambertw(half).real)  # k ln k = half
    for i in range(0, steps, 7):
        found = {decay: truth(Sampling(decay=decay, half=half / steps), i, steps) for decay in FALLING}
        assert found["linear"] == pytest.approx(max(0, 1 - i / 800))
        assert found["exponential"] == pytest.approx((0.5 ** (1 / half)) ** i)
        assert found["inverse-sigmoid"] == pytest.approx(k / (k + np.exp(i / k)))
    assert truth(Sampling(), 10**9, 1) == 1


@pytest.mark.parametrize("form", ["token", "two-pass"])
@pytest.mark.parametrize("params", MODELS, ids=str)
def test_all_truth_is_teacher_forcing_to_the_bit(params: dict[str, Any], form: str) -> None:
    before = trained(None, **params)
    sampling = {"decay": "linear", "floor": 1.0, "form": form}
    after = trained(Moment(500, 1000, Seq2SeqTrain.model_validate({"sampling": sampling})), **params)
    assert torch.equal(before[0].total, after[0].total)
    for mine, own in zip(after[1], before[1], strict=True):
        assert (mine is None) == (own is None)
        assert mine is None or own is None or torch.equal(mine, own)


@pytest.mark.parametrize("share", [0.0, 0.5])
@pytest.mark.parametrize("params", MODELS, ids=str)
def test_token_by_token_is_the_loop_that_draws_while_it_computes_the_loss(params: dict[str, Any], share: float) -> None:
    step = 10**6 if share == 0 else 500
    moment = Moment(step, 1000, Seq2SeqTrain(sampling=Sampling(decay="linear")))
    found, gradients = trained(moment, **params)
    model, batch = tiny.model("seq2seq", dropout=0, **params), tokens()
    torch.manual_seed(0)
    inputs, labels = batch.target.prepend(BEGIN).data, batch.target.append(END)
    true = torch.rand(inputs.shape) < share
    state, given, total = model.start(batch.source), inputs[:, 0], torch.zeros(7)
    for t in range(inputs.shape[1]):
        log_probs, state = model.step(state, given)  # gradients flow from step to step
        total = total - torch.where(labels.mask()[:, t], log_probs.gather(1, labels.data[:, t, None])[:, 0], 0)
        if t + 1 < inputs.shape[1]:
            given = torch.where(true[:, t + 1], inputs[:, t + 1], draw(log_probs.detach()))
    torch.testing.assert_close(found.total, total, atol=1e-5, rtol=1e-5)
    expected = torch.autograd.grad(total.sum(), list(model.parameters()), allow_unused=True)
    for mine, own in zip(gradients, expected, strict=True):
        torch.testing.assert_close(mine, own, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("feeding", [False, True])
def test_no_truth_at_all_is_free_running(feeding: bool) -> None:
    model, batch = tiny.model("seq2seq", input_feeding=feeding), tokens()
    peaked(model)
    state, length = model.start(batch.source), 8
    written = mixed(model.decoder, state, torch.full((7, length), BEGIN), "token", 0.0)
    begun, limits = begin(state, 7, [BEGIN], torch.device("cpu")), constant(7, 0, length, torch.device("cpu"))
    outputs = greedy(model.step, begun, limits, Ranking(NORMS["none"](0.0)))
    for row, (found,) in zip(written.tolist(), outputs, strict=True):
        expected = [BEGIN, *found.output, END][:length]
        assert row[: len(expected)] == expected


def test_two_passes_draw_after_true_tokens() -> None:
    model, batch = tiny.model("seq2seq", attention="location"), tokens()
    peaked(model)
    state, inputs = model.start(batch.source), batch.target.prepend(BEGIN).data
    written = mixed(model.decoder, state, inputs, "two-pass", 0.0)
    for t in range(1, inputs.shape[1]):
        for row in range(7):
            forced = Padded(inputs[row : row + 1, :t], torch.tensor([t]))
            source = Padded(batch.source.data[row : row + 1], batch.source.lengths[row : row + 1])
            assert written[row, t] == model(source, forced)[0, -1].argmax()
    assert (written[:, 0] == BEGIN).all()


@pytest.mark.parametrize("form", ["token", "two-pass"])
def test_each_token_is_true_with_the_probability_asked_for(form: str) -> None:
    model = tiny.model("seq2seq")
    peaked(model)
    with torch.no_grad():
        model.decoder.output.linear.bias[7] += 1e8  # all that it ever writes
    source = collate([tiny.rows("seq2seq", count=1)[0]] * 200).source
    inputs = torch.full((200, 30), 5)
    written = mixed(model.decoder, model.start(source), inputs, form, 0.3)
    assert (written[:, 0] == 5).all()
    assert {*written.unique().tolist()} == {5, 7}
    assert (written[:, 1:] == 5).double().mean().item() == pytest.approx(0.3, abs=0.03)  # 5 standard deviations


def test_draws_follow_the_distribution() -> None:
    log_probs = torch.log_softmax(torch.tensor([0.0, 1.0, 2.0, -torch.inf]), dim=-1)
    counts = torch.bincount(draw(log_probs.expand(200, 200, 4)).flatten(), minlength=4) / 40000
    torch.testing.assert_close(counts, log_probs.exp(), atol=0.012, rtol=0)
    assert counts[3] == 0
    draw(torch.full((3, 4), torch.nan))  # is left for the loss to report


def test_the_writer_drops_nothing_and_training_goes_on() -> None:
    params = {"dropout": 0.5, "embedding_dropout": 0.5, "layers": 2}
    model, batch = tiny.model("seq2seq", **params), tokens()
    inputs, state = batch.target.prepend(BEGIN).data, model.start(batch.source)
    written = []
    for training in (False, True):
        model.train(training)
        torch.manual_seed(1)
        written.append(mixed(model.decoder, state, inputs, "token", 0.2))
        assert all(module.training == training for module in model.modules())
    assert torch.equal(*written)
    assert not torch.equal(written[0], inputs)


def test_smoothing_is_for_training_alone() -> None:
    params = Seq2SeqTrain(label_smoothing=0.3)
    plain, smoothed = trained(None)[0], trained(Moment(0, 9, params))[0]
    batch = tokens()
    log_probs = torch.log_softmax(tiny.model("seq2seq")(batch.source, batch.target.prepend(BEGIN)), dim=-1)
    uniform = -(log_probs.mean(dim=-1) * batch.target.append(END).mask()).sum(dim=1)
    torch.testing.assert_close(smoothed.total, 0.7 * plain.total + 0.3 * uniform)
