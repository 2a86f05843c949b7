"""``seqpipe decode``: a trained pipeline reads its test split, or new raw input."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seqpipe.commands.opened import open_with_features
from seqpipe.commands.trained import Record, Trained, open_trained
from seqpipe.files import SeqpipeError, write_jsonl
from seqpipe.params.pipeline import SCHEMAS, Pipeline
from seqpipe.project import DECODED, MODEL_DATA, PARAMS, check, read_pipeline, read_pipelines
from seqpipe.report import Note, Progress, Report
from seqpipe.store import Row, Store
from seqpipe.tasks import TASKS
from seqpipe.training.threads import set_threads

MAPPED = 8  # examples of each group whose map is kept; not all can be drawn, for lack of fonts


def decode_test(pipeline: Pipeline, report: Report) -> Path:
    """Read the test split out and write ``data/decoded/<name>.jsonl``, one record a row."""
    name = pipeline.name
    trained, folder = open_with_features(pipeline, report)
    test = Store(folder / "test.arrow")
    rows = [test[index] for index in range(len(test))]
    began = time.perf_counter()
    found: list[list[Record]] = []
    for chunk in _chunks(rows, 4 * pipeline.decode.batch_size):
        report(Progress(f"decode {name}", len(found), len(rows)))
        found += trained.read_out(chunk)
    seconds = time.perf_counter() - began
    baselines = TASKS[pipeline.task].baselines(Store(folder / "train.arrow"), rows, pipeline, report)
    records = [
        {
            "id": row["id"],
            "group": row["group"],
            **trained.features.record(row),
            "hypotheses": hypotheses,
            "baselines": {baseline: outputs[at] for baseline, outputs in baselines.items()},
        }
        for at, (row, hypotheses) in enumerate(zip(rows, found, strict=True))
    ]
    for at in _first_of_groups(rows):
        if heat_map := trained.map(rows[at]):
            records[at]["map"] = heat_map._asdict()
    out = DECODED / f"{name}.jsonl"
    write_jsonl(out, records)
    report(
        Note(f"{name}: {len(rows)} examples read out in {seconds:.1f} s ({len(rows) / seconds:.0f} a second) to {out}")
    )
    return out


def with_flags(pipeline: Pipeline, flags: dict[str, Any], lenient: bool = False) -> Pipeline:
    """The pipeline with flags in place of its decode section's values.

    A flag its task does not know is an error, or, ``lenient``, is left out (when the flags are meant for several).
    """
    schema = SCHEMAS[pipeline.task].decode
    if lenient:
        flags = {flag: value for flag, value in flags.items() if flag in schema.model_fields}
    values = {**pipeline.decode.model_dump(), **flags}
    return pipeline.model_copy(update={"decode": check(schema, values, f"flags of `seqpipe decode {pipeline.name}`")})


def decode_inputs(name: str, inputs: Sequence[str], options: dict[str, Any], report: Report) -> Iterator[Record]:
    """Read new raw input out: files, or ``-`` for standard input; one record an input, in order."""
    trained = open_named(name, options, report)
    return trained.answer(trained.features.inputs(existing(inputs)), stream="-" in inputs)


def open_named(name: str, options: dict[str, Any], report: Report) -> Trained:
    """The trained pipeline of that name; ``options`` go before the decode section of params.yaml, if there is one."""
    if PARAMS.exists() and (name in read_pipelines() or not (MODEL_DATA / name).is_dir()):
        options = {**read_pipeline(name).decode.model_dump(), **options}
    trained = open_trained(MODEL_DATA / name, options, report)
    set_threads(trained.pipeline.train, trained.model)
    return trained


def existing(inputs: Sequence[str]) -> Sequence[str]:
    """The same files, if they are all there; ``-`` is standard input."""
    for path in inputs:
        if path != "-" and not Path(path).exists():
            raise SeqpipeError(f"{path} does not exist; give files to read, or - for standard input.")
    return inputs


def _first_of_groups(rows: list[Row]) -> list[int]:
    """The first ``MAPPED`` rows of every group."""
    groups: dict[str, list[int]] = {}
    for at, row in enumerate(rows):
        groups.setdefault(row["group"], []).append(at)
    return [at for members in groups.values() for at in members[:MAPPED]]


def _chunks(rows: list[Row], size: int) -> Iterator[list[Row]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
