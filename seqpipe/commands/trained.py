"""A trained pipeline in memory: a model with everything that reading it out needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NamedTuple

import torch
from torch import nn

from seqpipe.batches import collate
from seqpipe.commands.vectors import start_from_vectors
from seqpipe.features import Features
from seqpipe.files import SeqpipeError
from seqpipe.inspect.maps import MAPS, Map
from seqpipe.nn.recurrent import Above
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import FEATURE_DATA, place
from seqpipe.readers.example import Example
from seqpipe.search.hypothesis import Hypothesis
from seqpipe.store import Row
from seqpipe.tasks import TASKS, Task

Record = dict[str, Any]
ReadOut = Callable[[Sequence[Row]], list[list[Record]]]


class Trained(NamedTuple):
    """A model with everything around it. Call it with new inputs: texts, or paths of recordings or series."""

    pipeline: Pipeline
    features: Features
    model: nn.Module
    prepared: Any = None
    """What its task's search needs beside the model; ``saved.ready`` makes it."""

    def __call__(self, inputs: Sequence[str]) -> list[Record]:
        """One record an input, in order: ``id``, ``source``, ``hypotheses`` (best first)."""
        if isinstance(inputs, str):
            raise SeqpipeError(f"Give a list of inputs, even of one: [{inputs!r}].")
        return list(self.answer(self.features.given(inputs)))

    def answer(
        self, examples: Iterable[Example], stream: bool = False, read_out: ReadOut | None = None
    ) -> Iterator[Record]:
        """Read new examples out, batch by batch, in order; by ``read_out``, if somebody takes the time.

        All are encoded before the first is read out, so that a bad one is known before anything is answered; a
        ``stream`` is answered as it comes.
        """
        read_out = read_out or self.read_out
        encoded = (self.features.encode(example) for example in examples)
        remaining = encoded if stream else iter(list(encoded))
        while rows := list(islice(remaining, self.pipeline.decode.batch_size)):
            for row, found in zip(rows, read_out(rows), strict=True):
                yield {"id": row["id"], "source": self.features.record(row)["source"], "hypotheses": found}

    def read_out(self, rows: Sequence[Row]) -> list[list[Record]]:
        """The hypotheses of each row, best first; an empty input gives one empty output."""
        empty = TASKS[self.pipeline.task].empty
        found = [[{"text": "", "score": 0.0, "tokens": [], **empty(self.model)}] for _ in rows]
        with_data = [at for at, row in enumerate(rows) if len(row["source"])]
        size = self.pipeline.decode.batch_size
        order = sorted(with_data, key=lambda at: len(rows[at]["source"]))
        self.model.eval()
        for start in range(0, len(order), size):
            chosen = order[start : start + size]
            results = self._decode([rows[at] for at in chosen])
            for at, hypotheses in zip(chosen, results, strict=True):
                found[at] = [self.readable(one, rows[at]) for one in hypotheses]
        return found

    def score(self, rows: Sequence[Row], answers: Sequence[Record]) -> dict[str, Any]:
        """How good answers are, one a row that has a target."""
        records = [{"id": row["id"], "group": row["group"], **self.features.record(row)} for row in rows]
        return TASKS[self.pipeline.task].score(records, answers)

    def map(self, row: Row) -> Map | None:
        """Where the model looked while it read ``row`` out, if its task can tell."""
        if self.pipeline.task not in MAPS or not len(row["source"]):
            return None
        found = self._decode([row])[0][0]
        return MAPS[self.pipeline.task](self.model, collate([row]).beside(self.model), found, self.features, row)

    def readable(self, found: Hypothesis, row: Row) -> Record:
        """A hypothesis as its record says it."""
        output = self.features.decode(found.output, row)
        if isinstance(output, str):
            written = {"text": output, "score": round(found.score, 6), "tokens": self.features.tokens(found.output)}
            return {**written, **rounded(found.more)}
        if isinstance(output, dict):
            return {**output, "score": round(found.score, 6), **found.more}
        return {"values": output}

    def task(self) -> Task:
        """The row of its task, whose ``decode`` has what was prepared."""
        task = TASKS[self.pipeline.task]
        if self.prepared is None:
            return task
        return task._replace(decode=lambda model, batch, options: task.decode(model, batch, options, self.prepared))

    def _decode(self, rows: list[Row]) -> list[list[Hypothesis]]:
        return self.task().decode(self.model, collate(rows).beside(self.model), self.pipeline.decode)


def rounded(more: Mapping[str, Any]) -> Record:
    """What a hypothesis tells beside its output, numbers to six places."""
    return {name: _short(value) for name, value in more.items()}


def _short(value: Any) -> Any:
    if isinstance(value, list):
        return [*map(_short, value)]
    return round(value, 6) if isinstance(value, float) else value


def build(pipeline: Pipeline, features: Features) -> nn.Module:
    """A new model of a pipeline's task and sizes, its weights drawn from the training seed, or pretrained.

    Raises ``SeqpipeError`` where ``model.residual`` would be without effect.
    """
    torch.manual_seed(pipeline.train.seed)
    model = TASKS[pipeline.task].model(pipeline.model, features.sizes)
    if pipeline.model.residual and not any(part.residual for part in model.modules() if isinstance(part, Above)):
        raise SeqpipeError(
            f"{place(pipeline.name, 'model', 'residual')} is true, but no layer's outputs have the size of its inputs, "
            "which are added to them; add layers, or remove it."
        )
    start_from_vectors(model, pipeline, FEATURE_DATA / pipeline.name)
    return model
