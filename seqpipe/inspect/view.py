"""Every recurrent layer of a trained model, seen from within on a few examples."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from seqpipe.batches import Batch, collate
from seqpipe.inspect.gates import Share, activations, bounded, saturation
from seqpipe.inspect.lags import Lags, Norms, averaged, gradients, trace
from seqpipe.inspect.spectral import largest, recurrent_weights, singular_values, step_jacobians
from seqpipe.inspect.unrolled import Layer
from seqpipe.padded import Padded
from seqpipe.store import Row

JACOBIANS = 40
"""Steps of the example shown whose Jacobian is taken, at most."""


class View(NamedTuple):
    """Of one recurrent layer and direction; what is of one example is of the one that was asked for."""

    gradient: Lags
    singular_values: dict[str, list[float]]
    """Of each recurrent weight matrix, in falling order."""
    jacobian: dict[int, float]
    """σ_max of ∂s_t/∂s_{t−1} by step t, of one example; without the first step if it starts from zeros, for what its
    gradient would go on to is a constant."""
    saturated: dict[str, Share]
    activations: dict[str, np.ndarray]
    """Gates, candidate and states by name, (T, H) each, of one example, in the order the layer reads."""

    def figures(self) -> dict[str, Any]:
        """All but the activations, for a JSON file."""
        return {
            "gradient": {name: part.tolist() for name, part in self.gradient._asdict().items() if part is not None},
            "singular_values": self.singular_values,
            "jacobian": {str(step): value for step, value in self.jacobian.items()},
            "saturated": {name: share._asdict() for name, share in self.saturated.items()},
        }


def views(model: nn.Module, rows: Sequence[Row], shown: int, task: str) -> dict[str, View]:
    """Look at what every layer does on some rows; ``shown`` is the one whose activations and Jacobians are kept.

    Each row goes through alone, in double precision, so that a gradient that vanishes can be followed further.
    """
    exact = copy.deepcopy(model).double().eval()
    norms: dict[str, list[Norms]] = {}
    values: dict[str, list[dict[str, Tensor]]] = {}
    seen: dict[str, Layer] = {}
    for at, row in enumerate(rows):
        layers, probe = trace(exact, _double(collate([row]).beside(exact)), task)
        for name, found in gradients(layers, probe).items():
            norms.setdefault(name, []).append(found)
            values.setdefault(name, []).append(activations(layers[name]))
        seen = layers if at == shown else seen
    return {name: _view(layer, norms[name], values[name], shown) for name, layer in seen.items()}


def _view(layer: Layer, norms: Sequence[Norms], values: Sequence[dict[str, Tensor]], shown: int) -> View:
    length = len(layer.inputs)
    first = int(length > 1 and not any(part.any() for part in layer.states[0]))
    steps = np.unique(np.linspace(first, length - 1, min(length - first, JACOBIANS)).round().astype(int)).tolist()
    together = {name: torch.cat([found[name] for found in values]) for name in values[0]}
    return View(
        averaged(norms),
        singular_values(recurrent_weights(layer.cell)),
        dict(zip(steps, largest(step_jacobians(layer, steps)), strict=True)),
        saturation(together, bounded(layer)),
        {name: found.cpu().numpy() for name, found in values[shown].items()},
    )


def _double(batch: Batch) -> Batch:
    """The same with frames in double precision; ids stay ids."""
    source, target = (
        Padded(part.data.double() if part.data.is_floating_point() else part.data, part.lengths)
        for part in (batch.source, batch.target)
    )
    return batch._replace(source=source, target=target)
