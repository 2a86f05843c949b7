"""The command line. A command is a few lines: read flags, call ``commands``, let the console show what came."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from seqpipe import console
from seqpipe.cli import preprocess, projects, reading, stages
from seqpipe.files import SeqpipeError

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


def _version(asked: bool) -> None:
    if asked:
        import seqpipe

        console.line(f"seqpipe {seqpipe.__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Sequence modelling from raw data to comparable experiments.

    A pipeline is a section of params.yaml; `dvc repro` runs source, preprocess, train, decode and evaluate for all.
    """


COMMANDS: dict[str, Callable[..., None]] = {
    "source": stages.source,
    "train": stages.train,
    "decode": reading.decode,
    "score": reading.score,
    "complete": reading.complete,
    "evaluate": stages.evaluate,
    "inspect": stages.inspect,
    "results": stages.results,
    "init": projects.init,
    "add": projects.add,
    "list": projects.listing,
    "experiments": projects.experiments,
}
for name, command in COMMANDS.items():
    app.command(name)(command)
app.add_typer(preprocess.app, name="preprocess")


MISUSE: Any = typer.BadParameter.__mro__[1]
"""All that is wrong on a command line; Typer has a public name for this kind alone."""


def _explain(mistake: Any) -> None:
    """Say what is wrong on the command line in one sentence; without a command, what there is."""
    message = " ".join(mistake.format_message().split())
    if message.startswith("Usage:"):
        mistake.show()
        return
    for theirs, ours in {"Value error, ": "", "Input should be": "must be"}.items():
        message = message.replace(theirs, ours)
    command = mistake.ctx.command_path if mistake.ctx else "seqpipe"
    console.error(f"{message.rstrip('.')} (see `{command} --help`).")


def main() -> None:
    """Run; a user's mistake ends in one sentence and exit code 2."""
    console.use_utf8()
    try:
        sys.exit(app(standalone_mode=False))
    except MISUSE as mistake:
        _explain(mistake)
        sys.exit(2)
    except SeqpipeError as mistake:
        console.error(str(mistake))
        sys.exit(2)
    except (RuntimeError, MemoryError) as failure:  # torch's allocators raise the former
        if not (isinstance(failure, MemoryError) or re.search("allocate.*memory|out of memory", str(failure))):
            raise
        console.error(
            "There is not enough memory; lower train.budget, decode.batch_size or the model's sizes, or take a machine "
            "that has more."
        )
        sys.exit(2)
    except OSError as failure:  # a full disk, a folder that may not be written; Typer ends quietly at a broken pipe
        place = f"{failure.filename}: " if failure.filename else ""
        console.error(f"{place}{failure.strerror or failure}; check the path, its permissions and the free space.")
        sys.exit(2)
