"""``seqpipe experiments``: the part of ``dvc exp show`` that belongs to one pipeline."""

from __future__ import annotations

import csv
import io
import re
import shlex
import subprocess
import sys
from typing import NamedTuple

from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import Pipeline, headline
from seqpipe.project import read_pipeline


class Experiments(NamedTuple):
    """A table of experiments; cells are text as DVC wrote it, empty where there is no value."""

    command: str
    """What a person would type to see the same."""
    columns: list[str]
    """``experiment``, ``state`` (where any is waiting or failed), ``created``, parameters that differ between rows,
    the main metric and the others that differ, without the pipeline's name."""
    rows: list[list[str]]
    """The workspace, the commit it stands on, then the experiments, queued and failed ones included."""


def experiments(name: str) -> Experiments:
    """Show what differs between the experiments of one pipeline: its metrics and the parameters behind them.

    Plain ``dvc exp show`` drops columns without a word once a row passes about a thousand characters, which three
    pipelines do. Raises ``SeqpipeError`` for an unknown pipeline and where DVC refuses (no git, no project).
    """
    arguments = _arguments(read_pipeline(name))
    done = subprocess.run([sys.executable, "-m", "dvc", *arguments, "--csv"], capture_output=True, text=True)
    if done.returncode:
        raise SeqpipeError(f"`dvc exp show` failed: {' '.join(done.stderr.split()).removeprefix('ERROR: ')}")
    rows = [_arranged(name, row) for row in csv.DictReader(io.StringIO(done.stdout))]
    if not rows:
        raise SeqpipeError("There is nothing to compare yet; `git add . && git commit`, then `dvc repro`, come first.")
    return Experiments(shlex.join(["dvc", *arguments]), list(rows[0]), [list(row.values()) for row in rows])


def _arranged(name: str, row: dict[str, str]) -> dict[str, str]:
    """Who and when, then parameters, then metrics, the rest of the test set's groups last; one column says who."""
    label = row.get("Experiment") or row["rev"]
    heads = {"experiment": label} | {key.lower(): row[key] for key in ("State", "Created") if key in row}
    own = {key.removeprefix(f"{name}."): value for key, value in row.items() if key.startswith(f"{name}.")}
    return heads | dict(sorted(own.items(), key=lambda item: (item[0].startswith("group."), "." not in item[0])))


def _arguments(pipeline: Pipeline) -> list[str]:
    metric, higher_is_better = headline(pipeline)
    order = "desc" if higher_is_better else "asc"
    name = re.escape(pipeline.name)
    # --drop matches from the start of a column, so this drops all but the pipeline's own, without its baselines (which
    # experiments leave alone), one figure a group, and the heads of rows; `rev` names rows that are no experiments.
    drop = rf"(?!{name}\.(?!baseline\.|group\.)|{name}\.group\..*\.{metric}$|Exp|rev|Created|State)"
    columns = ["--only-changed", "--drop", drop, "--keep", rf"{name}\.{metric}$"]
    return ["exp", "show", *columns, "--sort-by", f"{pipeline.name}.{metric}", "--sort-order", order]
