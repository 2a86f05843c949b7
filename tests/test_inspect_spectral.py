"""Singular values against numpy's, Jacobians of a step against finite differences."""

from __future__ import annotations

import numpy as np
import pytest
import tiny
import torch

from seqpipe.batches import collate
from seqpipe.inspect.lags import trace
from seqpipe.inspect.spectral import largest, recurrent_weights, singular_values, step_jacobians
from seqpipe.inspect.unrolled import Layer
from seqpipe.nn.cells import CELLS

GATES = {
    "rnn": ["hidden"],
    "irnn": ["hidden"],
    "lstm": ["input", "forget", "candidate", "output"],
    "gru": ["reset", "update", "candidate"],
    "mingru": [],
    "minlstm": [],
    "layernorm-lstm": ["input", "forget", "candidate", "output"],
    "layernorm-gru": ["reset", "update", "candidate"],
}


def layer_of(cell: str) -> Layer:
    """A random layer after nine steps of one example."""
    model, row = (
        tiny.model("language-model", cell=cell, embedding=5).double(),
        tiny.rows("language-model", shortest=9)[0],
    )
    (layer,) = trace(model, collate([row]), "language-model")[0].values()
    return layer


@pytest.mark.parametrize("cell", CELLS)
def test_singular_values_are_numpys_gate_by_gate(cell: str) -> None:
    layer = layer_of(cell)
    found = singular_values(recurrent_weights(layer.cell))
    assert list(found) == GATES[cell]
    for number, values in enumerate(found.values()):
        block = layer.cell.U.detach().numpy()[6 * number : 6 * (number + 1)]
        np.testing.assert_allclose(values, np.linalg.svd(block, compute_uv=False), rtol=1e-9)


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_blocks_bear_the_names_of_the_gates_they_move(cell: str) -> None:
    """What a block adds to its own gate's sum changes that gate, and, of the reset gate, the candidate it scales."""
    layer = layer_of(cell)
    inputs, state = layer.inputs[4], layer.states[4]
    before = layer.cell.gates(inputs, state)
    for number, name in enumerate(GATES[cell]):
        with torch.no_grad():
            layer.cell.U[6 * number : 6 * (number + 1)] += 0.5
            after = layer.cell.gates(inputs, state)
            layer.cell.U[6 * number : 6 * (number + 1)] -= 0.5
        moved = {gate for gate in before if not torch.allclose(before[gate], after[gate], atol=1e-6)}
        assert name in moved
        assert moved <= {name, "candidate"}


@pytest.mark.parametrize("cell", CELLS)
def test_jacobians_are_finite_differences_of_the_whole_state(cell: str) -> None:
    layer = layer_of(cell)
    steps = [0, 3, 8]
    found = step_jacobians(layer, steps)
    for number, step in enumerate(steps):
        state = torch.cat([part.detach() for part in layer.states[step]], dim=1)
        parts, size = len(layer.states[step]), state.shape[1]

        def after(moved: torch.Tensor, step: int = step, parts: int = parts) -> torch.Tensor:
            with torch.no_grad():
                return torch.cat(layer.cell.step(layer.inputs[step], moved.chunk(parts, dim=1)), dim=1)[0]

        columns = [(after(state + d) - after(state - d)) / 2e-6 for d in 1e-6 * torch.eye(size).double()[:, None]]
        expected = torch.stack(columns, dim=1)
        if step or cell != "irnn":  # at h = 0 a rectifier may stand at its kink
            torch.testing.assert_close(found[number], expected, atol=1e-6, rtol=1e-5)
            assert largest(found[number : number + 1])[0] == pytest.approx(
                np.linalg.norm(expected.numpy(), 2), rel=1e-4
            )


def test_the_jacobian_of_the_vanilla_network_is_the_books() -> None:
    """∂h_t/∂h_{t−1} = diag(1 − h_t²) U."""
    layer = layer_of("rnn")
    hidden = layer.states[5][0][0].detach()
    expected = (1 - hidden**2)[:, None] * layer.cell.U.detach()
    torch.testing.assert_close(step_jacobians(layer, [4])[0], expected)
