"""Labelled series of the UCR and UEA archives: ``NAME_TRAIN.ts`` and ``NAME_TEST.ts``."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqpipe.files import SeqpipeError
from seqpipe.readers.cases import read_cases, read_header
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import below, splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.texts import beginning


def look_archive(path: Path) -> Found | None:
    """The ``.ts`` files of one problem, with labels."""
    files = [name for name in below(path, (".ts", ".ts.gz")) if _is_labelled(path / name)]
    problems = {name.rpartition("_")[0] for name in files}
    if len(problems) != 1:
        return None
    said = f"Labelled series (.ts): {', '.join(files)}"
    return Found("ts-archive", "series", "classify", {}, splits_of(files), said)


def read_archive(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the cases of the files; an id is its file's name and its line's number."""
    for name in names or list(below(path, (".ts", ".ts.gz"))):
        if not read_header(path / name).labelled:
            raise SeqpipeError(f"{path / name} has no labels; its header needs a line `@classLabel true` with them.")
        yield from read_cases(path / name)


def _is_labelled(path: Path) -> bool:
    try:
        return read_header(path).labelled
    except SeqpipeError:
        if any(line.startswith("@") for line in beginning(path, 1)):  # it is meant to be one
            raise
        return False


ARCHIVE = Layout(look_archive, read_archive)
