"""Cells against their equations in float64 numpy and against torch's, and the step form against the sequence form."""

import numpy as np
import pytest
import torch
from torch import nn

from seqpipe.nn.cells import CELLS
from seqpipe.params.recurrent import RecurrentParams

B, T, F, H = 3, 5, 4, 7


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def normalised(a, scale):
    return scale * (a - a.mean()) / np.sqrt(a.var() + 1e-5)


def vanilla(activation):
    return lambda x, state, p: (activation(p["W"] @ x + p["U"] @ state[0] + p["b"]),)


def relu(a):
    return np.maximum(a, 0)


def lstm(x, state, p):
    hidden, cell = state
    i, f, g, o = np.split(p["W"] @ x + p["U"] @ hidden + p["b"], 4)
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(cell), cell


def gru(x, state, p):
    (hidden,) = state
    wr, wz, wn = np.split(p["W"] @ x + p["b"], 3)
    ur, uz, un = np.split(p["U"] @ hidden, 3)
    r, z = sigmoid(wr + ur), sigmoid(wz + uz)
    n = np.tanh(wn + r * (un + p["b_n"]))
    return ((1 - z) * n + z * hidden,)


def layernorm_lstm(x, state, p):
    hidden, cell = state
    sums = normalised(p["W"] @ x, p["scale_W"]) + normalised(p["U"] @ hidden, p["scale_U"]) + p["b"]
    i, f, g, o = np.split(sums, 4)
    cell = sigmoid(f) * cell + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(normalised(cell, p["scale_c"]) + p["b_c"]), cell


def layernorm_gru(x, state, p):
    (hidden,) = state
    wr, wz, wn = np.split(normalised(p["W"] @ x, p["scale_W"]) + p["b"], 3)
    ur, uz, un = np.split(normalised(p["U"] @ hidden, p["scale_U"]), 3)
    r, z = sigmoid(wr + ur), sigmoid(wz + uz)
    n = np.tanh(wn + r * (un + p["b_n"]))
    return ((1 - z) * n + z * hidden,)


def mingru(x, state, p):
    z, candidate = np.split(p["W"] @ x + p["b"], 2)
    return ((1 - sigmoid(z)) * state[0] + sigmoid(z) * candidate,)


def minlstm(x, state, p):
    f, i, candidate = np.split(p["W"] @ x + p["b"], 3)
    f, i = sigmoid(f), sigmoid(i)
    return (f / (f + i) * state[0] + i / (f + i) * candidate,)


