"""``seqpipe list``: the project's pipelines and their state, and the recipes it could add."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Literal, NamedTuple

from seqpipe.catalogue import description, recipes
from seqpipe.files import SeqpipeError
from seqpipe.project import MODEL_DATA, PARAMS, read_pipeline, read_pipelines
from seqpipe.report import Note, Report

State = Literal["fresh", "stale", "trained", "recipe"]


class Listed(NamedTuple):
    """A pipeline of the project, or a recipe that is not in it."""

    name: str
    modality: str
    task: str
    state: State
    """``fresh``: never trained here; ``stale``: ``dvc repro`` would run ``changed``; ``trained``: all is up to date;
    ``recipe``: not in this project, `seqpipe add` brings it."""
    changed: tuple[str, ...]
    """Stages whose parameters, inputs, command or outputs changed since they ran, in the order they run."""
    description: str
    """What the recipe of that name says of itself."""


def listing(report: Report, folder: Path | None = None) -> list[Listed]:
    """List the pipelines of this folder's project, if it is one, then the recipes beyond them.

    ``folder`` replaces the folder of recipes that come with seqpipe. Raises ``SeqpipeError`` for a broken
    ``params.yaml`` and where DVC refuses.
    """
    known = recipes(folder)
    about = {name: description(path) for name, path in known.items()}
    pipelines = read_pipelines() if PARAMS.exists() else {}
    trained = {name for name in pipelines if (MODEL_DATA / name).is_dir()}
    changed = _changed(report) if trained else {}  # DVC takes a second; nothing trained, nothing to ask
    rows = []
    for name, pipeline in pipelines.items():
        stages = changed.get(name, ()) if name in trained else ()
        state: State = "fresh" if name not in trained else "stale" if stages else "trained"
        rows.append(Listed(name, pipeline.modality, pipeline.task, state, stages, about.get(name, "")))
    for name, path in known.items():
        if name not in pipelines:
            recipe = read_pipeline(name, path)
            rows.append(Listed(name, recipe.modality, recipe.task, "recipe", (), about[name]))
    return rows


def _changed(report: Report) -> dict[str, tuple[str, ...]]:
    """Pipeline → its stages that are out of date, as ``dvc status`` tells."""
    report(Note("asking DVC what changed"))
    done = subprocess.run([sys.executable, "-m", "dvc", "status", "--json"], capture_output=True, text=True)
    if done.returncode:
        raise SeqpipeError(f"`dvc status` failed: {' '.join(done.stderr.split()).removeprefix('ERROR: ')}")
    changed: dict[str, tuple[str, ...]] = {}
    for target in json.loads(done.stdout):
        stage, _, name = target.rpartition(":")[2].partition("@")
        changed[name] = (*changed.get(name, ()), stage)
    return changed
