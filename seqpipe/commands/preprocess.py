"""``seqpipe preprocess``: raw data in, feature store out."""

from __future__ import annotations

from pathlib import Path

from seqpipe.features import SPLITS, Features, features_of
from seqpipe.files import SeqpipeError, whole_folder, write_json
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import FEATURE_DATA, RAW
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
    out = FEATURE_DATA / pipeline.name
    with whole_folder(out) as folder:
        counts = {split: _split(features, raw, split, folder / f"{split}.arrow", report) for split in SPLITS}
        features.save(folder)
        write_json(folder / "meta.json", {"sizes": features.sizes._asdict(), "counts": counts})
    shown = ", ".join(f"{count} {split}" for split, count in counts.items())
    report(Note(f"{pipeline.name}: {shown} examples in {out}"))
    return out


def _split(features: Features, raw: Path, split: str, path: Path, report: Report) -> int:
    with Writer(path, features.columns) as writer:
        for example in features.examples(raw, split):
            row = features.encode(example)
            if not len(row["source"]):
                raise SeqpipeError(f"{raw / example.where} has an empty source; remove it or fill it.")
            writer.add(row)
            if writer.count % EVERY == 0:
                report(Progress(f"preprocess {raw.name} {split}", writer.count, 0))
    if not writer.count:
        raise SeqpipeError(f"{raw} has no {split} examples.")
    return writer.count
