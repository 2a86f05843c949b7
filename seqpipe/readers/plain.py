"""Plain text: one text (a document, a paragraph, a line) a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from unicodedata import normalize

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.example import Example


def read_plain(path: Path) -> Iterator[Example]:
    """Yield each line that is not blank, composed (NFC)."""
    count, stem, name = 0, path.stem, path.name
    for number, line in read_lines(path):
        if line.strip():
            count += 1
            yield Example(f"{stem}-{number}", normalize("NFC", line), None, f"{name} line {number}")
    if not count:
        raise SeqpipeError(f"{path} has no text; write one text a line.")
