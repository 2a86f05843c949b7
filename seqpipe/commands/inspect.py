"""``seqpipe inspect``: a trained pipeline and its features in, figures and pictures of what goes on inside out."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from torch import nn

from seqpipe.batches import Batch, collate
from seqpipe.commands.insides import draw_insides
from seqpipe.commands.opened import open_with_features
from seqpipe.commands.samples import evenly
from seqpipe.commands.trained import Trained
from seqpipe.files import whole_folder, write_json
from seqpipe.inspect import costs
from seqpipe.inspect.view import View, views
from seqpipe.losses import Losses, Moment
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import PLOTS
from seqpipe.report import Note, Report
from seqpipe.store import Row, Store
from seqpipe.training.precision import autocast

EXAMPLES = 16
"""Rows of the validation split whose gradients and saturation are averaged."""
SHOWN = 100
"""Steps that a picture of gates has room for."""


class Inspection(NamedTuple):
    """What ``seqpipe inspect`` found of one pipeline; ``figures`` is what stands in ``inspect.json``."""

    name: str
    folder: Path
    figures: dict[str, Any]


def inspect(pipeline: Pipeline, report: Report) -> Inspection:
    """Look into ``data/models/<name>``; write ``data/plots/<name>/inspect`` anew.

    ``inspect.json`` has all figures, ``gradient.csv`` those by time lag, a column a layer; the rest are pictures.
    """
    name, out = pipeline.name, PLOTS / pipeline.name / "inspect"
    trained, folder = open_with_features(pipeline, report)
    valid = Store(folder / "valid.arrow")
    rows = [valid[at] for at in evenly(len(valid), EXAMPLES)]
    shown = longest(rows, SHOWN)
    report(Note(f"{name}: looking at {len(rows)} validation examples; gates are those of {rows[shown]['id']}"))
    found = views(trained.model, rows, shown, pipeline.task)
    about = {"example": rows[shown]["id"], "examples": len(rows)}
    layers = {layer: view.figures() for layer, view in found.items()}
    figures = {**about, "layers": layers, **spent(trained, Store(folder / "train.arrow"), rows[shown])}
    with whole_folder(out) as temporary:
        write_json(temporary / "inspect.json", figures)
        write_lags(temporary / "gradient.csv", found)
        draw_insides(found, trained.features.source_tokens(rows[shown]), temporary)
    return Inspection(name, out, figures)


def spent(trained: Trained, train: Store, row: Row) -> dict[str, Any]:
    """Weights by part, bytes, and seconds of training steps, of reading ``row`` out, and of a step of a search."""
    model, task, params = trained.model, trained.task(), trained.pipeline.train

    def halfway(model: nn.Module, batch: Batch) -> Losses:
        """The loss as it is in the middle of training: in its precision, with what is sampled then."""
        with autocast(params, batch.source.data.device):
            losses: Losses = task.loss(model, batch, Moment(1, 2, params))
        return losses

    step = costs.training(model, halfway, task.batches(train, params, np.random.default_rng(params.seed)))
    batch, options = collate([row]).beside(model), trained.pipeline.decode
    times = {"training_step": step.seconds, "decoding": costs.seconds(lambda: task.decode(model, batch, options))}
    if trained.pipeline.task in costs.SEARCHED:
        times["decoding_step"] = costs.seconds(costs.SEARCHED[trained.pipeline.task](model, batch))
    return {
        "parameters": costs.parameters(model),
        "bytes": {"weights": costs.weight_bytes(model), "activations": step.activations},
        "seconds": times,
        "training_step": {"padded_steps": step.steps},
    }


def longest(rows: Sequence[Row], most: int) -> int:
    """The row with the longest source of at most ``most`` steps; if all are longer, the shortest."""
    lengths = [len(row["source"]) for row in rows]
    fit = [length for length in lengths if length <= most]
    return lengths.index(max(fit) if fit else min(lengths))


def write_lags(path: Path, found: Mapping[str, View]) -> None:
    """Write gradient norms by lag: a row a lag, a column a layer, and one more for the state of its cell, if any."""
    columns: dict[str, np.ndarray] = {}
    for name, view in found.items():
        columns[name] = view.gradient.hidden
        if view.gradient.cell is not None:
            columns[f"{name} cell"] = view.gradient.cell
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(["lag", *columns])
        for lag in range(max(map(len, columns.values()), default=0)):
            rows.writerow([lag, *(f"{part[lag]:.6g}" if lag < len(part) else "" for part in columns.values())])
