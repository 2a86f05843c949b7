"""The decoder: one distribution whether it steps or runs, what it is fed, and an output layer that may be shared."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
import tiny
import torch
from safetensors.torch import load, save

from seqpipe.batches import collate
from seqpipe.features.tokens import BEGIN, END
from seqpipe.nn.attention import SCORES
from seqpipe.tasks import TASKS

ATTENTIONS = ["none", *SCORES]
COMBINATIONS = list(itertools.product(ATTENTIONS, [False, True]))


@pytest.mark.parametrize("cell", ["lstm", "gru", "mingru"])
@pytest.mark.parametrize(("attention", "feeding"), COMBINATIONS)
def test_teacher_forcing_is_the_sum_of_the_steps(attention: str, feeding: bool, cell: str) -> None:
    model = tiny.model("seq2seq", attention=attention, input_feeding=feeding, cell=cell, layers=2, tied=feeding)
    batch = collate(tiny.rows("seq2seq", seed=3))
    logits = model(batch.source, batch.target.prepend(BEGIN))
    losses = TASKS["seq2seq"].loss(model, batch)
    state, totals = model.start(batch.source), torch.zeros(7)
    labels, mask = batch.target.append(END).data, batch.target.append(END).mask()
    for t, tokens in enumerate(batch.target.prepend(BEGIN).data.unbind(1)):
        log_probs, state = model.step(state, tokens)
        torch.testing.assert_close(log_probs, torch.log_softmax(logits[:, t], dim=-1), atol=1e-5, rtol=1e-5)
        totals += torch.where(mask[:, t], log_probs.gather(1, labels[:, t, None])[:, 0], 0)
    torch.testing.assert_close(losses.total, -totals, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(("attention", "feeding"), COMBINATIONS)
def test_a_state_takes_all_that_it_needs_along(attention: str, feeding: bool) -> None:
    model = tiny.model("seq2seq", attention=attention, input_feeding=feeding)
    source, rows = collate(tiny.rows("seq2seq")).source, torch.tensor([5, 2, 2, 0])
    tokens = torch.tensor([[4, 5, 6, 7, 8, 4, 5], [6, 6, 7, 8, 4, 4, 5], [5, 4, 4, 8, 8, 6, 7]])
    (_, state), moved = model.step(model.start(source), tokens[0]), None
    for each in tokens[1:]:
        moved = state.select(rows, rows) if moved is None else moved
        log_probs, state = model.step(state, each)
        chosen, moved = model.step(moved, each[rows])
        torch.testing.assert_close(chosen, log_probs[rows])


@pytest.mark.parametrize(("attention", "feeding"), COMBINATIONS)
def test_hypotheses_share_their_source_and_nothing_else(attention: str, feeding: bool) -> None:
    """Rows of sentences 0 and 2, three hypotheses each, step as they do when each of them is a sentence of its own."""
    model = tiny.model("seq2seq", attention=attention, input_feeding=feeding)
    source, tokens = collate(tiny.rows("seq2seq", count=3)).source, torch.tensor([4, 5, 6, 7, 8, 4])
    rows, kept = torch.tensor([0, 0, 0, 2, 2, 2]), torch.tensor([0, 2])
    _, first = model.step(model.start(source), torch.tensor([4, 4, 4]))
    shared, apart = first.select(rows, kept), first.select(rows, rows)
    for moved in ([0, 2, 2, 3, 4, 5], [1, 1, 0, 5, 5, 3]):
        (log_probs, shared), (expected, apart) = model.step(shared, tokens), model.step(apart, tokens)
        torch.testing.assert_close(log_probs, expected)
        assert len(shared.memory.values) == 2
        places = torch.tensor(moved)
        shared, apart, tokens = shared.select(places), apart.select(places, places), tokens[places].flip(0)
    if attention not in ("none", "general", "additive", "location", "scaled"):
        assert shared.memory.keys is shared.memory.values


def test_the_cell_reads_what_was_attended_to_at_the_step_before() -> None:
    """The equations, one example and one step at a time, for dot attention over what the encoder gave."""
    model = tiny.model("seq2seq", attention="dot", input_feeding=True, bidirectional=False).double()
    row = tiny.rows("seq2seq", count=1, seed=2)[0]
    batch, decoder = collate([row]), model.decoder
    state = model.start(batch.source)
    values, layers, attended = state.memory.values[0], state.layers, torch.zeros(6, dtype=torch.float64)
    expected = []
    for token in [BEGIN, *row["target"].tolist()]:
        outputs, layers = decoder.recurrent.step(torch.cat([decoder.vectors.weight[token], attended])[None], layers)
        hidden = outputs[0]
        alpha = torch.exp(values @ hidden) / torch.exp(values @ hidden).sum()
        context = (alpha[:, None] * values).sum(dim=0)
        attended = torch.tanh(decoder.readout.weight @ torch.cat([hidden, context]) + decoder.readout.bias)
        expected.append(decoder.output.linear.weight @ attended + decoder.output.linear.bias)
    logits = model(batch.source, batch.target.prepend(BEGIN))[0]
    torch.testing.assert_close(logits[: len(expected)], torch.stack(expected))


@pytest.mark.parametrize(("attention", "feeding"), COMBINATIONS)
def test_a_decoder_that_needs_no_step_before_runs_in_one_call(monkeypatch: Any, attention: str, feeding: bool) -> None:
    model, calls = tiny.model("seq2seq", attention=attention, input_feeding=feeding), []
    attend = model.decoder._attend
    monkeypatch.setattr(model.decoder, "_attend", lambda *given: calls.append(1) or attend(*given))
    TASKS["seq2seq"].loss(model, collate(tiny.rows("seq2seq")))
    assert (len(calls) == 1) == (not feeding and attention != "location")


@pytest.mark.parametrize("attention", sorted({*ATTENTIONS} - {"location"}))
@pytest.mark.parametrize("cell", ["lstm", "mingru"])
def test_one_call_trains_as_step_after_step_does(attention: str, cell: str) -> None:
    model = tiny.model("seq2seq", attention=attention, cell=cell, layers=2, dropout=0).train().double()
    batch, found = collate(tiny.rows("seq2seq", seed=1)), []
    for model.decoder.by_step in (False, True):
        total = TASKS["seq2seq"].loss(model, batch).total
        total.sum().backward()
        found.append([total.detach(), *(weight.grad for weight in model.parameters() if weight.grad is not None)])
        model.zero_grad()
    for together, by_step in zip(*found, strict=True):
        torch.testing.assert_close(together, by_step)


@pytest.mark.parametrize("feeding", [False, True])
def test_dropout_sees_whole_sequences_and_nothing_from_step_to_step(feeding: bool) -> None:
    """So a locked mask stays the same at all steps, and what is fed back is whole."""
    model, seen = tiny.model("seq2seq", input_feeding=feeding, embedding=5), []
    batch = collate(tiny.rows("seq2seq"))
    model.decoder.dropout.register_forward_hook(lambda module, given, result: seen.append((*given[0].shape,)))
    TASKS["seq2seq"].loss(model, batch)
    steps = batch.target.data.shape[1] + 1
    assert seen == [(7, steps, 5), (7, steps, 6)]


@pytest.mark.parametrize(("attention", "feeding"), COMBINATIONS)
def test_maps_of_attention_are_distributions_over_the_source(attention: str, feeding: bool) -> None:
    model = tiny.model("seq2seq", attention=attention, input_feeding=feeding)
    batch = collate(tiny.rows("seq2seq"))
    alpha = model.attention(batch.source, batch.target)
    assert alpha.shape == (7, batch.target.data.shape[1] + 1, 1 if attention == "none" else batch.source.data.shape[1])
    torch.testing.assert_close(alpha.sum(dim=2), torch.ones(alpha.shape[:2]))
    if attention != "none":
        assert not alpha.masked_select(~batch.source.mask()[:, None]).any()


def test_tied_weights_are_the_target_tokens_vectors() -> None:
    tied, apart, narrow = (tiny.model("seq2seq", tied=one, embedding=size) for one, size in [(1, 6), (0, 6), (1, 4)])
    vocabulary = tiny.SIZES["seq2seq"].target
    shapes = [{name: tuple(weight.shape) for name, weight in one.named_parameters()} for one in (tied, apart, narrow)]
    assert shapes[1].pop("decoder.output.linear.weight") == (vocabulary, 6)
    assert shapes[1].pop("decoder.output.linear.bias") == shapes[0].pop("decoder.output.bias")
    assert shapes[0] == shapes[1]
    assert shapes[2]["decoder.output.project.weight"] == (4, 6)
    for model in (tied, narrow):
        batch = collate(tiny.rows("seq2seq"))
        hidden = model.decoder.look(model.start(batch.source), batch.target.prepend(BEGIN).data)[0]
        expected = model.decoder.output.project(hidden) @ model.decoder.vectors.weight.T + model.decoder.output.bias
        torch.testing.assert_close(model(batch.source, batch.target.prepend(BEGIN)), expected)
        assert {*load(save(model.state_dict()))} == {*model.state_dict()}  # nothing is kept twice
