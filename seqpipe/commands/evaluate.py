"""``seqpipe evaluate``: decoded records in, metrics and plots out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from seqpipe.commands.plots import draw
from seqpipe.files import SeqpipeError, whole_folder, write_json
from seqpipe.lines import read_jsonl
from seqpipe.params.pipeline import Pipeline, headline
from seqpipe.project import DECODED, METRICS, PLOTS
from seqpipe.report import Note, Report
from seqpipe.tasks import TASKS, Record

Scores = dict[str, Any]


def evaluate(pipeline: Pipeline, report: Report) -> Path:
    """Score ``data/decoded/<name>.jsonl``; write ``data/metrics/<name>.json`` and the plots of ``evaluate``."""
    name, source = pipeline.name, DECODED / f"{pipeline.name}.jsonl"
    if not source.exists():
        raise SeqpipeError(f"{source} is missing; run `seqpipe decode {name}` (or `dvc repro`) first.")
    records = list(_records(source, name))
    scores = score(pipeline.task, records)
    out = METRICS / f"{name}.json"
    with whole_folder(PLOTS / name / "evaluate") as folder:
        draw(pipeline, records, folder)
    write_json(out, {name: scores})
    metric, _ = headline(pipeline)
    report(Note(f"{name}: {metric} {scores[metric]:.4f} on {len(records)} test examples; all in {out}"))
    return out


def _records(path: Path, name: str) -> Iterator[Record]:
    number = 0
    for number, record in read_jsonl(path):
        if not isinstance(record, dict) or not {"group", "hypotheses", "baselines"} <= set(record):
            raise SeqpipeError(f"{path} line {number} is no decoded record; run `seqpipe decode {name}` again.")
        yield record
    if not number:
        raise SeqpipeError(f"{path} is empty; run `seqpipe decode {name}` (or `dvc repro`) again.")


def score(task: str, records: Sequence[Record]) -> Scores:
    """Metrics of our best answers and of every baseline's, over all records and over each group."""
    scores = _with_groups(task, records, [record["hypotheses"][0] for record in records])
    names = list(records[0]["baselines"])
    scores["baseline"] = {
        name: _with_groups(task, records, [record["baselines"][name] for record in records]) for name in names
    }
    return scores


def _with_groups(task: str, records: Sequence[Record], answers: Sequence[Record]) -> Scores:
    scores: Scores = _rounded(TASKS[task].score(records, answers))
    groups = sorted({record["group"] for record in records} - {""})
    if groups:
        scores["group"] = {group: _part(task, records, answers, group) for group in groups}
    return scores


def _part(task: str, records: Sequence[Record], answers: Sequence[Record], group: str) -> Scores:
    chosen = [at for at, record in enumerate(records) if record["group"] == group]
    return _rounded(TASKS[task].score([records[at] for at in chosen], [answers[at] for at in chosen]))


def _rounded(scores: Scores) -> Scores:
    return {name: _rounded(value) if isinstance(value, dict) else round(value, 6) for name, value in scores.items()}
