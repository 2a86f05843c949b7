"""Tiny trainings of every task, and one that ends as if it were killed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import tiny
import torch
from torch import Tensor, nn

from seqpipe.params.pipeline import SCHEMAS
from seqpipe.params.training import StreamTrain, Train
from seqpipe.report import Report, silent
from seqpipe.store import Store
from seqpipe.tasks import TASKS
from seqpipe.training.checkpoint import Checkpoint
from seqpipe.training.history import Epoch
from seqpipe.training.loop import fit


class Killed(BaseException):
    """Ends a training where a SIGKILL would: nothing after it is done."""


class Deadly(Checkpoint):
    """Keeps its state as always, and kills the process before, while or after it does so for the ``number``-th time."""

    number, at = 0, "after"

    def save(self, state: dict[str, Any]) -> None:
        self.number -= 1
        if self.number == 0 and self.at == "before":
            raise Killed
        if self.number == 0 and self.at == "while":
            assert self.folder is not None
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / ".state.99.tmp").write_bytes(b"half")
            raise Killed
        super().save(state)
        if self.number == 0:
            raise Killed


def stores(folder: Path, task: str, train: int = 30) -> tuple[Store, Store]:
    """A training and a validation split of random rows."""
    for split, count, seed in (("train", train, 0), ("valid", 9, 1)):
        tiny.write(folder / f"{task}-{split}.arrow", task, tiny.rows(task, count=count, seed=seed))
    return Store(folder / f"{task}-train.arrow"), Store(folder / f"{task}-valid.arrow")


def section(task: str, **params: Any) -> Train:
    """The ``train`` section of a task."""
    schema = SCHEMAS[task].train
    own = {"streams": 3, "span": 5} if issubclass(schema, StreamTrain) else {}
    return schema.model_validate({"epochs": 4, "budget": 60, "learning_rate": 0.01, **own, **params})


def train(
    task: str,
    data: tuple[Store, Store],
    report: Report = silent,
    model: dict[str, Any] | None = None,
    checkpoint: Checkpoint | None = None,
    **params: Any,
) -> tuple[nn.Module, list[Epoch]]:
    """A model after its training, and the history of that."""
    fitted = tiny.model(task, **model or {})
    options, row = section(task, **params), TASKS[task]
    history = fit(fitted, row.loss, *data, options, "tiny", report, row.batches, checkpoint=checkpoint)
    return fitted, history


def flat(model: nn.Module) -> Tensor:
    """All weights as one vector."""
    return torch.cat([weight.detach().flatten() for weight in model.parameters()])
