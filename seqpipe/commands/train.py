"""``seqpipe train``: a feature store in, a trained pipeline and its history out."""

from __future__ import annotations

from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from seqpipe.commands.alignable import alignable, frames_needed
from seqpipe.commands.preprocess import preprocessed
from seqpipe.commands.saved import save_trained
from seqpipe.commands.trained import Trained, build
from seqpipe.commands.watched import metric_of
from seqpipe.features import features_of
from seqpipe.features.coupled import Coupled
from seqpipe.files import SeqpipeError
from seqpipe.params.augment import Augment
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import MODEL_DATA, PLOTS
from seqpipe.report import Note, Report, silent
from seqpipe.store import Store
from seqpipe.tasks import TASKS
from seqpipe.training.checkpoint import STATES, Checkpoint, remove_others
from seqpipe.training.distributed import Group, group
from seqpipe.training.fingerprint import fingerprint
from seqpipe.training.history import write_history
from seqpipe.training.lock import only_one
from seqpipe.training.loop import Plan, fit
from seqpipe.training.precision import device_of
from seqpipe.training.threads import set_threads
from seqpipe.training.views import augmented

if TYPE_CHECKING:
    from seqpipe.features.audio import Recordings


def train(pipeline: Pipeline, report: Report) -> Path:
    """Fit a pipeline; write ``data/models/<name>`` and ``data/plots/<name>/history.csv``.

    Goes on where a run with the same parameters and data was killed. Of several processes the first writes and reports.
    """
    everyone = group()
    report = report if everyone.rank == 0 else silent
    folder = preprocessed(pipeline)
    with only_one(folder, pipeline.name) if everyone.rank == 0 else nullcontext():
        return _train(pipeline, folder, everyone, report)


def _train(pipeline: Pipeline, folder: Path, everyone: Group, report: Report) -> Path:
    name, params, task = pipeline.name, pipeline.train, TASKS[pipeline.task]
    out, plots = MODEL_DATA / name, PLOTS / name
    _check_places(out.parent, plots)
    features = features_of(pipeline.modality, pipeline.task).load(pipeline.features, folder, report)
    trained = Trained(pipeline, features, build(pipeline, features))
    set_threads(params, trained.model)
    weights = sum(weight.numel() for weight in trained.model.parameters())
    report(Note(f"{name}: {pipeline.task} with {pipeline.model.cell}, {weights:,} weights"))
    training, valid = (Store(folder / f"{split}.arrow") for split in ("train", "valid"))
    metric = metric_of(trained, valid)
    learned, heard = (
        alignable(trained.model, *one, report) for one in ((training, f"{name}'s train"), (valid, f"{name}'s valid"))
    )
    checkpoint = _checkpoint(pipeline, folder, everyone, report)
    data = (learned, heard, params, name, report, _batches(trained))
    try:
        history = fit(trained.model, task.loss, *data, metric=metric, checkpoint=checkpoint)
    except SeqpipeError:  # it would come again
        if everyone.rank == 0:
            checkpoint.clear()
        raise
    task.finish(trained.model, valid, params)
    if everyone.rank == 0:
        write_history(plots / "history.csv", history, params)
        save_trained(out, trained)
        checkpoint.clear()
        report(Note(f"{name}: model in {out}"))
    return out


def _batches(trained: Trained) -> Plan:
    """What plans an epoch: of recordings that are changed, if that is asked for."""
    augment = trained.pipeline.train.augment
    if augment == Augment():
        return TASKS[trained.pipeline.task].batches
    recordings = cast("Recordings", cast(Coupled, trained.features).source)
    return augmented(recordings.augmenter(augment), partial(frames_needed, trained.model))


def _check_places(*folders: Path) -> None:
    """Know before hours of training that these folders can be made."""
    for folder in folders:
        if any(part.exists() and not part.is_dir() for part in (folder, *folder.parents)):
            raise SeqpipeError(f"The folder {folder} cannot be made: a file stands in its way; move that file.")


def _checkpoint(pipeline: Pipeline, folder: Path, everyone: Group, report: Report) -> Checkpoint:
    """Where this training keeps its state; states of other parameters or data are removed."""
    word = fingerprint(pipeline, folder, device_of(pipeline.train), everyone.size)
    if everyone.rank == 0:
        remove_others(pipeline.name, word, report)
    return Checkpoint(STATES / f"{pipeline.name}-{word}", pipeline.train.checkpoint_seconds)
