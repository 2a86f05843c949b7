"""Flags of ``seqpipe decode``: for one reading they stand before the ``decode`` section of params.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from seqpipe.files import SeqpipeError
from seqpipe.params.pipeline import SCHEMAS, Pipeline
from seqpipe.project import check

Flags = Mapping[str, Any]
"""Values by the key of a ``decode`` section that they stand for."""

OPTIONS = {"hotwords": "--hotword"}
"""What a key is called on the command line, where it is not ``--`` and its own name."""
DRAWS = ("temperature", "top_k", "top_p")
"""Keys of how to draw; giving one of them asks for draws."""


def option(key: str) -> str:
    """``--top-k`` for ``top_k``."""
    return OPTIONS.get(key, f"--{key.replace('_', '-')}")


def tasks_with(key: str) -> str:
    """The tasks whose ``decode`` section has a key, as a sentence names them: ``seq2seq and ctc``."""
    *others, last = (task for task, schema in SCHEMAS.items() if key in schema.decode.model_fields)
    return f"{', '.join(others)} and {last}" if others else last


def with_flags(pipelines: Sequence[Pipeline], flags: Flags) -> list[Pipeline]:
    """The pipelines, each with those of the flags that its task knows in place of its own values.

    A flag that none of them knows is an error, and so are flags that do not go together.
    """
    draws_asked(flags)
    for key in flags:
        those_with(key, pipelines, option(key))
    return [_with_its_own(pipeline, flags) for pipeline in pipelines]


def draws_asked(flags: Flags) -> bool:
    """Whether flags ask for draws, by saying so or how; a beam beside them is an error."""
    asked = [key for key in ("sample", *DRAWS) if key in flags and flags[key] is not False]
    if asked and "beam" in flags:
        raise SeqpipeError(
            f"--beam searches for the likeliest outputs, but {option(asked[0])} draws them at random; give one of the "
            "two."
        )
    return bool(asked)


def those_with(key: str, pipelines: Sequence[Pipeline], asked: str) -> list[Pipeline]:
    """The pipelines whose ``decode`` section has a key, which ``asked``, an option, is about; none is an error."""
    found = [pipeline for pipeline in pipelines if key in type(pipeline.decode).model_fields]
    if not found:
        one = pipelines[0]
        there = f"{one.name} is a pipeline of {one.task}" if len(pipelines) == 1 else "params.yaml has none"
        raise SeqpipeError(f"{asked} is for pipelines of {tasks_with(key)}, but {there}; leave it out.")
    return found


def _with_its_own(pipeline: Pipeline, flags: Flags) -> Pipeline:
    schema = SCHEMAS[pipeline.task].decode
    own = {key: value for key, value in flags.items() if key in schema.model_fields}
    values = pipeline.decode.model_dump(exclude_unset=True)
    if "sample" in schema.model_fields:
        values = _drawn_or_searched(values, own)
        if "seed" in own and not values.get("sample"):
            raise SeqpipeError(
                f"--seed is for outputs that are drawn, but {pipeline.name} searches for the likeliest; add "
                "--temperature, --top-k or --top-p."
            )
    section = check(schema, {**values, **own}, f"flags of `seqpipe decode {pipeline.name}`")
    return pipeline.model_copy(update={"decode": section})


def _drawn_or_searched(values: dict[str, Any], flags: Flags) -> dict[str, Any]:
    """A section's values, with draws if a flag says how to draw, and without if one says how wide to search."""
    if draws_asked(flags):
        return {key: value for key, value in values.items() if key not in ("groups", "diversity")} | {"sample": True}
    if "beam" in flags:
        return {key: value for key, value in values.items() if key not in ("sample", "seed", *DRAWS)}
    return values
