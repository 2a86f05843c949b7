"""Plain text, for language models: each line that is not blank is a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.texts import beginning, composed, counted, texts

MANY = 10  # files from which each is taken for a document
NUMBERS = re.compile(r"\s*[-+\d.eE]+(\s*[,;]\s*[-+\d.eE]*)+")
UNITS = ("file", "paragraph", "line")


def look_plain(path: Path) -> Found | None:
    """Files of text without any other layout; what belongs together is a file, or a paragraph, or a line."""
    files = texts(path, (".txt", ".text", ".train", ".valid", ".test", ".tokens", ".raw"))
    files = [name for name in files if _is_text(beginning(path / name))]
    if not files:
        return None
    splits = splits_of(files)
    unit = "file" if len(files) >= MANY else "paragraph" if _has_paragraphs(path / files[0]) else "line"
    try:
        lines = sum(counted(path / name) for name in files[:100])
    except SeqpipeError:
        return None
    said = f"Plain text: {len(files)} file{'s' * (len(files) > 1)}, {lines:,} lines; what belongs together is a {unit}"
    return Found("plain", "text", "language-model", {"unit": unit, "files": files}, splits, said)


def read_plain_files(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the lines that are not blank; the unit is the file, the paragraph or the line."""
    unit = options["unit"]
    for name in names or options["files"]:
        begun = 0
        for number, line in read_lines(path / name):
            if not line.strip():
                begun = 0
                continue
            begun = begun or number
            key = f"{name}-{number}"
            of = {"file": name, "paragraph": f"{name}-{begun}", "line": key}[unit]
            yield Example(key, composed(line), None, f"{name} line {number}", "", of)


def _is_text(lines: list[str]) -> bool:
    """Whether there is text, and not a table of numbers below a header."""
    written = [line for line in lines if line.strip()]
    return sum(map(bool, map(NUMBERS.fullmatch, written))) <= len(written) / 2 and bool(written)


def _has_paragraphs(path: Path) -> bool:
    lines = beginning(path)
    blank = sum(not line.strip() for line in lines)
    return blank >= 20 or blank > len(lines) / 20


PLAIN = Layout(look_plain, read_plain_files, {"unit": UNITS, "files": list})
