"""``seqpipe source``: run a pipeline's recipe, which makes or imports ``data/raw/<name>``."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

from seqpipe.catalogue import STAGES
from seqpipe.files import SeqpipeError, whole_folder
from seqpipe.params.pipeline import Pipeline
from seqpipe.project import RAW, read_source
from seqpipe.report import Note, Report


def source(pipeline: Pipeline, report: Report) -> Path:
    """Make ``data/raw/<name>`` with ``stages/<name>.py``.

    A recipe is a module with a class ``Source(Section)``, its part of ``params.yaml``, and a function
    ``make(folder: Path, source: Source, report: Report) -> None`` that fills the folder.
    """
    name = pipeline.name
    recipe = _module(STAGES / f"{name}.py")
    params = read_source(pipeline, recipe.Source)
    with whole_folder(RAW / name) as folder:
        recipe.make(folder, params, report)
        if not any(folder.iterdir()):
            raise SeqpipeError(f"{STAGES / name}.py made nothing; its function make must fill the folder it is given.")
    report(Note(f"{name}: raw data in {RAW / name}"))
    return RAW / name


def _module(path: Path) -> ModuleType:
    if not path.exists():
        raise SeqpipeError(
            f"{path} is missing; `seqpipe add {path.stem}` brings the recipe, or write one that fills data/raw."
        )
    spec = importlib.util.spec_from_file_location(f"stages.{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # where pydantic looks up the names in a recipe's annotations
    try:
        spec.loader.exec_module(module)
    except SyntaxError as error:
        raise SeqpipeError(f"{path} line {error.lineno} is not valid Python ({error.msg}); mend it first.") from None
    except ModuleNotFoundError as error:
        raise SeqpipeError(
            f"{path} needs the package '{error.name}', which is missing; install it, or for recipes that came with "
            "seqpipe `pip install 'seqpipe[recipes]'`."
        ) from None
    for needed in ("Source", "make"):
        if not hasattr(module, needed):
            raise SeqpipeError(f"{path} has no `{needed}`; a recipe needs a class Source and a function make.")
    return module
