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
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import read_pipeline

MAIN_METRIC = {"seq2seq": ("exact", "desc"), "ctc": ("wer", "asc"), "forecast": ("mase", "asc")}
"""Task → the figure that experiments are sorted by, best first, and its order."""


class Experiments(NamedTuple):
    """A table of experiments; cells are text as DVC wrote it, empty where there is no value."""

    command: str
    """What a person would type to see the same."""
    columns: list[str]
    """``Experiment``, ``rev``, ``Created``, ``State`` as far as any row has one, then the main metric and what other
    metrics and parameters differ between rows, without the pipeline's name."""
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
    header, *rows = [row for row in csv.reader(io.StringIO(done.stdout)) if row] or [[]]
    columns = [column.removeprefix(f"{name}.") for column in header]
    return Experiments(shlex.join(["dvc", *arguments]), columns, rows)


def _arguments(pipeline: Pipeline) -> list[str]:
    metric, order = MAIN_METRIC[pipeline.task]
    name = re.escape(pipeline.name)
    # --drop matches from the start of a column, so this drops all but the pipeline's own, without its baselines (a
    # dozen figures that experiments leave alone), and the row's heads; `rev` names rows that are no experiments.
    drop = rf"(?!{name}\.(?!baseline\.)|Exp|rev|Created|State)"
    columns = ["--only-changed", "--drop", drop, "--keep", rf"{name}\.{metric}$"]
    return ["exp", "show", *columns, "--sort-by", f"{pipeline.name}.{metric}", "--sort-order", order]
