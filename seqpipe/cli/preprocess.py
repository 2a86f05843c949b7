"""``seqpipe preprocess``: a command a modality."""

from __future__ import annotations

from typing import Annotated

import typer

from seqpipe import console
from seqpipe.cli.pipelines import Name, pipelines_of

app = typer.Typer(no_args_is_help=True, help="Turn raw data into features, by modality.")

Strict = Annotated[bool, typer.Option("--strict", help="End at the first example that cannot be used.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would happen, and how long it would take.")]
Jobs = Annotated[int | None, typer.Option(min=1, help="Cores to work on (all; for sound and pictures 8 at most).")]
ClusterAddress = Annotated[str | None, typer.Option(help="A Dask scheduler whose workers prepare: tcp://HOST:8786.")]


@app.command("text")
def preprocess_text(name: Name = None, strict: Strict = False, dry_run: DryRun = False, jobs: Jobs = None) -> None:
    """Tokenize text with sentencepiece."""
    _preprocess("text", name, strict, dry_run, jobs)


@app.command("audio")
def preprocess_audio(
    name: Name = None,
    strict: Strict = False,
    dry_run: DryRun = False,
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
) -> None:
    """Turn recordings into log-mel, MFCC or spectrogram frames."""
    _preprocess("audio", name, strict, dry_run, jobs, cluster)


@app.command("frames")
def preprocess_frames(
    name: Name = None,
    strict: Strict = False,
    dry_run: DryRun = False,
    jobs: Jobs = None,
    cluster: ClusterAddress = None,
) -> None:
    """Turn pictures and videos into columns or frames of pixels."""
    _preprocess("frames", name, strict, dry_run, jobs, cluster)


@app.command("series")
def preprocess_series(name: Name = None, strict: Strict = False, dry_run: DryRun = False) -> None:
    """Cut time series into differenced, scaled windows."""
    _preprocess("series", name, strict, dry_run)


def _preprocess(
    modality: str, name: str | None, strict: bool, dry_run: bool, jobs: int | None = None, cluster: str | None = None
) -> None:
    if dry_run:
        from seqpipe.commands.dry_run import dry_run as plan

        with console.reporting() as report:
            planned = [plan(pipeline, report, jobs) for pipeline in pipelines_of(name, modality)]
        console.planned(planned)
        return
    from seqpipe.commands.preprocess import preprocess

    with console.reporting() as report:
        found = [preprocess(pipeline, report, strict, jobs, cluster) for pipeline in pipelines_of(name, modality)]
    for one in found:
        console.preprocessed(one)
