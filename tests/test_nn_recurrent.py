"""Stacks: the same outputs as torch's packed sequences, whatever the padding."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqpipe.nn.cells import CELLS
from seqpipe.nn.dropout import DROPOUTS, LockedDropout
from seqpipe.nn.ragged import SHORTEST, TimeMajor, cuts, over
from seqpipe.nn.recurrent import Encoder, Recurrent
from seqpipe.padded import Padded
from seqpipe.params.recurrent import RecurrentParams

TORCH = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}
VARIANTS = [
    *({"cell": cell} for cell in CELLS),
    {"cell": "rnn", "activation": "leaky-relu", "residual": True},
    {"cell": "gru", "layer_norm": True},
    {"cell": "lstm", "layer_norm": True, "residual": True, "weight_drop": 0.5, "dropout_kind": "locked"},
]


def encoder(cell, layers, bidirectional, inputs=3, hidden=5):
    torch.manual_seed(1)
    return Encoder(inputs, RecurrentParams(cell=cell, layers=layers, hidden=hidden), bidirectional).eval()


def give(cell, peer, place):
    """Our weights to torch's layer; a second bias is zero but for that of the GRU's candidate."""
    W, U, b, *rest = cell.weights()
    second = torch.zeros_like(b)
    if len(W) == 3 * U.shape[1]:
        second[-U.shape[1] :] = rest[0]
    for name, weight in (("weight_ih", W), ("weight_hh", U), ("bias_ih", b), ("bias_hh", second)):
        getattr(peer, name + place).data.copy_(weight.detach())


@settings(deadline=None, max_examples=30)
@given(
    cell=st.sampled_from(sorted(TORCH)),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    lengths=st.lists(st.integers(1, 9) | st.integers(1, 90), min_size=1, max_size=9),
    padding=st.integers(0, 6),
)
def test_an_encoder_is_torchs_packed_network(cell, layers, bidirectional, lengths, padding):
    own = encoder(cell, layers, bidirectional)
    peer = TORCH[cell](3, 5, num_layers=layers, bidirectional=bidirectional, batch_first=True)
    for layer in range(layers):
        for cells, suffix in ((own.forward_cells, ""), (own.backward_cells, "_reverse")):
            if len(cells):
                give(cells[layer], peer, f"_l{layer}{suffix}")
    data = torch.randn(len(lengths), max(lengths) + padding, 3)
    packed, _ = peer(pack_padded_sequence(data, torch.tensor(lengths), batch_first=True, enforce_sorted=False))
    expected, _ = pad_packed_sequence(packed, batch_first=True)
    outputs = own(Padded(data, torch.tensor(lengths)))
    summary = own.summary(outputs)
    for row, length in enumerate(lengths):
        torch.testing.assert_close(outputs.data[row, :length], expected[row, :length], atol=1e-5, rtol=0)
        torch.testing.assert_close(summary[row, :5], expected[row, length - 1, :5], atol=1e-5, rtol=0)
        if bidirectional:
            torch.testing.assert_close(summary[row, 5:], expected[row, 0, 5:], atol=1e-5, rtol=0)


@pytest.mark.parametrize("params", VARIANTS, ids=str)
def test_a_stack_stepping_gives_what_it_gives_in_one_call(params):
    torch.manual_seed(2)
    stack = Recurrent(5, RecurrentParams(layers=3, hidden=5, **params)).eval()
    inputs, states = torch.randn(4, 6, 5), stack.start(4)
    outputs, after = stack.run(inputs, states)
    for t, expected in enumerate(outputs.unbind(1)):
        output, states = stack.step(inputs[:, t], states)
        torch.testing.assert_close(output, expected, atol=1e-5, rtol=0)
    for one, other in zip(states, after, strict=True):
        torch.testing.assert_close(one, other, atol=1e-5, rtol=0)


@pytest.mark.parametrize("params", VARIANTS, ids=str)
def test_layers_are_joined_as_their_equation_says(params):
    """x̂_l = LN(h_l) + x_l, by choice, layer by layer; the residual where sizes agree."""
    torch.manual_seed(3)
    chosen = RecurrentParams(layers=2, hidden=5, **params)
    stack = Recurrent(3, chosen).eval()
    x = inputs = torch.randn(4, 6, 3)
    for cell, above in zip(stack.cells, stack.above, strict=True):
        h = cell.run(x, cell.start(4))[0]
        if chosen.layer_norm:
            h = (h - h.mean(-1, keepdim=True)) / torch.sqrt(h.var(-1, unbiased=False, keepdim=True) + 1e-5)
            h = h * above.norm.weight + above.norm.bias
        x = h + x if chosen.residual and x.shape == h.shape else h
    torch.testing.assert_close(stack(inputs, stack.start(4)), x, atol=1e-5, rtol=0)


def test_locked_dropout_drops_the_same_units_at_every_step_and_plain_does_not():
    data = torch.ones(64, 9, 50)
    for kind, same in (("locked", True), ("plain", False)):
        dropped = DROPOUTS[kind](0.3).train()(data) == 0
        assert 0.25 < dropped.float().mean() < 0.35
        assert bool((dropped == dropped[:, :1]).all()) == same
        assert not bool((dropped == dropped[:1]).all())  # but not in every example
        assert torch.equal(DROPOUTS[kind](0.3).eval()(data), data)


def test_dropout_scales_what_it_keeps():
    assert sorted(LockedDropout(0.2).train()(torch.ones(9, 3, 40)).unique().tolist()) == [0, 1.25]


@pytest.mark.parametrize("cell", ["lstm", "gru", "mingru"])
def test_dropout_is_between_layers_and_never_between_time_steps(cell):
    """What leaves a layer is dropped; the states it hands to its own next step are whole."""
    torch.manual_seed(0)
    stack = Recurrent(4, RecurrentParams(cell=cell, layers=2, hidden=6, dropout=0.5)).train()
    inputs = torch.randn(3, 8, 4)
    _, after = stack.run(inputs, stack.start(3))
    whole, _ = stack.cells[0].run(inputs, stack.cells[0].start(3))
    torch.testing.assert_close(after[0][0], whole[:, -1])


@pytest.mark.parametrize("kind", ["plain", "locked"])
def test_a_pass_of_steps_in_training_locks_what_a_sequence_locks(kind):
    torch.manual_seed(0)
    stack = Recurrent(4, RecurrentParams(layers=2, hidden=40, dropout=0.5, dropout_kind=kind, weight_drop=0.4)).train()
    step, states, dropped = stack.steps(), stack.start(3), []
    for inputs in torch.randn(5, 3, 4):
        output, states = step(inputs, states)
        dropped.append(output == 0)
    assert all(torch.equal(one, dropped[0]) for one in dropped) == (kind == "locked")
    again, _ = stack.steps()(torch.randn(3, 4), stack.start(3))
    assert not torch.equal(again == 0, dropped[0])


@given(
    lengths=st.lists(st.integers(0, 60), min_size=1, max_size=12),
    more=st.integers(0, 30),
    cell=st.sampled_from(["lstm", "gru", "rnn", "minlstm", "layernorm-gru"]),
    backward=st.booleans(),
)
@settings(deadline=None, max_examples=80)
def test_leaving_padding_out_changes_no_output(lengths, more, cell, backward):
    torch.manual_seed(0)
    made = CELLS[cell](2, RecurrentParams(cell=cell, hidden=3)).double()
    inputs = Padded(torch.randn(len(lengths), max(1, *lengths) + more, 2, dtype=torch.float64), torch.tensor(lengths))
    found = over(made, inputs.data, TimeMajor.of(inputs, backward))
    assert found.shape == (*inputs.data.shape[:2], 3)
    for row, length in enumerate(lengths):
        if length:
            alone = inputs.data[row : row + 1, :length]
            alone = alone.flip(1) if backward else alone
            outputs, _ = made.run(alone, made.start(1))
            outputs = outputs.flip(1) if backward else outputs
            torch.testing.assert_close(found[row, :length], outputs[0], atol=1e-12, rtol=0)


@given(lengths=st.lists(st.integers(0, 300), min_size=1, max_size=40), more=st.integers(0, 50))
def test_cuts_cover_every_sequence_and_leave_padding_out(lengths, more):
    lengths, time = sorted(lengths, reverse=True), max(1, *lengths) + more
    parts = cuts(lengths, time)
    ends, rows = [end for end, _ in parts], [count for _, count in parts]
    assert ends == sorted(set(ends))
    assert rows == sorted(rows, reverse=True)
    assert ends[-1] in (lengths[0], time)
    for at, length in enumerate(lengths):  # the rows that run until their end
        assert max([end for end, count in parts if count > at], default=0) >= length
    worked = sum(count * (end - start) for (start, _), (end, count) in zip([(0, 0), *parts], parts, strict=False))
    assert worked <= time * len(lengths)
    if len(parts) > 1:
        assert min(np.diff([0, *ends[:-1]]), default=SHORTEST) >= SHORTEST


@pytest.mark.parametrize("backward", [False, True])
@pytest.mark.parametrize("cell", ["lstm", "gru", "irnn", "minlstm", "layernorm-lstm"])
def test_leaving_padding_out_changes_no_gradient_and_draws_dropped_weights_once(cell, backward):
    drop = {} if cell.startswith("min") else {"weight_drop": 0.4}
    made = CELLS[cell](2, RecurrentParams(cell=cell, hidden=3, **drop)).double().train()
    lengths = torch.tensor([70, 3, 50, 20, 0, 33, 69, 18, 35])
    data = torch.randn(9, 75, 2, dtype=torch.float64, requires_grad=True)
    inputs = Padded(data, lengths)
    assert len(cuts(sorted(lengths.tolist(), reverse=True), 75)) > 2
    weigh = Padded(torch.randn(9, 75, 3, dtype=torch.float64), lengths).zeroed().data

    def whole():
        read = inputs.reverse() if backward else inputs
        outputs = Padded(made.run(read.data, made.start(9))[0], lengths)
        return (outputs.reverse() if backward else outputs).data

    found = []
    for run in (lambda: over(made, data, TimeMajor.of(inputs, backward)), whole):
        torch.manual_seed(7)
        outputs = run() * weigh
        found.append([outputs, *torch.autograd.grad(outputs.square().sum(), [data, *made.parameters()])])
    for one, other in zip(*found, strict=True):
        torch.testing.assert_close(one, other, atol=1e-10, rtol=1e-8)
