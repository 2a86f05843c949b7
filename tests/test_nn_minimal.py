"""minGRU and minLSTM: their equations in numpy, and the parallel form equal to the step form."""

import numpy as np
import pytest
import torch

from seqpipe.nn.cells import CELLS

B, T, F, H = 3, 7, 4, 5


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def min_gru(x, hidden, w, b):
    update, candidate = np.split(w @ x + b, 2)
    z = sigmoid(update)
    return (1 - z) * hidden + z * candidate


def min_lstm(x, hidden, w, b):
    forget, update, candidate = np.split(w @ x + b, 3)
    f, i = sigmoid(forget), sigmoid(update)
    return f / (f + i) * hidden + i / (f + i) * candidate


@pytest.mark.parametrize(("name", "equation"), [("mingru", min_gru), ("minlstm", min_lstm)])
def test_the_sequence_form_the_step_form_and_the_equation_agree(name, equation):
    torch.manual_seed(5)
    cell = CELLS[name](F, H).double()
    weight, bias = (part.detach().numpy() for part in cell.gates.parameters())
    x, start = torch.randn(B, T, F, dtype=torch.float64), (torch.randn(B, H, dtype=torch.float64),)
    outputs, state = cell(x, start), start
    for t in range(T):
        state = cell.step(x[:, t], state)
        torch.testing.assert_close(state[0], outputs[:, t])
    for row in range(B):
        hidden = start[0][row].numpy()
        for t in range(T):
            hidden = equation(x[row, t].numpy(), hidden, weight, bias)
            np.testing.assert_allclose(outputs[row, t].detach().numpy(), hidden, atol=1e-12)
