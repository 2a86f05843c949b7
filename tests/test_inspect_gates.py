"""Gates over time, and the share of them that is saturated: equations put together again, shares counted by hand."""

from __future__ import annotations

import pytest
import tiny
import torch

from seqpipe.batches import collate
from seqpipe.inspect.gates import activations, bounded, saturation
from seqpipe.inspect.lags import trace
from seqpipe.inspect.unrolled import Layer
from seqpipe.nn.cells import CELLS

LSTM = ["input", "forget", "output", "candidate", "hidden"]
GRU = ["reset", "update", "candidate", "hidden"]
BOUNDED = {
    "rnn": ["hidden"],
    "irnn": [],
    "lstm": LSTM,
    "gru": GRU,
    "mingru": ["update"],
    "minlstm": ["forget", "input"],
    "layernorm-lstm": LSTM,
    "layernorm-gru": GRU,
}


def layer_of(cell: str, **params: object) -> Layer:
    model = tiny.model("language-model", cell=cell, embedding=5, **params).double()
    row = tiny.rows("language-model", shortest=7)[1]
    (layer,) = trace(model, collate([row]), "language-model")[0].values()
    return layer


@pytest.mark.parametrize("cell", CELLS)
def test_only_what_its_equation_bounds_can_saturate(cell: str) -> None:
    assert sorted(bounded(layer_of(cell))) == sorted(BOUNDED[cell])


@pytest.mark.parametrize("activation", ["relu", "leaky-relu"])
def test_a_rectified_state_is_not_bounded(activation: str) -> None:
    assert bounded(layer_of("rnn", activation=activation)) == []


def test_the_gates_put_together_give_the_states() -> None:
    found = activations(layer_of("lstm"))
    before = torch.cat([torch.zeros(1, 6), found["cell"][:-1]])
    cell = found["forget"] * before + found["input"] * found["candidate"]  # c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t
    torch.testing.assert_close(found["cell"], cell)
    torch.testing.assert_close(found["hidden"], found["output"] * torch.tanh(cell))
    found = activations(layer_of("gru"))
    before = torch.cat([torch.zeros(1, 6), found["hidden"][:-1]])
    torch.testing.assert_close(found["hidden"], (1 - found["update"]) * found["candidate"] + found["update"] * before)
    found = activations(layer_of("mingru"))
    before = torch.cat([torch.zeros(1, 6), found["hidden"][:-1]])
    torch.testing.assert_close(found["hidden"], (1 - found["update"]) * before + found["update"] * found["candidate"])


def test_shares_are_counted() -> None:
    found = {
        "forget": torch.tensor([[0.05, 0.1, 0.95], [0.9, 0.99, 0.5]]),
        "hidden": torch.tensor([[-0.95, -0.9, 0.05], [0.91, 0.0, 0.92]]),
        "cell": torch.full((2, 3), 7.0),
    }
    shares = saturation(found, ["forget", "hidden"])
    assert list(shares) == ["forget", "hidden"]
    assert shares["forget"] == pytest.approx((1 / 6, 2 / 6))
    assert shares["hidden"] == pytest.approx((1 / 6, 2 / 6))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_shares_of_a_layer_are_those_of_a_loop(cell: str) -> None:
    layer = layer_of(cell)
    with torch.no_grad():
        layer.cell.W *= 9  # so that much is saturated
    found = activations(layer)
    for name, share in saturation(found, bounded(layer)).items():
        values = found[name].flatten().tolist()
        low = -0.9 if name in ("candidate", "hidden") else 0.1
        assert share.low == pytest.approx(sum(value < low for value in values) / len(values))
        assert share.high == pytest.approx(sum(value > 0.9 for value in values) / len(values))
