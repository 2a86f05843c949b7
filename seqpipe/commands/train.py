"""``seqpipe train``: a feature store in, a trained pipeline and its history out."""

from __future__ import annotations

import csv
from pathlib import Path

from seqpipe.commands.preprocess import preprocessed
from seqpipe.commands.trained import Trained, build, save_trained
from seqpipe.features import features_of
from seqpipe.files import whole_file
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import MODEL_DATA, PLOTS
from seqpipe.report import Note, Report
from seqpipe.store import Store
from seqpipe.tasks import TASKS
from seqpipe.training.loop import Epoch, fit, set_threads


def train(pipeline: Pipeline, report: Report) -> Path:
    """Fit a pipeline; write ``data/models/<name>`` and ``data/plots/<name>/history.csv``."""
    folder = preprocessed(pipeline)
    features = features_of(pipeline.modality, pipeline.task).load(pipeline.features, folder, report)
    model = build(pipeline, features)
    set_threads(pipeline.train, model)
    weights = sum(weight.numel() for weight in model.parameters())
    report(Note(f"{pipeline.name}: {pipeline.task} with {pipeline.model.cell}, {weights:,} weights"))
    training, valid = (Store(folder / f"{split}.arrow") for split in ("train", "valid"))
    task = TASKS[pipeline.task]
    history = fit(model, task.loss, training, valid, pipeline.train, pipeline.name, report, task.batches)
    task.finish(model, valid, pipeline.train)
    out = MODEL_DATA / pipeline.name
    save_trained(out, Trained(pipeline, features, model))
    write_history(PLOTS / pipeline.name / "history.csv", history)
    report(Note(f"{pipeline.name}: model in {out}"))
    return out


def write_history(path: Path, history: list[Epoch]) -> None:
    """Write one row an epoch, all but the time it took, so that the same seed gives the same file."""
    fields = [field for field in Epoch._fields if field != "seconds"]
    with whole_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(fields)
        rows.writerows([f"{getattr(epoch, field):.6g}" for field in fields] for epoch in history)
