"""``seqpipe preprocess``: raw data in, feature store out."""

from __future__ import annotations

from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from seqpipe.commands.vectors import found_for, keep
from seqpipe.features import SPLITS, Features, features_of
from seqpipe.features.pretrained import Worded
from seqpipe.files import SeqpipeError, read_json, whole_folder, write_json
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import FEATURE_DATA, RAW, require_folder
from seqpipe.readers.example import Dropped
from seqpipe.report import Note, Progress, Report
from seqpipe.store import Writer

EVERY = 200  # rows between two reports of progress


def preprocess(pipeline: Pipeline, report: Report) -> Path:
    """Write ``data/features/<name>``: one Arrow file a split, ``meta.json``, and what was fitted."""
    raw = RAW / pipeline.name
    if not raw.is_dir():
        raise SeqpipeError(
            f"{raw} is missing; make it with `seqpipe source {pipeline.name}` or `dvc repro`, or put your data there."
        )
    features = features_of(pipeline.modality, pipeline.task).fit(pipeline.features, raw, report)
    worded = cast(Worded, features)  # where vectors are named
    found = found_for(pipeline, worded, report)
    out = FEATURE_DATA / pipeline.name
    with whole_folder(out) as folder:
        counts = {split: _split(features, raw, split, folder / f"{split}.arrow", report) for split in SPLITS}
        features.save(folder)
        meta = {"sizes": features.sizes._asdict(), "counts": counts, "made_with": _made_with(pipeline)}
        if found:
            meta["vectors"] = keep(found, pipeline, worded, folder, report)
        write_json(folder / "meta.json", meta)
    shown = ", ".join(f"{count} {split}" for split, count in counts.items())
    report(Note(f"{pipeline.name}: {shown} examples in {out}"))
    return out


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


def _split(features: Features, raw: Path, split: str, path: Path, report: Report) -> int:
    with Writer(path, features.columns) as writer:
        for example in features.examples(raw, split):
            if isinstance(example, Dropped):
                report(Note(f"{example.where} is dropped: {example.reason}"))
                continue
            row = features.encode(example)
            if not len(row["source"]):
                raise SeqpipeError(f"{raw / example.where} has an empty source; remove it or fill it.")
            writer.add(row)
            if writer.count % EVERY == 0:
                report(Progress(f"preprocess {raw.name} {split}", writer.count, 0))
    if not writer.count:
        raise SeqpipeError(f"{raw} has no {split} examples.")
    return writer.count
