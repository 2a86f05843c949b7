"""What DVC calls stages, but for preprocessing and decoding, and what looks at their outcome."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from seqpipe import console
from seqpipe.cli.pipelines import Name, each, pipelines_of
from seqpipe.files import SeqpipeError


def source(name: Name = None) -> None:
    """Make or import raw data with the recipe stages/NAME.py."""
    from seqpipe.commands.source import source as run

    each(name, lambda pipeline, report: run(pipeline, report))


def train(name: Name = None) -> None:
    """Fit the model of a pipeline."""
    from seqpipe.commands.train import train as run
    from seqpipe.training.distributed import together

    with together():
        each(name, run)


def evaluate(
    name: Name = None,
    check_invariance: Annotated[
        bool, typer.Option("--check-invariance", help="Only check that results do not depend on the batch.")
    ] = False,
    sweep_beam: Annotated[
        bool, typer.Option("--sweep-beam", help="Only compare greedy search and wider beams: score and speed.")
    ] = False,
    split: Annotated[
        Literal["valid", "test"] | None, typer.Option(help="What --sweep-beam reads: the test split, or valid.")
    ] = None,
) -> None:
    """Score what was decoded: metrics, baselines and plots."""
    if split is not None and not sweep_beam:
        raise SeqpipeError("--split is for --sweep-beam, as evaluate scores the test split that was decoded; add it.")
    if check_invariance and sweep_beam:
        raise SeqpipeError("--check-invariance and --sweep-beam are two questions; ask one at a time.")
    if check_invariance:
        _check_invariance(name)
        return
    if sweep_beam:
        _sweep_beam(name, split or "test")
        return
    from seqpipe.commands.evaluate import evaluate as run

    each(name, run)


def inspect(name: Name = None) -> None:
    """Look inside a trained model: gradients by time lag, gates, singular values, memory and time."""
    from seqpipe.commands.inspect import inspect as run

    with console.reporting() as report:
        found = [run(pipeline, report) for pipeline in pipelines_of(name)]
    for one in found:
        console.inspection(one)


def results(name: Name = None) -> None:
    """Show metrics beside their baselines, and where the files are."""
    from seqpipe.commands.results import places
    from seqpipe.commands.results import results as read

    pipelines = pipelines_of(name)
    console.results(read(pipelines), [(pipeline.name, places(pipeline)) for pipeline in pipelines])


def _check_invariance(name: str | None) -> None:
    from seqpipe.commands.invariance import LEAKS
    from seqpipe.commands.invariance import check_invariance as run

    with console.reporting() as report:
        found = [run(pipeline, report) for pipeline in pipelines_of(name)]
    console.invariance(found)
    if leaking := [one.name for one in found if LEAKS in one.verdicts]:
        console.error(
            f"What {', '.join(leaking)} says of an example depends on what else is in its batch by more than rounding; "
            "look at the variants above that differ."
        )
        raise typer.Exit(1)


def _sweep_beam(name: str | None, split: str) -> None:
    from seqpipe.commands.flags import those_with
    from seqpipe.commands.sweep import sweep_beam as run

    searching = those_with("beam", pipelines_of(name), "--sweep-beam")
    with console.reporting() as report:
        found = [run(pipeline, split, report) for pipeline in searching]
    for one in found:
        console.sweep(one)
