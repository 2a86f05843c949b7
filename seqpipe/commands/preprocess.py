"""``seqpipe preprocess``: raw data in, feature store out."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple, cast

from pydantic import ValidationError

from seqpipe.commands.drops import Drops
from seqpipe.commands.tally import Tally
from seqpipe.commands.vectors import found_for, keep
from seqpipe.features import SPLITS, Features, features_of
from seqpipe.features.prepared import CODECS, Recipe, Through, load
from seqpipe.features.pretrained import Worded
from seqpipe.features.stock import Stock
from seqpipe.files import SeqpipeError, read_json, whole_folder, write_json
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import FEATURE_DATA, RAW, require_folder
from seqpipe.report import Note, Progress, Report
from seqpipe.store import Writer
from seqpipe.workers import cores, gc_frozen, workers

EVERY = 200  # rows between two reports of progress
STOCKS = Path(".seqpipe")
"""Where prepared sources are kept between runs, in ``<name>.prepared``; DVC does not know of it."""


class Preprocessed(NamedTuple):
    """What one run made: the folder, and what its ``report.json`` says."""

    name: str
    folder: Path
    figures: dict[str, Any]


def preprocess(
    pipeline: Pipeline,
    report: Report,
    strict: bool = False,
    jobs: int | None = None,
    cluster: str | None = None,
) -> Preprocessed:
    """Write ``data/features/<name>``: one Arrow file a split, ``meta.json``, ``report.json``, and what was fitted.

    An example that cannot be used is dropped, unless ``strict`` or too many are. ``jobs`` threads, of which all but one
    have a process to do so, or the workers of the Dask ``cluster``, prepare sounds and pictures; the files are the same
    whoever does.
    """
    raw, out, recipe = raw_folder(pipeline), FEATURE_DATA / pipeline.name, _recipe(pipeline)
    with (
        gc_frozen(),
        workers(partial(load, recipe and recipe.codec), jobs, cluster) as who,
        whole_folder(out) as folder,
    ):
        stock = Stock(STOCKS / f"{pipeline.name}.prepared", recipe, who, report) if recipe else None
        features = features_of(pipeline.modality, pipeline.task).fit(pipeline.features, raw, report, stock)
        worded = cast(Worded, features)  # where vectors are named
        found = found_for(pipeline, worded, report)
        figures = _write(features, pipeline, raw, folder, stock or iter, Drops(strict, jobs or cores()), report)
        features.save(folder)
        counts = {split: figures["splits"][split]["examples"] for split in SPLITS}
        meta = {"sizes": features.sizes._asdict(), "counts": counts, "made_with": _made_with(pipeline)}
        if found:
            meta["vectors"] = keep(found, pipeline, worded, folder, report)
        write_json(folder / "meta.json", meta)
        write_json(folder / "report.json", figures)
    shown = ", ".join(f"{count} {split}" for split, count in counts.items())
    report(Note(f"{pipeline.name}: {shown} examples in {out}"))
    if stock:
        stock.tidy()
        new = "1 source was" if stock.made == 1 else f"{stock.made:,} sources were"
        report(Note(f"{pipeline.name}: {new} prepared anew, the others lay in {stock.folder}"))
    return Preprocessed(pipeline.name, out, figures)


def raw_folder(pipeline: Pipeline) -> Path:
    """``data/raw/<name>``, which must be there."""
    raw = RAW / pipeline.name
    if not raw.is_dir():
        raise SeqpipeError(
            f"{raw} is missing; make it with `seqpipe source {pipeline.name}` or `dvc repro`, or put your data there."
        )
    return raw


def _recipe(pipeline: Pipeline) -> Recipe | None:
    """What says how to prepare the sources of a pipeline, if they are costly."""
    return Recipe.of(pipeline.modality, pipeline.features) if pipeline.modality in CODECS else None


def made_with(pipeline: Pipeline, folder: Path) -> bool:
    """Whether the features in ``folder`` were made with the pipeline's task and ``features`` section.

    A key that seqpipe did not have then counts as its default.
    """
    meta = read_json(folder / "meta.json")
    made = meta.get("made_with") if isinstance(meta, dict) else None
    if not isinstance(made, dict) or made.get("task") != pipeline.task:
        return False
    try:
        return bool(type(pipeline.features).model_validate(made.get("features")) == pipeline.features)
    except ValidationError:
        return False


def _made_with(pipeline: Pipeline) -> dict[str, Any]:
    return {"task": pipeline.task, "features": pipeline.features.model_dump(mode="json")}


def preprocessed(pipeline: Pipeline) -> Path:
    """``data/features/<name>``, if it is there and was made with the pipeline's parameters."""
    command = f"seqpipe preprocess {pipeline.modality} {pipeline.name}"
    folder = require_folder(FEATURE_DATA / pipeline.name, command)
    if not made_with(pipeline, folder):
        raise SeqpipeError(
            f"{folder} was made with another task or other features than {pipeline.name} has now; run `{command}` (or "
            "`dvc repro`) again."
        )
    return folder


def _write(
    features: Features, pipeline: Pipeline, raw: Path, folder: Path, through: Through, drops: Drops, report: Report
) -> dict[str, Any]:
    """Write every split; give what ``report.json`` says."""
    tally = Tally(features, getattr(pipeline.features, "hop", None))
    for split in SPLITS:
        with Writer(folder / f"{split}.arrow", features.columns) as writer:
            items = through(features.examples(raw, split))
            for example, row in drops.rows(features, pipeline, split, items):
                writer.add(row)
                tally.add(split, example, row)
                if writer.count % EVERY == 0:
                    report(Progress(f"preprocess {raw.name} {split}", writer.count, 0))
        if not writer.count:
            drops.check()
            raise SeqpipeError(f"{raw} has no {split} examples.")
        for remark, count in sorted(tally.remarks(split).items()):
            report(Note(f"{raw} {split}: {count} source{'s' * (count > 1)} {remark}"))
    drops.check()
    if drops.found:
        report(Note(f"{pipeline.name}: {len(drops.found)} of {drops.seen} examples dropped; report.json lists them"))
    return tally.figures(drops.found)
