"""Recurrent layers run step by step, every state kept as a node of the graph, so that one can ask for its gradient."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from seqpipe.nn.recurrent import Encoder, Recurrent
from seqpipe.nn.state import State, Weights


@dataclass
class Layer:
    """One direction of one recurrent layer, and what went through it, step after step in the order it reads."""

    cell: Any
    writes: bool
    """Whether it is a decoder's or a language model's, which has a loss at every step, rather than an encoder's."""
    backward: bool = False
    """Whether it reads right to left."""
    inputs: list[Tensor] = field(default_factory=list)
    """T tensors (B, F)."""
    states: list[State] = field(default_factory=list)
    """T + 1, the one it began with first."""


def layers(model: nn.Module) -> dict[str, Layer]:
    """Every recurrent layer that reads examples, by a name such as ``encoder 1 forward``; nothing went through yet.

    The one that reads the characters of words is left out: its sequences are words, not examples.
    """
    found = {}
    for path, stack in model.named_modules():
        if isinstance(stack, Encoder | Recurrent) and not path.startswith("front."):
            for way, cells in _ways(stack).items():
                for number, cell in enumerate(cells, start=1):
                    name = " ".join(filter(None, [path.partition(".")[0], str(number), way]))
                    found[name] = Layer(cell, isinstance(stack, Recurrent), way == "backward")
    return found


@contextmanager
def unrolled(model: nn.Module) -> Iterator[dict[str, Layer]]:
    """While the block lasts, every layer of ``layers`` runs by its cell's ``step`` and notes what goes through it.

    Meant for one example at a time: of several, an encoder may sort and leave out rows from one step to the next.
    """
    found = layers(model)
    for layer in found.values():
        _watch(layer)
    try:
        yield found
    finally:
        for layer in found.values():
            del layer.cell.__dict__["step"], layer.cell.__dict__["run"]


def _ways(stack: Encoder | Recurrent) -> dict[str, nn.ModuleList]:
    """Cells by the way they read; a stack that can read but one way does not name it."""
    if isinstance(stack, Recurrent):
        return {"": stack.cells}
    return {"forward": stack.forward_cells, "backward": stack.backward_cells}


def _watch(layer: Layer) -> None:
    """Put a step that takes notes, and a run made of it, before the cell's own, which come back on deletion."""
    own = layer.cell.step

    def step(inputs: Tensor, state: State, weights: Weights | None = None) -> State:
        after: State = own(inputs, state, weights)
        if not layer.states:
            layer.states.append(state)
        layer.inputs.append(inputs)
        layer.states.append(after)
        return after

    def run(inputs: Tensor, state: State, weights: Weights | None = None) -> tuple[Tensor, State]:
        outputs = []
        for one in inputs.unbind(1):
            state = step(one, state, weights)
            outputs.append(state[0])
        return torch.stack(outputs, dim=1), state

    layer.cell.__dict__.update(step=step, run=run)
