"""Stacks: the same outputs as torch's packed sequences, whatever the padding."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqpipe.nn.recurrent import Encoder, Recurrent
from seqpipe.padded import Padded
from seqpipe.params.models import RecurrentParams

TORCH = {"rnn": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def encoder(cell, layers, bidirectional, inputs=3, hidden=5):
    torch.manual_seed(1)
    return Encoder(inputs, RecurrentParams(cell=cell, layers=layers, hidden=hidden), bidirectional).eval()


@settings(deadline=None, max_examples=30)
@given(
    cell=st.sampled_from(sorted(TORCH)),
    layers=st.integers(1, 3),
    bidirectional=st.booleans(),
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=5),
    padding=st.integers(0, 6),
)
def test_an_encoder_is_torchs_packed_network(cell, layers, bidirectional, lengths, padding):
    own = encoder(cell, layers, bidirectional)
    peer = TORCH[cell](3, 5, num_layers=layers, bidirectional=bidirectional, batch_first=True)
    for layer in range(layers):
        for cells, suffix in ((own.forward_cells, ""), (own.backward_cells, "_reverse")):
            if len(cells):
                for name, weight in cells[layer].net.named_parameters():
                    getattr(peer, name.replace("_l0", f"_l{layer}{suffix}")).data.copy_(weight)
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


@pytest.mark.parametrize("cell", sorted(TORCH))
def test_a_decoder_stepping_gives_what_it_gives_in_one_call(cell):
    torch.manual_seed(2)
    stack = Recurrent(3, RecurrentParams(cell=cell, layers=2, hidden=5)).eval()
    inputs, states = torch.randn(4, 6, 3), stack.start(4)
    for t, expected in enumerate(stack(inputs, states).unbind(1)):
        states = stack.step(inputs[:, t], states)
        torch.testing.assert_close(states[-1][0], expected, atol=1e-6, rtol=0)
