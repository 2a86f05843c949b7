"""``seqpipe add``: a recipe joins the project in this folder."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from seqpipe.catalogue import STAGES, find_recipe
from seqpipe.files import SeqpipeError, whole_file
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import PARAMS, read_pipelines
from seqpipe.report import Note, Report


def add(name: str, report: Report, recipes: Path | None = None) -> Path:
    """Add the recipe's pipeline to ``params.yaml`` and copy its module to ``stages/``; return that copy.

    What ``params.yaml`` says stays as it is, to the letter; the recipe's section, comments and all, follows it.
    ``recipes`` replaces the folder of recipes that come with seqpipe. Raises ``SeqpipeError``, with nothing changed,
    if the project has a pipeline or a recipe of that name.
    """
    params = find_recipe(name, recipes)
    before, new = read_pipelines(), read_pipelines(params)
    module, copy = params.with_suffix(".py"), STAGES / f"{name}.py"
    if name in before:
        raise SeqpipeError(f"{PARAMS} already has a pipeline '{name}'; change its section there, or rename it first.")
    here = copy.exists() and copy.samefile(module)  # in seqpipe's own checkout, stages/ is where recipes come from
    if copy.exists() and not here:
        raise SeqpipeError(f"{copy} exists already; move it away, then run `seqpipe add {name}` again.")
    written = PARAMS.read_bytes().decode("utf-8")  # with the line ends it has
    text = merged(written.replace("\r\n", "\n"), params.read_text(encoding="utf-8"))
    with ExitStack() as stack:
        changed = stack.enter_context(whole_file(PARAMS))
        changed.write_text(text, encoding="utf-8", newline="\r\n" if "\r\n" in written else "\n")
        if not _says(changed, before | new):
            raise SeqpipeError(f"{PARAMS} has a layout that {name} can't be added to; copy its section from {params}.")
        if not here:
            shutil.copyfile(module, stack.enter_context(whole_file(copy)))
    report(Note(f"{name}: added to {PARAMS}, its recipe is {copy}; run `dvc repro`"))
    return copy


def _says(path: Path, pipelines: dict[str, Pipeline]) -> bool:
    try:
        return read_pipelines(path) == pipelines
    except SeqpipeError:
        return False


def merged(existing: str, recipe: str) -> str:
    """The params file ``existing`` with the pipelines of ``recipe``, another params file, at the end of its mapping and
    their sections at the end of the file.

    ruamel.yaml says where things stand; the text around them is left as it was written.
    """
    _, pipelines = _pipelines(existing)
    _, others = _pipelines(recipe)
    entries = [f"{key.value}: {value.value}" for key, value in others.value]
    last_key, last_value = pipelines.value[-1]
    if pipelines.flow_style:
        at = last_value.end_mark.index
        inserted = "".join(f", {entry}" for entry in entries)
    else:
        end = existing.find("\n", last_value.end_mark.index)
        at = len(existing) if end < 0 else end
        inserted = "".join(f"\n{' ' * last_key.start_mark.column}{entry}" for entry in entries)
    text = existing[:at] + inserted + existing[at:]
    return f"{text.rstrip()}\n\n{sections(recipe)}"


def sections(recipe: str) -> str:
    """A params file without its ``pipelines`` entry: the comments above it, then the sections."""
    key, pipelines = _pipelines(recipe)
    _, last_value = pipelines.value[-1]
    end = pipelines.end_mark.line if pipelines.flow_style else last_value.end_mark.line
    lines = recipe.splitlines(keepends=True)
    head, tail = "".join(lines[: key.start_mark.line]).strip(), "".join(lines[end + 1 :]).strip()
    return "\n".join(part for part in (head, tail) if part) + "\n"


def _pipelines(text: str) -> tuple[Any, Any]:
    """The nodes of the key ``pipelines`` and its value, with their places in the text."""
    return next((key, value) for key, value in YAML().compose(text).value if key.value == "pipelines")
