"""Sounds and pictures listed by a CSV or TSV with a header: a column of files, one of labels or texts."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unicodedata import normalize

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import below, named, splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.labelled import SOURCES
from seqpipe.readers.layouts.texts import bare

FILES = ("audio_filepath", "path", "file", "filename", "file_name", "image", "audio", "wav")
TARGETS = {"label": "classify", "class": "classify", "category": "classify", "text": "ctc", "transcript": "ctc"}
"""Columns of targets, and the task that each is for."""


def look_listed(path: Path) -> Found | None:
    """Tables with a column of files that are sounds, or pictures, and one of targets."""
    found: dict[tuple[str, str, str, str], list[str]] = {}
    for name in below(path, (".csv", ".tsv", ".csv.gz", ".tsv.gz")):
        try:
            _, head = next(_rows(path / name), (0, []))
            _, first = next((row for row in _rows(path / name) if row[1] != head), (0, []))
        except SeqpipeError:
            continue
        row = dict(zip(head, first, strict=False))
        for file, target in ((file, target) for file in FILES for target in TARGETS if {file, target} <= row.keys()):
            for modality in ("audio", "frames"):
                if row[file].lower().endswith(SOURCES[modality][0]):
                    found.setdefault((modality, TARGETS[target], file, target), []).append(name)
    if not found:
        return None
    (modality, task, file, target), tables = next(iter(found.items()))
    options = {"modality": modality, "file": file, "target": target, "tables": tables}
    said = f"Files listed in {', '.join(tables)}: column {file}, with {target}"
    return Found("listed", modality, task, options, splits_of(tables), said)


def read_listed(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the rows; a file is named from its table's folder."""
    for table in names or options["tables"]:
        rows = _rows(path / table)
        _, head = next(rows, (0, []))
        if missing := [options[key] for key in ("file", "target") if options[key] not in head]:
            raise SeqpipeError(f"{path / table} has no column '{missing[0]}' in its header; rename one.")
        for number, cells in rows:
            where = f"{table} line {number}"
            if len(cells) != len(head):
                yield Dropped(where, f"it has {len(cells)} columns, the header has {len(head)}")
                continue
            row = dict(zip(head, cells, strict=True))
            name, target = row[options["file"]], normalize("NFC", row[options["target"]].strip())
            found = named(path, (path / table).parent, name, where)
            if found is None or not target:
                yield Dropped(where, "it has no target" if found else f"{name} is missing")
                continue
            yield Example(f"{table}-{number}", SOURCES[options["modality"]][1](found), target, where)


def _rows(path: Path) -> Iterator[tuple[int, list[str]]]:
    delimiter = "\t" if bare(path.name).endswith(".tsv") else ","
    reader = csv.reader((f"{line}\n" for _, line in read_lines(path)), delimiter=delimiter, strict=True)
    try:
        for cells in reader:
            if any(cells):
                yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:
        raise SeqpipeError(f"{path} line {reader.line_num} is not CSV ({error}); look at its quotes.") from None


LISTED = Layout(look_listed, read_listed, {"modality": ("audio", "frames"), "file": str, "target": str, "tables": list})
