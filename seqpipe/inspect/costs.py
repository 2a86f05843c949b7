"""What a model costs: weights by module, memory, and the time of a step on the machine at hand."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterable
from functools import partial
from itertools import islice
from statistics import median
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from seqpipe.batches import Batch
from seqpipe.features.tokens import BEGIN
from seqpipe.models.language import Language
from seqpipe.models.seq2seq import Seq2Seq

STEPS = 7
"""Steps whose median is told, after one that is not counted."""


class Training(NamedTuple):
    """One training step: seconds, padded source steps of its batch, and bytes that forward keeps for backward."""

    seconds: float
    steps: int
    activations: int


def parameters(model: nn.Module) -> dict[str, int]:
    """How many weights each part of a model has; what two parts share is counted in the first."""
    seen: set[int] = set()
    counts: dict[str, int] = {}
    for path, weight in model.named_parameters():
        if id(weight) not in seen:
            part = ".".join(path.split(".")[:-1][:2]) or path
            counts[part] = counts.get(part, 0) + weight.numel()
            seen.add(id(weight))
    return counts


def weight_bytes(model: nn.Module) -> int:
    """Bytes of weights and buffers."""
    return sum(tensor.numel() * tensor.element_size() for tensor in {*model.parameters(), *model.buffers()})


def saved_bytes(forward: Callable[[], Tensor], model: nn.Module) -> int:
    """Bytes that autograd keeps from a forward pass until backward has used them, weights not counted.

    They are what a training step needs beside the weights, their gradients and the optimiser's averages, and they grow
    with the batch and with the steps that backpropagation goes through.
    """
    own = {weight.untyped_storage().data_ptr() for weight in model.parameters()}
    kept: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        loss = forward()
    del loss
    return sum(kept.values())


def training(model: nn.Module, loss: Callable[[Any, Batch], Any], batches: Iterable[Batch]) -> Training:
    """Time a few steps of a copy in training, forward, backward and update; the model itself stays as it is."""
    model = copy.deepcopy(model).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.0)
    found = []
    for batch in islice(batches, STEPS + 1):
        batch = batch.beside(model)
        began = _clock()
        optimizer.zero_grad()
        _mean(loss, model, batch).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        seconds = _clock() - began
        kept = saved_bytes(partial(_mean, loss, model, batch), model)
        found.append(Training(seconds, batch.source.data.shape[:2].numel(), kept))
    counted = found[1:] or found
    times, steps, activations = zip(*counted, strict=True)
    return Training(median(times), round(median(steps)), max(activations))


def _mean(loss: Callable[[Any, Batch], Any], model: nn.Module, batch: Batch) -> Tensor:
    mean: Tensor = loss(model, batch).mean()
    return mean


def seconds(run: Callable[[], object]) -> float:
    """The median time of a call that needs no gradients."""
    times = []
    with torch.inference_mode():
        for _ in range(STEPS + 1):
            began = _clock()
            run()
            times.append(_clock() - began)
    return median(times[1:])


def _clock() -> float:
    """Seconds, once a GPU in use has done all it was told to."""
    if torch.cuda.is_available():
        torch.cuda.synchronize()
    return time.perf_counter()


def _decoder(model: Seq2Seq, batch: Batch) -> Callable[[], object]:
    with torch.inference_mode():
        state = model.start(batch.source)
    begin = torch.tensor([BEGIN], device=batch.source.data.device)
    return lambda: model.step(state, begin)


def _writer(model: Language, batch: Batch) -> Callable[[], object]:
    state, begin = model.start(1), torch.tensor([BEGIN], device=batch.source.data.device)
    return lambda: model.step(state, begin)


SEARCHED: dict[str, Callable[[Any, Batch], Callable[[], object]]] = {"seq2seq": _decoder, "language-model": _writer}
"""By task, for those whose output is searched for: one step for one row."""
