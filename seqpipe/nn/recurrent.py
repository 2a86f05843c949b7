"""A stack of recurrent layers over padded sequences, in one direction or both."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seqpipe.nn.cells import CELLS, Cell, State, run
from seqpipe.padded import Padded
from seqpipe.params.models import RecurrentParams


def _cells(modules: nn.ModuleList) -> list[Cell]:
    return list(modules)  # type: ignore[arg-type]


class Recurrent(nn.Module):
    """Layers that read left to right; each reads the outputs of the one below.

    Padding lies after the data, so a left-to-right reader never meets it before the data ends: outputs on data do not
    depend on padding, and no packing is needed.
    """

    def __init__(self, inputs: int, params: RecurrentParams) -> None:
        super().__init__()
        sizes = [inputs, *[params.hidden] * (params.layers - 1)]
        self.cells = nn.ModuleList(CELLS[params.cell](size, params.hidden) for size in sizes)
        self.dropout = nn.Dropout(params.dropout)

    def start(self, count: int) -> list[State]:
        """Zero states of all layers."""
        return [cell.start(count) for cell in _cells(self.cells)]

    def forward(self, inputs: Tensor, states: list[State]) -> Tensor:
        """Outputs of the top layer, (B, T, H), for inputs (B, T, F)."""
        return self.run(inputs, states)[0]

    def run(self, inputs: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        """The same, and the states of all layers after the last step, from which a later call goes on."""
        after = []
        for cell, state in zip(_cells(self.cells), states, strict=True):
            outputs, last = run(cell, inputs, state)
            inputs = self.dropout(outputs)
            after.append(last)
        return inputs, after

    def step(self, inputs: Tensor, states: list[State]) -> list[State]:
        """New states of all layers after one step on (B, F); the last one's ``[0]`` is the output."""
        new = []
        for cell, state in zip(_cells(self.cells), states, strict=True):
            new.append(cell.step(inputs, state))
            inputs = self.dropout(new[-1][0])
        return new


class Encoder(nn.Module):
    """A stack whose layers also read right to left when ``bidirectional``, outputs of both directions joined.

    The backward cell reads each sequence reversed *within its own length*, which keeps results independent of padding
    and is faster on CPU than packed sequences (bench/birnn.py).
    """

    def __init__(self, inputs: int, params: RecurrentParams, bidirectional: bool) -> None:
        super().__init__()
        self.size = params.hidden * (1 + bidirectional)
        sizes = [inputs, *[self.size] * (params.layers - 1)]
        self.forward_cells = nn.ModuleList(CELLS[params.cell](size, params.hidden) for size in sizes)
        self.backward_cells = nn.ModuleList(CELLS[params.cell](size, params.hidden) for size in sizes if bidirectional)
        self.dropout = nn.Dropout(params.dropout)

    def forward(self, inputs: Padded) -> Padded:
        """Outputs (B, T, size) of the top layer for inputs (B, T, F)."""
        count = len(inputs.lengths)
        for index, forward_cell in enumerate(_cells(self.forward_cells)):
            outputs = forward_cell(inputs.data, forward_cell.start(count))
            if self.backward_cells:
                backward_cell = _cells(self.backward_cells)[index]
                backward = backward_cell(inputs.reverse().data, backward_cell.start(count))
                outputs = torch.cat([outputs, Padded(backward, inputs.lengths).reverse().data], dim=-1)
            inputs = Padded(self.dropout(outputs), inputs.lengths)
        return inputs

    def summary(self, outputs: Padded) -> Tensor:
        """What each direction knows after its last step, (B, size): the context vector of the whole sequence."""
        last = outputs.last()
        if not self.backward_cells:
            return last
        half = self.size // 2
        return torch.cat([last[:, :half], outputs.data[:, 0, half:]], dim=-1)
