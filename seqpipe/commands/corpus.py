"""``seqpipe init --data``: a new project around a corpus that stays where it is."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from seqpipe.catalogue import STAGES
from seqpipe.commands.fitting import FITTED, INSTEAD
from seqpipe.commands.init import TEMPLATE, new_project, write_common
from seqpipe.commands.surveyed import survey
from seqpipe.files import SeqpipeError
from seqpipe.project import PARAMS, read_pipelines
from seqpipe.readers.layouts.found import Found
from seqpipe.readers.look import look
from seqpipe.readers.splitting import HELD_OUT, seed_for
from seqpipe.report import Note, Report

RECIPE = '''"""{said}

The corpus is read where it lies; ``{name}.source`` in params.yaml says where that is, and how it is laid out.
"""

from seqpipe.readers.recipe import Source, make

__all__ = ["Source", "make"]
'''
HELD = 0.1
"""Share of a split that a corpus lacks."""
SOURCE_DEPENDENCY = "        - stages/${key}.py\n"


def init_corpus(folder: Path, data: Path, report: Report, layout: str = "", task: str = "") -> Path:
    """Make the project ``folder`` for the corpus in the folder or file ``data``, with parameters that fit it.

    ``layout`` and ``task`` overrule what looking at the corpus finds. Raises ``SeqpipeError`` and leaves nothing behind
    if nothing fits.
    """
    data = data.resolve()
    found = look(data, layout)
    found = found._replace(task=_task(found, task))
    known = survey(data, found)
    report(Note(f"{data.name}: {found.said}"))
    name = re.sub(r"[^\w-]+", "-", data.name.partition(".")[0] if data.is_file() else data.name).strip("-") or "corpus"
    name = f"{name}-corpus" if name == "pipelines" else name
    source: dict[str, Any] = {
        "path": str(data),
        "layout": found.layout,
        "options": found.options,
        "splits": found.splits,
    }
    source |= {"valid": HELD, "test": HELD}
    source["seed"] = seed_for(known.keys, {split: HELD for split in HELD_OUT if split not in found.splits})
    fitted = FITTED[found.modality, found.task](known, found.options)
    section = {"task": found.task, "source": source, **fitted._asdict()}

    def fill(new: Path) -> None:
        write_common(new)
        (new / "dvc.yaml").write_text(watching(data), encoding="utf-8")
        (new / PARAMS).write_text(_params(found, name, section), encoding="utf-8")
        text = RECIPE.format(said=found.said.rstrip(".") + ".", name=name)
        (new / STAGES / f"{name}.py").write_text(text, encoding="utf-8")
        read_pipelines(new / PARAMS)

    made = new_project(folder, fill, "name a new folder")
    report(Note(f"{name}: a new project in {made}; go there and run `dvc repro`"))
    return made


def watching(data: Path) -> str:
    """The template of dvc.yaml, whose stage ``source`` looks at the corpus as well."""
    text = (TEMPLATE / "dvc.yaml.txt").read_text(encoding="utf-8")
    before, found, after = text.partition(SOURCE_DEPENDENCY)
    assert found
    path = json.dumps(str(data), ensure_ascii=False).replace("${", "\\\\${")
    return f"{before}{found}        - {path}\n{after}"


def _task(found: Found, task: str) -> str:
    possible = (found.task, *INSTEAD.get((found.modality, found.task), ()))
    if task and task not in possible:
        raise SeqpipeError(
            f"The task '{task}' does not go with {found.layout}, whose examples are for {' or '.join(possible)}."
        )
    return task or found.task


def _params(found: Found, name: str, section: dict[str, Any]) -> str:
    """A params file with comments on where things come from."""
    yaml = YAML()
    yaml.width = 1 << 20
    yaml.default_flow_style = False
    file = io.StringIO()
    yaml.dump({"pipelines": {name: found.modality}}, file)
    file.write("\n")
    yaml.dump({name: section}, file)
    return f"# {found.said}\n# The figures are a start, chosen by the size of the corpus.\n{file.getvalue()}"
