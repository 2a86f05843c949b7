"""A project folder: reading ``params.yaml``, and where each stage keeps its files."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from seqpipe.files import SeqpipeError
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
                f"{_place(path, names, [name])}: '{name}' cannot name a pipeline; use letters, digits, _ and -."
            )
    for key in document:
        if key != "pipelines" and key not in names:
            where = _place(path, document, [key])
            raise SeqpipeError(f"{where}: section '{key}' is not in 'pipelines'{_hint(key, names)}.")
    return {name: _pipeline(path, document, name) for name in names}


def read_pipeline(name: str, path: Path = PARAMS) -> Pipeline:
    """Read one pipeline by name."""
    pipelines = read_pipelines(path)
    if name not in pipelines:
        raise SeqpipeError(f"{path} has no pipeline '{name}'{_hint(name, pipelines)}; it has {', '.join(pipelines)}.")
    return pipelines[name]


def read_source(pipeline: Pipeline, schema: type[S], path: Path = PARAMS) -> S:
    """Check the recipe's own section against the recipe's ``schema``."""
    document = read_document(path)
    return _validated(path, document, [pipeline.name, "source"], schema, pipeline.source)


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


def check(schema: type[S], values: dict[str, Any], what: str) -> S:
    """Check values that stand in no file (flags, keyword arguments); ``what`` names them in the error."""
    return _validated(Path(what), {}, [], schema, values)


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
            f"{_place(path, document['pipelines'], [name])}: pipelines.{name} is '{modality}', but must be one of "
            f"{', '.join(modalities)}{_hint(str(modality), modalities)}."
        )
    if not isinstance(section, dict):
        raise SeqpipeError(f"{path}: pipeline '{name}' has no section `{name}:` with its task and parameters.")
    for key in section:
        if key not in PARTS:
            where = _place(path, document, [name, key])
            raise SeqpipeError(f"{where}: unknown key '{name}.{key}'{_hint(key, PARTS)}.")
    task = _task(path, document, name, modality)

    def part(key: str, schema: type[S]) -> S:
        values = section.get(key)
        return _validated(path, document, [name, key], schema, {} if values is None else values)

    model = part("model", SCHEMAS[task].model)
    if found := without_effect(modality, model):
        unused, readers = found
        where = _place(path, document, [name, "model", unused])
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
    return _validated(path, document, [name], Pipeline, values)


def _task(path: Path, document: Any, name: str, modality: str) -> str:
    """The task of a section, if it exists and reads this modality."""
    task = document[name].get("task")
    if task is None:
        known = ", ".join(SCHEMAS)
        raise SeqpipeError(f"{_place(path, document, [name])}: '{name}' has no task; add `task:` with one of {known}.")
    where = _place(path, document, [name, "task"])
    if task not in SCHEMAS:
        raise SeqpipeError(
            f"{where}: {name}.task is '{task}', but must be one of {', '.join(SCHEMAS)}{_hint(str(task), SCHEMAS)}."
        )
    if (modality, task) not in FEATURES:
        reads = " or ".join(one for one, known in FEATURES if known == task)
        raise SeqpipeError(
            f"{where}: {name}.task is '{task}', which reads {reads}, but pipelines.{name} is '{modality}'; "
            "change one of them."
        )
    return str(task)


def _validated(path: Path, document: Any, place: list[str], schema: type[S], values: Any) -> S:
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise SeqpipeError(_explain(path, document, place, schema, error)) from None


def _explain(path: Path, document: Any, place: list[str], schema: type[BaseModel], error: ValidationError) -> str:
    """Say the first of a validation's errors in one sentence."""
    first = error.errors()[0]
    keys = [*place, *(str(part) for part in first["loc"])]
    where, dotted = _place(path, document, keys), ".".join(keys)
    if first["type"] == "extra_forbidden":
        fields = _fields(schema, first["loc"][:-1])
        known = f"; known: {', '.join(fields)}" if fields else ""
        return f"{where}: unknown key '{dotted}'{_hint(keys[-1], fields)}{known}."
    message = first["msg"].replace("Input should", "must", 1)
    message = message.removeprefix("Value error, ")
    if first["type"] in ("model_type", "dict_type"):
        message = "must be a mapping of keys to values"
    if first["type"] == "value_error" and isinstance(first["input"], dict):  # of several keys together
        return f"{where}: {dotted}: {message}." if dotted else f"{where}: {message}."
    choices = first.get("ctx", {}).get("expected", "")
    hint = _hint(str(first["input"]), [choice.strip(" '") for choice in choices.replace(" or ", ",").split(",")])
    return f"{where}: {dotted} is {first['input']!r}, but {message}{hint}."


def _fields(schema: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    for part in place:
        inner = schema.model_fields[str(part)].annotation if part in schema.model_fields else None
        if not isinstance(inner, type) or not issubclass(inner, BaseModel):
            return []  # a list or mapping of sections in a recipe's own schema
        schema = inner
    return list(schema.model_fields)


def _hint(word: str, known: Any) -> str:
    close = difflib.get_close_matches(str(word), [str(name) for name in known], n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def _place(path: Path, document: Any, keys: list[str]) -> str:
    """``params.yaml line 12`` for the deepest of ``keys`` that stands in the file."""
    line = None
    for key in keys:
        if not isinstance(document, dict) or key not in document:
            break
        if hasattr(document, "lc") and key in (document.lc.data or {}):  # a merged key (<<) has no line here
            line = document.lc.key(key)[0] + 1
        document = document[key]
    return f"{path} line {line}" if line else str(path)
