"""A project folder: reading ``params.yaml``, and where each stage keeps its files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from seqpipe.files import SeqpipeError
from seqpipe.mistakes import nearest, place_of, validated
from seqpipe.params.pipeline import FEATURES, SCHEMAS, Pipeline, without_effect
from seqpipe.params.section import Section

PARAMS = Path("params.yaml")
RAW, FEATURE_DATA, MODEL_DATA = Path("data/raw"), Path("data/features"), Path("data/models")
DECODED, METRICS, PLOTS = Path("data/decoded"), Path("data/metrics"), Path("data/plots")
SWEEPS = Path("data/sweeps")

PARTS = ["task", "source", "features", "model", "train", "decode"]
"""Keys of a pipeline's section."""

S = TypeVar("S", bound=Section)


def read_pipelines(path: Path = PARAMS) -> dict[str, Pipeline]:
    """Read and check every pipeline of ``params.yaml``; any mistake is a ``SeqpipeError`` naming line and key."""
    document = read_document(path)
    names = document.get("pipelines")
    if not isinstance(names, dict) or not names:
        raise SeqpipeError(f"{path}: 'pipelines' must map names to modalities, for example `pipelines: {{my: text}}`.")
    for name in names:
        if not isinstance(name, str) or not re.fullmatch(r"[\w-]+", name):
            raise SeqpipeError(
                f"{place_of(path, names, [name])}: '{name}' cannot name a pipeline; use letters, digits, _ and -."
            )
    for key in document:
        if key != "pipelines" and key not in names:
            where = place_of(path, document, [key])
            raise SeqpipeError(f"{where}: section '{key}' is not in 'pipelines'{nearest(key, names)}.")
    return {name: _pipeline(path, document, name) for name in names}


def read_pipeline(name: str, path: Path = PARAMS) -> Pipeline:
    """Read one pipeline by name."""
    pipelines = read_pipelines(path)
    if name not in pipelines:
        raise SeqpipeError(f"{path} has no pipeline '{name}'{nearest(name, pipelines)}; it has {', '.join(pipelines)}.")
    return pipelines[name]


def read_source(pipeline: Pipeline, schema: type[S], path: Path = PARAMS) -> S:
    """Check the recipe's own section against the recipe's ``schema``."""
    document = read_document(path)
    return validated(path, document, [pipeline.name, "source"], schema, pipeline.source)


def read_document(path: Path) -> Any:
    """Parse YAML 1.2, keeping line numbers and comments."""
    try:
        document = YAML().load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise SeqpipeError(
            f"{path} is missing here; run inside a project, or make one with `seqpipe init DIR --recipe translate`."
        ) from None
    except MarkedYAMLError as error:
        problem = str(error.problem).split(" with value")[0]
        line = f" line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SeqpipeError(f"{path}{line} is not valid YAML: {' '.join(problem.split())}.") from None
    except (YAMLError, UnicodeDecodeError) as error:
        raise SeqpipeError(f"{path} is not valid YAML: {' '.join(str(error).split())}.") from None
    if not isinstance(document, dict):
        raise SeqpipeError(f"{path} must be a mapping with the key 'pipelines'.")
    return document


def place(*keys: str) -> str:
    """``params.yaml line 12: name.part.key``, of what turns out to be wrong only when the rest is known."""
    document = read_document(PARAMS) if PARAMS.exists() else {}
    return f"{place_of(PARAMS, document, [*keys])}: {'.'.join(keys)}"


def check(schema: type[S], values: dict[str, Any], what: str) -> S:
    """Check values that stand in no file (flags, keyword arguments); ``what`` names them in the error."""
    return validated(Path(what), {}, [], schema, values)


def require_folder(folder: Path, made_by: str) -> Path:
    """``folder`` if it is there; otherwise say which command makes it."""
    if not folder.is_dir():
        raise SeqpipeError(f"{folder} is missing; run `{made_by}` (or `dvc repro`) first.")
    return folder


def _pipeline(path: Path, document: Any, name: str) -> Pipeline:
    modality, section = document["pipelines"][name], document.get(name)
    modalities = list(dict.fromkeys(modality for modality, _ in FEATURES))
    if modality not in modalities:
        raise SeqpipeError(
            f"{place_of(path, document['pipelines'], [name])}: pipelines.{name} is '{modality}', but must be one of "
            f"{', '.join(modalities)}{nearest(str(modality), modalities)}."
        )
    if not isinstance(section, dict):
        raise SeqpipeError(f"{path}: pipeline '{name}' has no section `{name}:` with its task and parameters.")
    for key in section:
        if key not in PARTS:
            where = place_of(path, document, [name, key])
            raise SeqpipeError(f"{where}: unknown key '{name}.{key}'{nearest(key, PARTS)}.")
    task = _task(path, document, name, modality)

    def part(key: str, schema: type[S]) -> S:
        values = section.get(key)
        return validated(path, document, [name, key], schema, {} if values is None else values)

    model = part("model", SCHEMAS[task].model)
    if found := without_effect(modality, model):
        unused, readers = found
        where = place_of(path, document, [name, "model", unused])
        raise SeqpipeError(
            f"{where}: {name}.model.{unused} is for {readers}, but pipelines.{name} is '{modality}'; remove it."
        )
    values = {
        "name": name,
        "modality": modality,
        "task": task,
        "source": {} if section.get("source") is None else section["source"],
        "features": part("features", FEATURES[modality, task]),
        "model": model,
        "train": part("train", SCHEMAS[task].train),
        "decode": part("decode", SCHEMAS[task].decode),
    }
    return validated(path, document, [name], Pipeline, values)


def _task(path: Path, document: Any, name: str, modality: str) -> str:
    """The task of a section, if it exists and reads this modality."""
    task = document[name].get("task")
    if task is None:
        known = ", ".join(SCHEMAS)
        raise SeqpipeError(
            f"{place_of(path, document, [name])}: '{name}' has no task; add `task:` with one of {known}."
        )
    where = place_of(path, document, [name, "task"])
    if task not in SCHEMAS:
        raise SeqpipeError(
            f"{where}: {name}.task is '{task}', but must be one of {', '.join(SCHEMAS)}{nearest(str(task), SCHEMAS)}."
        )
    if (modality, task) not in FEATURES:
        reads = " or ".join(one for one, known in FEATURES if known == task)
        raise SeqpipeError(
            f"{where}: {name}.task is '{task}', which reads {reads}, but pipelines.{name} is '{modality}'; "
            "change one of them."
        )
    return str(task)
