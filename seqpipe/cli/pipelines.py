"""Which pipelines a command is for, and one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seqpipe import console
from seqpipe.files import SeqpipeError

if TYPE_CHECKING:
    from seqpipe.params.pipeline import Pipeline

Name = Annotated[str | None, typer.Argument(help="A pipeline of params.yaml; all of them without it.")]
OneName = Annotated[str, typer.Argument(help="A pipeline of params.yaml.")]


def pipelines_of(name: str | None, modality: str | None = None) -> list[Pipeline]:
    """The pipeline ``name``, or all, of a modality if one is asked for; a ``SeqpipeError`` where there is none."""
    from seqpipe.project import read_pipeline, read_pipelines

    if name is None:
        found = [one for one in read_pipelines().values() if modality in (None, one.modality)]
        if not found:
            raise SeqpipeError(f"params.yaml has no {modality} pipeline; add one under 'pipelines'.")
        return found
    pipeline = read_pipeline(name)
    if modality not in (None, pipeline.modality):
        raise SeqpipeError(
            f"{name} is a pipeline of {pipeline.modality}; run `seqpipe preprocess {pipeline.modality} {name}`."
        )
    return [pipeline]


def each(name: str | None, run: Callable[..., Any], modality: str | None = None) -> None:
    """Run a command that reports for each of them."""
    pipelines = pipelines_of(name, modality)
    with console.reporting() as report:
        for pipeline in pipelines:
            run(pipeline, report)
