"""``seqpipe results``: every pipeline's headline metric beside its baselines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from seqpipe.files import SeqpipeError, read_json
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import METRICS, MODEL_DATA, PLOTS
from seqpipe.tasks import TASKS


class Result(NamedTuple):
    """One line of the table: a metric on one part of a test set, ours and the baselines'."""

    pipeline: str
    part: str
    metric: str
    higher_is_better: bool
    ours: float
    baselines: dict[str, float]

    def wins(self) -> bool:
        """Whether no baseline is as good."""
        sign = 1 if self.higher_is_better else -1
        return all(sign * self.ours > sign * value for value in self.baselines.values())


def results(pipelines: Sequence[Pipeline]) -> list[Result]:
    """Read the metrics of pipelines; each has a line for all test examples and one for every group."""
    lines = []
    for pipeline in pipelines:
        path = METRICS / f"{pipeline.name}.json"
        if not path.exists():
            raise SeqpipeError(f"{path} is missing; run `dvc repro` (or `seqpipe evaluate {pipeline.name}`) first.")
        scores = read_json(path)[pipeline.name]
        task = TASKS[pipeline.task]
        metric, baselines = task.headline, scores["baseline"]
        parts = [("all", scores, baselines)]
        for group, part in scores.get("group", {}).items():
            parts.append((group, part, {name: baseline["group"][group] for name, baseline in baselines.items()}))
        for part_name, ours, others in parts:
            values = {name: other[metric] for name, other in others.items()}
            lines.append(Result(pipeline.name, part_name, metric, task.higher_is_better, ours[metric], values))
    return lines


def places(pipeline: Pipeline) -> list[Path]:
    """Where a pipeline's results lie."""
    return [METRICS / f"{pipeline.name}.json", MODEL_DATA / pipeline.name, PLOTS / pipeline.name]