EQUATIONS = {
    "rnn": ({}, vanilla(np.tanh)),
    "rnn relu": ({"activation": "relu"}, vanilla(relu)),
    "rnn leaky": ({"activation": "leaky-relu"}, vanilla(lambda a: np.where(a > 0, a, 0.01 * a))),
    "irnn": ({}, vanilla(relu)),
    "lstm": ({}, lstm),
    "gru": ({}, gru),
    "mingru": ({}, mingru),
    "minlstm": ({}, minlstm),
    "layernorm-lstm": ({}, layernorm_lstm),
    "layernorm-gru": ({}, layernorm_gru),
}
TORCH = {"rnn": nn.RNN, "rnn relu": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def make(name, inputs=F, **params):
    torch.manual_seed(0)
    kind = name.split()[0]
    return CELLS[kind](inputs, RecurrentParams(cell=kind, hidden=H, **EQUATIONS[name][0], **params)).double()


@pytest.fixture(params=sorted(EQUATIONS))
def cell(request):
    made = make(request.param)
    with torch.no_grad():
        for weight in made.parameters():
            weight.add_(0.1 * torch.randn_like(weight))  # biases too
    return request.param, made


def random_state(made):
    return tuple(torch.randn(B, H, dtype=torch.float64) for _ in made.start(B))


def test_a_cell_is_its_equation(cell):
    name, made = cell
    x, start = torch.randn(B, T, F, dtype=torch.float64), random_state(made)
    outputs, last = made.run(x, start)
    weights = {name: weight.detach().numpy() for name, weight in made.named_parameters()}
    for row in range(B):
        state = tuple(part[row].numpy() for part in start)
        for t in range(T):
            state = EQUATIONS[name][1](x[row, t].numpy(), state, weights)
            np.testing.assert_allclose(outputs[row, t].detach(), state[0], atol=1e-12)
        for part, expected in zip(last, state, strict=True):
            np.testing.assert_allclose(part[row].detach(), expected, atol=1e-12)


def test_every_cell_is_tested():
    assert {name.split()[0] for name in EQUATIONS} == set(CELLS)


def test_steps_give_what_the_sequence_gives(cell):
    _, made = cell
    x = torch.randn(B, T, F, dtype=torch.float64)
    state = made.start(B)
    outputs, last = made.run(x, state)
    for t, expected in enumerate(outputs.unbind(1)):
        state = made.step(x[:, t], state)
        torch.testing.assert_close(state[0], expected, atol=1e-12, rtol=0)
    torch.testing.assert_close(state, last, atol=1e-12, rtol=0)


def test_a_sequence_has_the_gradients_of_its_steps(cell):
    _, made = cell
    x, start = torch.randn(B, 19, F, dtype=torch.float64, requires_grad=True), random_state(made)
    start = tuple(part.requires_grad_() for part in start)
    wanted, weigh = [], torch.randn(B, 19, H, dtype=torch.float64)
    outputs, last = made.run(x, start)
    (outputs * weigh).sum().add(last[-1].square().sum()).backward()
    state = start
    found = [part.grad.clone() for part in (*made.parameters(), x, *start)]
    for part in (*made.parameters(), x, *start):
        part.grad = None
    for t in range(19):
        state = made.step(x[:, t], state)
        wanted.append(state[0])
    (torch.stack(wanted, dim=1) * weigh).sum().add(state[-1].square().sum()).backward()
    for one, part in zip(found, (*made.parameters(), x, *start), strict=True):
        torch.testing.assert_close(one, part.grad, atol=1e-10, rtol=1e-10)


@pytest.mark.parametrize("name", sorted(TORCH))
def test_a_cell_is_torchs(name):
    made = make(name)
    options = {"nonlinearity": "relu"} if name == "rnn relu" else {}
    peer = TORCH[name](F, H, batch_first=True, **options).double()
    W, U, b, *rest = made.weights()
    second = torch.zeros_like(b)
    if name == "gru":
        second[2 * H :] = rest[0]
    for own, theirs in zip((W, U, b, second), peer.parameters(), strict=True):
        theirs.data.copy_(own.detach())
    x = torch.randn(B, T, F, dtype=torch.float64)
    torch.testing.assert_close(made.run(x, made.start(B))[0], peer(x)[0], atol=1e-12, rtol=0)


def lstm_gates(x, state, p):
    i, f, g, o = np.split(p["W"] @ x + p["U"] @ state[0] + p["b"], 4)
    return {"input": sigmoid(i), "forget": sigmoid(f), "output": sigmoid(o), "candidate": np.tanh(g)}


def layernorm_lstm_gates(x, state, p):
    sums = normalised(p["W"] @ x, p["scale_W"]) + normalised(p["U"] @ state[0], p["scale_U"]) + p["b"]
    i, f, g, o = np.split(sums, 4)
    return {"input": sigmoid(i), "forget": sigmoid(f), "output": sigmoid(o), "candidate": np.tanh(g)}


def gru_gates(x, state, p):
    return of_gru(p["W"] @ x + p["b"], p["U"] @ state[0], p["b_n"])


def layernorm_gru_gates(x, state, p):
    return of_gru(normalised(p["W"] @ x, p["scale_W"]) + p["b"], normalised(p["U"] @ state[0], p["scale_U"]), p["b_n"])


def of_gru(outer, inner, bias):
    (wr, wz, wn), (ur, uz, un) = np.split(outer, 3), np.split(inner, 3)
    reset = sigmoid(wr + ur)
    return {"reset": reset, "update": sigmoid(wz + uz), "candidate": np.tanh(wn + reset * (un + bias))}


def mingru_gates(x, state, p):
    z, candidate = np.split(p["W"] @ x + p["b"], 2)
    return {"update": sigmoid(z), "candidate": candidate}


def minlstm_gates(x, state, p):
    f, i, candidate = np.split(p["W"] @ x + p["b"], 3)
    return {"forget": sigmoid(f), "input": sigmoid(i), "candidate": candidate}


GATES = {
    "lstm": lstm_gates,
    "layernorm-lstm": layernorm_lstm_gates,
    "gru": gru_gates,
    "layernorm-gru": layernorm_gru_gates,
    "mingru": mingru_gates,
    "minlstm": minlstm_gates,
}


def test_gates_are_those_of_the_equation(cell):
    name, made = cell
    x, state = torch.randn(B, F, dtype=torch.float64), random_state(made)
    weights = {name: weight.detach().numpy() for name, weight in made.named_parameters()}
    found = made.gates(x, state)
    for row in range(B):
        one = tuple(part[row].numpy() for part in state)
        expected = GATES[name](x[row].numpy(), one, weights) if name in GATES else {}
        assert list(found) == list(expected)
        for gate, values in expected.items():
            np.testing.assert_allclose(found[gate][row].detach(), values, atol=1e-12)


def test_shut_gates_of_the_minimal_lstm_give_numbers():
    made = make("minlstm")
    with torch.no_grad():
        made.b[: 2 * H] = -300.0
    outputs, _ = made.run(torch.randn(B, T, F, dtype=torch.float64), made.start(B))
    outputs.sum().backward()
    assert outputs.isfinite().all()
    assert all(weight.grad.isfinite().all() for weight in made.parameters())


@pytest.mark.parametrize(("name", "gates"), [("rnn", 1), ("gru", 3), ("lstm", 4), ("mingru", 2)])
def test_input_weights_start_as_told(name, gates):
    bounds = {"uniform": H**-0.5, "xavier": (6 / (F + gates * H)) ** 0.5}
    for kind, bound in bounds.items():
        largest = make(name, initial={"input": kind}).W.abs().max().item()
        assert 0.8 * bound < largest <= bound + 1e-6
    wide = make(name, inputs=20, initial={"input": "orthogonal"}).W.detach()
    if gates * H <= 20:
        torch.testing.assert_close(wide @ wide.T, torch.eye(len(wide), dtype=wide.dtype), atol=1e-5, rtol=0)
    assert make(name, inputs=400, initial={"input": "normal"}).W.std().item() == pytest.approx(400**-0.5, rel=0.1)


RECURRENT = [name for name in CELLS if not name.startswith("min")]


@pytest.mark.parametrize("name", RECURRENT)
@pytest.mark.parametrize(
    ("kind", "check"),
    [
        ("orthogonal", lambda gate: (gate @ gate.T - torch.eye(H)).abs().max() < 1e-5),
        ("identity", lambda gate: torch.equal(gate, torch.eye(H, dtype=gate.dtype))),
        ("xavier", lambda gate: gate.abs().max() <= (6 / (2 * H)) ** 0.5 and gate.std() > 0.2),
        ("uniform", lambda gate: gate.abs().max() <= H**-0.5 and gate.std() > 0.1),
        ("normal", lambda gate: 0.2 < gate.std() < 0.6),
    ],
)
def test_recurrent_weights_start_as_told_gate_by_gate(name, kind, check):
    for gate in make(name, initial={"recurrent": kind}).U.detach().float().split(H):
        assert check(gate)


@pytest.mark.parametrize("name", RECURRENT)
def test_without_a_word_recurrent_weights_are_orthogonal_and_those_of_irnn_the_identity(name):
    for gate in make(name).U.detach().split(H):
        torch.testing.assert_close(gate @ gate.T, torch.eye(H, dtype=gate.dtype), atol=1e-5, rtol=0)
        assert torch.equal(gate, torch.eye(H, dtype=gate.dtype)) == (name == "irnn")


@pytest.mark.parametrize(
    ("name", "place", "usual", "sign"),
    [
        ("lstm", 1, 1, 1),
        ("layernorm-lstm", 1, 1, 1),
        ("gru", 1, 0, 1),
        ("layernorm-gru", 1, 0, 1),
        ("mingru", 0, 0, -1),
        ("minlstm", 0, 1, 1),
    ],
)
def test_the_gate_that_remembers_starts_as_told(name, place, usual, sign):
    for told, value in ((None, usual), (2.5, 2.5)):
        gates = make(name, initial={"forget_bias": told}).b.detach().split(H)
        assert [gate.mean().item() for gate in gates] == [
            sign * value if at == place else 0 for at in range(len(gates))
        ]


@pytest.mark.parametrize(
    ("name", "keeps", "takes"),
    [
        ("lstm", 1, 0),
        ("layernorm-lstm", 1, 0),
        ("gru", 1, None),
        ("layernorm-gru", 1, None),
        ("mingru", None, 0),
        ("minlstm", 0, 1),
    ],
)
def test_units_that_begin_by_remembering_for_all_times_up_to_the_longest(name, keeps, takes):
    torch.manual_seed(3)
    hidden, longest = 2000, 50
    params = RecurrentParams(cell=name, hidden=hidden, initial={"chrono": longest})
    gates = CELLS[name](F, params).b.detach().split(hidden)
    steps = (gates[keeps] if keeps is not None else -gates[takes]).exp()
    assert 1 <= steps.min() < 1.5
    assert longest - 1.5 < steps.max() <= longest - 1 + 1e-3
    assert abs(steps.mean() - longest / 2) < 1  # as many units for each length
    if takes is not None:
        torch.testing.assert_close(gates[takes], -steps.log())
    rest = [gate for at, gate in enumerate(gates) if at not in (keeps, takes)]
    assert all(not gate.any() for gate in rest)


@pytest.mark.parametrize("name", RECURRENT)
def test_dropped_weights_are_one_draw_for_a_whole_pass(name):
    made = make(name, weight_drop=0.5).train()
    x, state = torch.randn(B, T, F, dtype=torch.float64), random_state(make(name))
    weights = made.weights()
    dropped = next(one for one in weights if one.shape == made.U.shape and one is not made.W)
    share = (dropped == 0).double().mean().item()
    assert 0.3 < share < 0.7 or name == "irnn"
    kept = dropped != 0
    torch.testing.assert_close(dropped[kept], 2 * made.U[kept])
    outputs, _ = made.run(x, state, weights)
    for t in range(T):
        state = made.step(x[:, t], state, weights)
        torch.testing.assert_close(outputs[:, t], state[0], atol=1e-12, rtol=0)
    assert not torch.equal(made.run(x, made.start(B))[0], made.run(x, made.start(B))[0])
    made.eval()
    assert torch.equal(made.run(x, made.start(B))[0], made.run(x, made.start(B))[0])


def test_dropped_weights_still_train_after_saving_and_loading():
    made = make("lstm", weight_drop=0.5).train()
    again = make("lstm", weight_drop=0.5).train()
    again.load_state_dict(made.state_dict())
    before = again.U.detach().clone()
    x = torch.randn(B, T, F, dtype=torch.float64)
    optimizer = torch.optim.SGD(again.parameters(), 0.1)
    again.run(x, again.start(B))[0].square().sum().backward()
    optimizer.step()
    moved = (before != again.U).double().mean().item()
    assert 0.3 < moved < 0.7  # what was dropped has no gradient this time
    assert set(made.state_dict()) == {"W", "U", "b"}
