"""What the gates of a recurrent layer do: their activations over time, and the share of them that is saturated.

A sigmoid near 0 or 1, or a tanh near −1 or 1, passes hardly any gradient to what it is computed from; a gate that is
open or shut on purpose is how a cell keeps or drops a memory (Karpathy, Johnson & Fei-Fei 2016).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from seqpipe.inspect.unrolled import Layer

LOW, HIGH = 0.1, 0.9
"""A gate below or above is saturated; so is a hyperbolic tangent whose size is above the second."""
GATES = ("input", "forget", "output", "reset", "update")
"""Activations that are sigmoids."""


class Share(NamedTuple):
    """Shares of activations that are saturated: at the lower end, 0 or −1, and at the upper one, 1."""

    low: float
    high: float


@torch.no_grad()
def activations(layer: Layer) -> dict[str, Tensor]:
    """By name, every gate and candidate of a layer, then its states ``hidden`` and ``cell``: (T, H) of one example."""
    steps = [layer.cell.gates(inputs, state) for inputs, state in zip(layer.inputs, layer.states, strict=False)]
    found = {name: torch.cat([step[name] for step in steps]) for name in steps[0]}
    for name, parts in zip(("hidden", "cell"), zip(*layer.states[1:], strict=True), strict=False):
        found[name] = torch.cat(parts)
    return found


def saturation(found: dict[str, Tensor], names: Sequence[str]) -> dict[str, Share]:
    """The share of saturated values of what is bounded, ``names``: gates by 0 and 1, the rest by −1 and 1."""
    shares = {}
    for name in names:
        values, low = found[name], LOW if name in GATES else -HIGH
        shares[name] = Share((values < low).double().mean().item(), (values > HIGH).double().mean().item())
    return shares


@torch.no_grad()
def bounded(layer: Layer) -> list[str]:
    """Names of what stays within −1 and 1 whatever is read: not a linear candidate, nor a hidden state under ReLU."""
    shape = (64, layer.inputs[0].shape[1])
    huge = 1e6 * torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(layer.inputs[0])
    start = layer.cell.start(len(huge))
    found = {**layer.cell.gates(huge, start), "hidden": layer.cell.step(huge, start)[0]}
    return [name for name, values in found.items() if values.abs().max() <= 1]
