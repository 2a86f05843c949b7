"""``seqpipe decode``: a trained pipeline reads its test split, or new raw input."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from seqpipe.commands.flags import Flags, with_flags
from seqpipe.commands.opened import open_with_features
from seqpipe.commands.samples import Sample, samples
from seqpipe.commands.saved import described, open_trained
from seqpipe.commands.throughput import Throughput
from seqpipe.commands.trained import Record, Trained
from seqpipe.files import SeqpipeError
from seqpipe.lines import write_jsonl
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import DECODED, MODEL_DATA, PARAMS, read_pipeline, read_pipelines
from seqpipe.report import Note, Progress, Report
from seqpipe.store import Row, Store
from seqpipe.tasks import TASKS
from seqpipe.training.threads import set_threads

MAPPED = 8  # examples of each group whose map is kept; not all can be drawn, for lack of fonts


class Decoded(NamedTuple):
    """What ``seqpipe decode`` wrote of one pipeline, and a few of the records in it."""

    name: str
    path: Path
    samples: list[Sample]


def decode_test(pipeline: Pipeline, report: Report) -> Decoded:
    """Read the test split out and write ``data/decoded/<name>.jsonl``, one record a row."""
    name = pipeline.name
    trained, folder = open_with_features(pipeline, report)
    test = Store(folder / "test.arrow")
    rows = [test[index] for index in range(len(test))]
    throughput, found = Throughput(trained), list[list[Record]]()
    for chunk in _chunks(rows, 4 * pipeline.decode.batch_size):
        report(Progress(f"decode {name}", len(found), len(rows)))
        found += throughput.read_out(chunk)
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
    report(Note(f"{name}: {throughput} to {out}"))
    return Decoded(name, out, samples(records))


def decode_inputs(name: str, inputs: Sequence[str], flags: Flags, report: Report) -> Iterator[Record]:
    """Read new raw input out: files, or ``-`` for standard input; one record an input, in order."""
    trained = open_named(name, flags, report)
    examples = trained.features.inputs(existing(inputs))
    throughput = Throughput(trained)
    yield from trained.answer(examples, "-" in inputs, throughput.read_out)
    report(Note(f"{name}: {throughput}", passing=True))


def open_named(name: str, flags: Flags, report: Report) -> Trained:
    """The trained pipeline of that name; ``flags`` go before the decode section of params.yaml, if there is one."""
    folder = MODEL_DATA / name
    in_params = PARAMS.exists() and (name in read_pipelines() or not folder.is_dir())
    (pipeline,) = with_flags([read_pipeline(name) if in_params else described(folder)], flags)
    trained = open_trained(folder, pipeline.decode.model_dump(), report)
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
