"""Stacks of recurrent layers over padded sequences, in one direction or both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from seqpipe.nn.cells import CELLS
from seqpipe.nn.dropout import DROPOUTS, LockedDropout
from seqpipe.nn.exact import in_float32
from seqpipe.nn.ragged import TimeMajor, over
from seqpipe.nn.state import Cell, State, Weights
from seqpipe.padded import Padded
from seqpipe.params.recurrent import RecurrentParams


def _cells(modules: nn.ModuleList) -> list[Cell]:
    return list(modules)  # type: ignore[arg-type]


class Above(nn.Module):
    """What a layer hands to the one above: x̂_l = dropout(LN(h_l) + x_l), normalised and with the residual by choice.

    The states of the layer itself pass through none of it, from step to step.
    """

    def __init__(self, inputs: int, outputs: int, params: RecurrentParams) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(outputs) if params.layer_norm else nn.Identity()
        self.residual = params.residual and inputs == outputs
        self.dropout = DROPOUTS[params.dropout_kind](params.dropout)

    def joined(self, inputs: Tensor, outputs: Tensor) -> Tensor:
        """LN(h) + x, (…, H)."""
        outputs = self.norm(outputs)
        return outputs + inputs if self.residual else outputs

    def forward(self, inputs: Tensor, outputs: Tensor) -> Tensor:
        """The same, dropped out."""
        return self.dropout(self.joined(inputs, outputs))  # type: ignore[no-any-return]


Step = Callable[[Tensor, list[State]], tuple[Tensor, list[State]]]
"""From inputs (B, F) and the states of all layers to the output (B, H) and the new states; or the same for T steps, (B,
T, F) and (B, T, H)."""


class Recurrent(nn.Module):
    """Layers that read left to right; each reads the outputs of the one below.

    Padding lies after the data, so a left-to-right reader never meets it before the data ends: outputs on data do not
    depend on padding, and no packing is needed.
    """

    def __init__(self, inputs: int, params: RecurrentParams) -> None:
        super().__init__()
        sizes = [inputs, *[params.hidden] * (params.layers - 1)]
        self.cells = nn.ModuleList(_made(size, params) for size in sizes)
        self.above = nn.ModuleList(Above(size, params.hidden, params) for size in sizes)

    def start(self, count: int) -> list[State]:
        """Zero states of all layers."""
        return [cell.start(count) for cell in _cells(self.cells)]

    def forward(self, inputs: Tensor, states: list[State]) -> Tensor:
        """Outputs of the top layer, (B, T, H), for inputs (B, T, F)."""
        return self.run(inputs, states)[0]

    def run(self, inputs: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        """The same, and the states of all layers after the last step, from which a later call goes on."""
        return self.runs()(inputs, states)

    def runs(self) -> Step:
        """A function like ``run`` for the parts of one pass: what training drops, weights and locked units, stays the
        same in all of them."""
        return _pass(_cells(self.cells), self.above, _run)

    def step(self, inputs: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        """The output (B, H) of one step on (B, F), and the new states of all layers."""
        return self.steps()(inputs, states)

    def steps(self) -> Step:
        """The same for the steps of one pass."""
        return _pass(_cells(self.cells), self.above, _step)


def _run(cell: Cell, inputs: Tensor, state: State, weights: Weights) -> tuple[Tensor, State]:
    return cell.run(inputs, state, weights)


def _step(cell: Cell, inputs: Tensor, state: State, weights: Weights) -> tuple[Tensor, State]:
    after = cell.step(inputs, state, weights)
    return after[0], after


def _pass(cells: list[Cell], above: nn.ModuleList, advance: Callable[..., tuple[Tensor, State]]) -> Step:
    """What goes on through all layers by ``advance``, which takes a cell, inputs, state and weights.

    Weights and locked masks are drawn once.
    """
    weights = [cell.weights() for cell in cells]
    masks: dict[int, Tensor] = {}

    @in_float32
    def through(inputs: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        new = []
        for at, (cell, handed_up, state) in enumerate(zip(cells, above, states, strict=True)):
            outputs, after = advance(cell, inputs, state, weights[at])
            inputs = _dropped(handed_up, inputs, outputs, masks, at)
            new.append(after)
        return inputs, new

    return through


def _dropped(above: Any, inputs: Tensor, outputs: Tensor, masks: dict[int, Tensor], at: int) -> Tensor:
    """What layer ``at`` hands up; a locked mask is drawn at the first call."""
    if not isinstance(above.dropout, LockedDropout) or not above.training:
        return above(inputs, outputs)  # type: ignore[no-any-return]
    joined: Tensor = above.joined(inputs, outputs)
    if at not in masks:
        masks[at] = above.dropout.mask(joined)
    return joined * masks[at]


class Encoder(nn.Module):
    """A stack whose layers also read right to left when ``bidirectional``, outputs of both directions joined.

    The backward cell reads each sequence reversed *within its own length*, which keeps results independent of padding
    and is faster on CPU than packed sequences (bench/birnn.py).
    """

    def __init__(self, inputs: int, params: RecurrentParams, bidirectional: bool) -> None:
        super().__init__()
        self.size = params.hidden * (1 + bidirectional)
        sizes = [inputs, *[self.size] * (params.layers - 1)]
        self.forward_cells = nn.ModuleList(_made(size, params) for size in sizes)
        self.backward_cells = nn.ModuleList(_made(size, params) for size in sizes if bidirectional)
        self.above = nn.ModuleList(Above(size, self.size, params) for size in sizes)

    def forward(self, inputs: Padded) -> Padded:
        """Outputs (B, T, size) of the top layer for inputs (B, T, F)."""
        data, forward = inputs.data, TimeMajor.of(inputs, backward=False)
        backward = TimeMajor.of(inputs, backward=True) if self.backward_cells else None
        for index, (forward_cell, above) in enumerate(zip(_cells(self.forward_cells), self.above, strict=True)):
            outputs = over(forward_cell, data, forward)
            if backward:
                reverse = over(_cells(self.backward_cells)[index], data, backward)
                outputs = torch.cat([outputs, reverse], dim=-1)
            data = above(data, outputs)
        return Padded(data, inputs.lengths)

    def start(self, count: int) -> list[State]:
        """Zero states of all layers, for ``run``."""
        return [cell.start(count) for cell in _cells(self.forward_cells)]

    def run(self, inputs: Tensor, states: list[State]) -> tuple[Tensor, list[State]]:
        """Outputs (B, T, size) of steps (B, T, F) that go on from ``states``, and the states after them; one direction
        only, for the other begins at the end."""
        assert not self.backward_cells
        return _pass(_cells(self.forward_cells), self.above, _run)(inputs, states)

    def summary(self, outputs: Padded) -> Tensor:
        """What each direction knows after its last step, (B, size): the context vector of the whole sequence."""
        last = outputs.last()
        if not self.backward_cells:
            return last
        half = self.size // 2
        return torch.cat([last[:, :half], outputs.data[:, 0, half:]], dim=-1)


def _made(inputs: int, params: RecurrentParams) -> Any:
    return CELLS[params.cell](inputs, params)
