"""Projects: making one, adding to it, seeing what is in it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from seqpipe import console
from seqpipe.cli.pipelines import OneName
from seqpipe.files import SeqpipeError


def init(
    folder: Annotated[Path, typer.Argument(help="The new project's folder.")],
    recipe: Annotated[str | None, typer.Option(help="The recipe it starts with; translate, if none is named.")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Your corpus, a folder or a file, which is read where it lies.")
    ] = None,
    layout: Annotated[str | None, typer.Option(help="How the corpus is laid out, if not as it looks.")] = None,
    task: Annotated[str | None, typer.Option(help="What to do with it, if not what it looks made for.")] = None,
) -> None:
    """Make a new project that `dvc repro` runs: of a recipe, or for a corpus of yours."""
    if data is None and (layout or task):
        raise SeqpipeError("--layout and --task tell how to read a corpus; name its folder with --data.")
    if data is not None and recipe is not None:
        raise SeqpipeError("--recipe makes its own data; leave it or --data out.")
    with console.reporting() as report:
        if data is None:
            from seqpipe.commands.init import init as run

            run(folder, recipe or "translate", report)
        else:
            from seqpipe.commands.corpus import init_corpus

            init_corpus(folder, data, report, layout or "", task or "")


def add(name: Annotated[str, typer.Argument(help="A recipe; `seqpipe list` shows them.")]) -> None:
    """Add a recipe to the project in this folder."""
    from seqpipe.commands.add import add as run

    with console.reporting() as report:
        run(name, report)


def listing() -> None:
    """Show pipelines with their state, and recipes."""
    from seqpipe.commands.listing import listing as run

    with console.reporting() as report:
        rows = run(report)
    console.listing(rows)


def experiments(name: OneName) -> None:
    """Compare the experiments of one pipeline (the readable part of `dvc exp show`)."""
    from seqpipe.commands.experiments import experiments as run

    console.experiments(run(name))
