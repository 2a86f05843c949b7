"""``seqpipe results``: every pipeline's headline metric beside its baselines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from seqpipe.files import SeqpipeError, read_json
from seqpipe.params.pipeline import Pipeline, headline
from seqpipe.project import METRICS, MODEL_DATA, PLOTS


class Result(NamedTuple):
    """One line of the table: a metric on one part of a test set, ours and the baselines'."""

    pipeline: str
    task: str
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
        try:
            lines += list(_lines(pipeline, read_json(path)[pipeline.name]))
        except (KeyError, TypeError):
            raise SeqpipeError(
                f"{path} has no figures of a {pipeline.task} pipeline '{pipeline.name}'; run `dvc repro` (or `seqpipe "
                f"evaluate {pipeline.name}`) again."
            ) from None
    return lines


def _lines(pipeline: Pipeline, scores: dict[str, Any]) -> Iterator[Result]:
    (metric, higher_is_better), baselines = headline(pipeline), scores["baseline"]
    parts = [("all", scores, baselines)]
    for group, part in scores.get("group", {}).items():
        parts.append((group, part, {name: baseline["group"][group] for name, baseline in baselines.items()}))
    for part_name, ours, others in parts:
        values = {name: other[metric] for name, other in others.items()}
        yield Result(pipeline.name, pipeline.task, part_name, metric, higher_is_better, ours[metric], values)


def places(pipeline: Pipeline) -> list[Path]:
    """Where a pipeline's results lie."""
    return [METRICS / f"{pipeline.name}.json", MODEL_DATA / pipeline.name, PLOTS / pipeline.name]
