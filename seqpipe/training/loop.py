"""The training loop: epochs of updates, a validation after each, and the weights of the best one."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import nn

from seqpipe.batches import Batch, Batches, Rows, Table
from seqpipe.params.training import Train
from seqpipe.report import Note, Progress, Report
from seqpipe.schedules import factor, plateaus
from seqpipe.training.ahead import on_device
from seqpipe.training.checkpoint import Checkpoint
from seqpipe.training.distributed import group
from seqpipe.training.history import Epoch, describe
from seqpipe.training.precision import device_of
from seqpipe.training.state import State, begin, put_down, take_up
from seqpipe.training.update import Setting, update
from seqpipe.training.validation import Loss, evaluate

PENDING = 32  # steps of a GPU whose figures are read together

Plan = Callable[[Table, Any, np.random.Generator], Batches]
"""From the training split, the ``train`` section and a source of chance: the batches of one epoch."""


class Metric(NamedTuple):
    """What chooses the best epoch where it is not the validation loss: a figure of the model, and its direction."""

    figure: Callable[[nn.Module], float]
    lower_is_better: bool


def fit(
    model: nn.Module,
    loss: Loss,
    train: Table,
    valid: Table,
    params: Train,
    name: str,
    report: Report,
    batches: Plan = Rows,
    metric: Metric | None = None,
    checkpoint: Checkpoint | None = None,
) -> list[Epoch]:
    """Fit ``model`` in place; it ends on the CPU with the weights of its best epoch, by validation loss or ``metric``.

    What the loss of a batch carries goes to the next one of the epoch. Raises ``SeqpipeError`` when a loss or gradient
    is not finite, naming the examples of the batch. With a ``checkpoint`` that has a state it goes on from there.
    """
    assert (metric is None) == (params.watch == "loss")
    device, checkpoint = device_of(params), checkpoint or Checkpoint()
    steps = 0
    for epoch, planned in enumerate(_plans(batches, train, params)):
        report(Progress(f"plan {name}", epoch, params.epochs))
        steps += -(-len(planned) // params.accumulate)
    setting = Setting(loss, params, device, group(), steps)
    state = begin(model, params, device)
    sign = 1 if metric is None or metric.lower_is_better else -1
    _resume(state, setting, checkpoint, name, report)
    for planned in islice(_plans(batches, train, params), len(state.history), None):
        if _waited(state, sign) >= params.patience:
            break
        rate = params.learning_rate * params.plateau_factor ** _plateaus(state, params, sign)
        _epoch(state, planned, setting, rate, checkpoint, name, report)
        began = time.monotonic()
        with state.average.in_place():
            valid_loss = evaluate(model, loss, valid, params.budget, setting.group)
            watched = valid_loss if metric is None else metric.figure(model)
            if all((sign * watched, valid_loss) < (sign * epoch.watched, epoch.valid_loss) for epoch in state.history):
                state.best = copy.deepcopy(model.state_dict())
        state.close_epoch(valid_loss, watched, time.monotonic() - began)
        report(Note(describe(name, state.history[-1], params)))
        _save(state, setting, checkpoint)
    model.load_state_dict(state.best)
    model.cpu().eval()
    return state.history


def _plans(batches: Plan, train: Table, params: Train) -> Iterator[Batches]:
    """The batches of every epoch, planned as they are asked for; the same ones each time."""
    order = np.random.default_rng(params.seed)
    for _ in range(params.epochs):
        yield batches(train, params, order)


def _epoch(
    state: State, planned: Batches, setting: Setting, peak: float, checkpoint: Checkpoint, name: str, report: Report
) -> None:
    """All updates of one epoch that are not done yet."""
    params = setting.params
    lag = 1 if setting.device.type == "cpu" or checkpoint.seconds == 0 else PENDING
    title = f"train {name}, epoch {len(state.history) + 1} of {params.epochs}"
    state.model.train()
    began = time.monotonic()
    own = map(setting.group.share, islice(planned, state.batches, None))
    for several in _together(on_device(own, setting.device), params.accumulate):
        report(Progress(title, state.batches, len(planned)))
        for part in state.optimizer.param_groups:
            part["lr"] = peak * factor(state.updates, setting.steps, params.warmup, params.schedule)
        state.ledger.pending.append(update(state, several, setting, checkpoint.due()))
        if len(state.ledger.pending) >= lag:
            wanted = state.ledger.settle(setting.group.gather, params.precision)
            began = state.ledger.tick(began)
            if wanted:
                _save(state, setting, checkpoint)
    state.ledger.settle(setting.group.gather, params.precision)
    state.ledger.tick(began)
    state.average.after_epoch()


def _together(batches: Iterator[Batch], count: int) -> Iterator[list[Batch]]:
    """``count`` batches at a time, fewer at the end."""
    while several := list(islice(batches, count)):
        yield several


def _waited(state: State, sign: int) -> int:
    """Epochs since the best one."""
    figures = [(sign * epoch.watched, epoch.valid_loss) for epoch in state.history]  # of equals, the lower loss
    return len(figures) - 1 - figures.index(min(figures)) if figures else 0


def _plateaus(state: State, params: Train, sign: int) -> int:
    if params.schedule != "plateau":
        return 0
    return plateaus([sign * epoch.watched for epoch in state.history], params.plateau_patience)


def _save(state: State, setting: Setting, checkpoint: Checkpoint) -> None:
    """Let the first process write the state of all."""
    if checkpoint.folder is not None:
        saved = put_down(state, setting.device, setting.group)
        if setting.group.rank == 0:
            checkpoint.save(saved)
        checkpoint.last = time.monotonic()


def _resume(state: State, setting: Setting, checkpoint: Checkpoint, name: str, report: Report) -> None:
    """Take up the state that is there; without one, give each process chances of its own."""
    everyone = setting.group
    saved = everyone.from_first(checkpoint.load(report) if everyone.rank == 0 else None)
    if saved is not None:
        take_up(state, saved, setting.device, everyone)
        done = f"after {len(state.history)} epochs and {state.batches} batches"
        report(Note(f"{name}: goes on from {checkpoint.folder}, {done}"))
    elif everyone.rank:
        torch.manual_seed(setting.params.seed + everyone.rank)
