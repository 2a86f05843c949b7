"""Cells against their equations in float64 numpy, and the step form against the sequence form."""

import numpy as np
import pytest
import torch
from torch import nn

from seqpipe.nn.cells import CELLS

B, T, F, H = 3, 5, 4, 7


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def vanilla(x, state, w, u, bw, bu):
    return (np.tanh(w @ x + u @ state[0] + bw + bu),)


def lstm(x, state, w, u, bw, bu):
    hidden, cell = state
    i, f, g, o = np.split(w @ x + u @ hidden + bw + bu, 4)
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(cell), cell


def gru(x, state, w, u, bw, bu):
    (hidden,) = state
    wr, wz, wn = np.split(w @ x + bw, 3)
    ur, uz, un = np.split(u @ hidden + bu, 3)
    r, z = sigmoid(wr + ur), sigmoid(wz + uz)
    n = np.tanh(wn + r * un)
    return ((1 - z) * n + z * hidden,)


EQUATIONS = {"rnn": vanilla, "lstm": lstm, "gru": gru}


@pytest.fixture(params=sorted(EQUATIONS))
def cell(request):
    torch.manual_seed(0)
    made = CELLS[request.param](F, H).double()
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(0.1 * torch.randn_like(weight))  # biases too
    return request.param, made


def test_a_cell_is_its_equation(cell):
    name, made = cell
    x = torch.randn(B, T, F, dtype=torch.float64)
    start = tuple(torch.randn(B, H, dtype=torch.float64) for _ in made.start(B))
    outputs = made(x, start).detach().numpy()
    weights = [weight.detach().numpy() for weight in made.net.parameters()]
    for row in range(B):
        state = tuple(part[row].numpy() for part in start)
        for t in range(T):
            state = EQUATIONS[name](x[row, t].numpy(), state, *weights)
            np.testing.assert_allclose(outputs[row, t], state[0], atol=1e-12)


def test_steps_give_what_the_sequence_gives(cell):
    _, made = cell
    x = torch.randn(B, T, F, dtype=torch.float64)
    state = made.start(B)
    for t, expected in enumerate(made(x, state).unbind(1)):
        state = made.step(x[:, t], state)
        torch.testing.assert_close(state[0], expected, atol=1e-12, rtol=0)


def test_recurrent_weights_start_orthogonal_gate_by_gate(cell):
    name, _ = cell
    fresh = CELLS[name](F, H)
    for gate in fresh.net.weight_hh_l0.split(H):
        torch.testing.assert_close(gate @ gate.T, torch.eye(H), atol=1e-5, rtol=0)


def test_the_forget_gate_starts_open():
    net = CELLS["lstm"](F, H).net
    assert isinstance(net, nn.LSTM)
    bias = (net.bias_ih_l0 + net.bias_hh_l0).split(H)
    assert [gate.mean().item() for gate in bias] == [0, 1, 0, 0]
