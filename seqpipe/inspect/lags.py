"""Gradient norm by time lag, ‖∂L_t/∂h_{t−k}‖ for k = 0, 1, …: how far back in time a trained model can still learn.

∂L_t/∂h_{t−k} = ∂L_t/∂h_t · Π_{s=t−k+1…t} ∂h_s/∂h_{s−1}: a product of k Jacobians, which vanishes or explodes with k
(Hochreiter 1991; Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from seqpipe.batches import Batch
from seqpipe.features.tokens import BEGIN, END
from seqpipe.inspect.unrolled import Layer, unrolled
from seqpipe.models.language import Language
from seqpipe.models.seq2seq import Seq2Seq
from seqpipe.models.tag import Tag
from seqpipe.tasks import TASKS


class Probe(NamedTuple):
    """The loss, a scalar, whose gradient is asked for, and of which step it is."""

    loss: Tensor
    backward: Tensor
    """The one for layers that read right to left, where the last step that they reach is another."""
    step: int | None = None
    """Which step of a decoder, or of a language model, the loss is of; None for all."""


def late_token(model: Seq2Seq, batch: Batch) -> Probe:
    """−log p of the last token before the end; of an empty target, of its end."""
    labels = batch.target.append(END)
    logits, step = model(batch.source, batch.target.prepend(BEGIN)), max(0, int(labels.lengths) - 2)
    loss = surprise(logits, labels.data, step)
    return Probe(loss, loss, step)


def late_word(model: Language, batch: Batch) -> Probe:
    """−log p of the last token before the end of a text, after all those before it."""
    logits, *_ = model(batch.source, None)
    step = max(0, int(batch.target.lengths) - 2)
    loss = surprise(logits, batch.target.data, step)
    return Probe(loss, loss, step)


def last_word(model: Tag, batch: Batch) -> Probe:
    """−log p of the label of the last word that is read, which right to left is the first; with a field, of all."""
    if model.crf:
        return whole(model, batch, "tag")
    logits, labels = model(batch.source).data, batch.target
    return Probe(surprise(logits, labels.data, int(labels.lengths) - 1), surprise(logits, labels.data, 0))


def whole(model: nn.Module, batch: Batch, task: str) -> Probe:
    """The loss of the whole sequence: of a label, an alignment, a horizon."""
    loss = TASKS[task].loss(model, batch).total.sum()
    return Probe(loss, loss)


def surprise(logits: Tensor, labels: Tensor, step: int) -> Tensor:
    """−log softmax(logits)_{t, label_t} at t = ``step``, a scalar, for logits (1, T, V) and labels (1, T)."""
    return -torch.log_softmax(logits[0, step], dim=-1)[labels[0, step]]


PROBES: dict[str, Callable[[Any, Batch], Probe]] = {
    "seq2seq": late_token,
    "language-model": late_word,
    "tag": last_word,
}
"""By task; the others have but one loss, that of the whole sequence."""

Norms = list[np.ndarray]
"""‖∂L/∂h_{t−k}‖ by lag k, float64[K]; after it, of a cell that keeps a second state (LSTM), ‖∂L/∂c_{t−k}‖."""


def trace(model: nn.Module, batch: Batch, task: str) -> tuple[dict[str, Layer], Probe]:
    """Run a batch of one example step by step and take its loss; the graph is kept. Layers not run are left out."""
    with unrolled(model) as layers:
        probe = PROBES[task](model, batch) if task in PROBES else whole(model, batch, task)
    return {name: layer for name, layer in layers.items() if layer.inputs}, probe


def gradients(layers: Mapping[str, Layer], probe: Probe) -> dict[str, Norms]:
    """Ask the graph for the gradient by every state of every layer, and put the norms in order of their lag.

    Lag 0 is the step that the loss is of; without one, the last step that a layer reads.
    """
    found = {}
    for loss in dict.fromkeys([probe.loss, probe.backward]):
        chosen = {n: one for n, one in layers.items() if loss is (probe.backward if one.backward else probe.loss)}
        nodes = [part for layer in chosen.values() for state in layer.states[1:] for part in state]
        asked = torch.autograd.grad(loss, nodes, retain_graph=True, materialize_grads=True) if nodes else ()
        norms = iter(float(gradient.norm()) for gradient in asked)
        for name, layer in chosen.items():
            by_step = np.array([[next(norms) for _ in state] for state in layer.states[1:]])
            last = len(by_step) - 1 if probe.step is None or not layer.writes else probe.step
            found[name] = list(by_step[last::-1].T)
    return {name: found[name] for name in layers}


class Lags(NamedTuple):
    """Of one layer: by lag, the mean over examples of the gradient's norm."""

    hidden: np.ndarray
    """‖∂L/∂h_{t−k}‖, float64[K]."""
    cell: np.ndarray | None
    """‖∂L/∂c_{t−k}‖ of a cell that keeps a second state (LSTM); it, too, carries gradient."""
    examples: np.ndarray
    """How many examples reach so far back, int64[K]."""


def averaged(found: Sequence[Norms]) -> Lags:
    """The mean over examples at each lag that any of them reaches."""
    longest = max(len(norms[0]) for norms in found)
    examples = np.zeros(longest, np.int64)
    sums = np.zeros((len(found[0]), longest))
    for norms in found:
        reached = len(norms[0])
        examples[:reached] += 1
        sums[:, :reached] += norms
    hidden, *others = sums / examples
    return Lags(hidden, others[0] if others else None, examples)
