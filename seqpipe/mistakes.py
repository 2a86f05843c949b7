"""Mistakes in ``params.yaml``: what is wrong, in which line and key, and what may have been meant."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from seqpipe.files import SeqpipeError
from seqpipe.params.section import Section

S = TypeVar("S", bound=Section)


def validated(path: Path, document: Any, place: list[str], schema: type[S], values: Any) -> S:
    """``values``, which stand at ``place`` of ``document``, as ``schema`` has them; else what is wrong, and where."""
    try:
        return schema.model_validate(values)
    except ValidationError as error:
        raise SeqpipeError(_explain(path, document, place, schema, error)) from None


def _explain(path: Path, document: Any, place: list[str], schema: type[BaseModel], error: ValidationError) -> str:
    """Say the first of a validation's errors in one sentence."""
    first = error.errors()[0]
    keys = [*place, *(str(part) for part in first["loc"])]
    where, dotted = place_of(path, document, keys), ".".join(keys)
    if first["type"] == "extra_forbidden":
        fields = _fields(schema, first["loc"][:-1])
        known = f"; known: {', '.join(fields)}" if fields else ""
        return f"{where}: unknown key '{dotted}'{nearest(keys[-1], fields)}{known}."
    message = first["msg"].replace("Input should", "must", 1)
    message = message.removeprefix("Value error, ")
    if first["type"] == "int_parsing_size":
        message = "must be a smaller number"
    if first["type"] in ("model_type", "dict_type"):
        message = "must be a mapping of keys to values"
    if first["type"] == "value_error" and isinstance(first["input"], dict):  # of several keys together
        return f"{where}: {dotted}: {message}." if dotted else f"{where}: {message}."
    choices = first.get("ctx", {}).get("expected", "")
    hint = nearest(str(first["input"]), [choice.strip(" '") for choice in choices.replace(" or ", ",").split(",")])
    return f"{where}: {dotted} is {first['input']!r}, but {message}{hint}."


def _fields(schema: type[BaseModel], place: tuple[str | int, ...]) -> list[str]:
    for part in place:
        inner = schema.model_fields[str(part)].annotation if part in schema.model_fields else None
        if not isinstance(inner, type) or not issubclass(inner, BaseModel):
            return []  # a list or mapping of sections in a recipe's own schema
        schema = inner
    return list(schema.model_fields)


def nearest(word: str, known: Any) -> str:
    """`` (did you mean 'layers'?)`` for what is nearly one of ``known``, else nothing."""
    close = difflib.get_close_matches(str(word), [str(name) for name in known], n=1)
    return f" (did you mean '{close[0]}'?)" if close else ""


def place_of(path: Path, document: Any, keys: list[str]) -> str:
    """``params.yaml line 12`` for the deepest of ``keys`` that stands in the file."""
    line = None
    for key in keys:
        if not isinstance(document, dict) or key not in document:
            break
        if hasattr(document, "lc") and key in (document.lc.data or {}):  # a merged key (<<) has no line here
            line = document.lc.key(key)[0] + 1
        document = document[key]
    return f"{path} line {line}" if line else str(path)
