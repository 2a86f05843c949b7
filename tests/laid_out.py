"""A corpus of given files, and what a layout reads of it."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.found import Found
from seqpipe.readers.look import LAYOUTS


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        raw = text.encode()
        (folder / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    (folder / "SOURCE").write_text("told")
    (folder / "README.md").write_text("# read\n")
    (folder / "LICENSE.txt").write_text("mine\n")
    return folder


def read(folder: Path, found: Found, names: list[str] | None = None) -> tuple[list[Example], list[Dropped]]:
    items = list(LAYOUTS[found.layout].read(folder, found.options, names or []))
    return [one for one in items if isinstance(one, Example)], [one for one in items if isinstance(one, Dropped)]


def both(examples: list[Example]) -> list[tuple[Any, Any]]:
    return [(example.source, example.target) for example in examples]
