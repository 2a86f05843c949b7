"""Text pairs: tab-separated files with a header that names ``source`` and ``target``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from unicodedata import normalize

from seqpipe.files import SeqpipeError
from seqpipe.lines import decode_lines, read_lines
from seqpipe.readers.example import Example


def read_pairs(path: Path) -> Iterator[Example]:
    """Yield the rows of a TSV with columns ``source``, ``target`` and, by choice, ``group``; text is composed (NFC)."""
    lines = read_lines(path)
    try:
        _, header = next(lines)
    except StopIteration:
        raise SeqpipeError(f"{path} is empty; it needs a header line and at least one row.") from None
    names = header.split("\t")
    for needed in ("source", "target"):
        if needed not in names:
            raise SeqpipeError(
                f"{path} line 1 has no column '{needed}' (it has {', '.join(names)}); "
                "the header needs source and target."
            )
        if names.count(needed) > 1:
            raise SeqpipeError(f"{path} line 1 has {names.count(needed)} columns '{needed}'; keep one.")
    rows, stem = 0, path.stem
    for number, line in lines:
        if not line:
            continue
        cells = normalize("NFC", line).split("\t")
        if len(cells) != len(names):
            raise SeqpipeError(
                f"{path} line {number} has {len(cells)} columns, but the header has {len(names)}; "
                "put one tab between columns."
            )
        row = dict(zip(names, cells, strict=True))
        rows += 1
        where = f"{path.name} line {number}"
        yield Example(f"{stem}-{number}", row["source"], row["target"], where, row.get("group", ""))
    if not rows:
        raise SeqpipeError(f"{path} has a header but no rows; add one row or more.")


def read_text_inputs(paths: Sequence[str]) -> Iterator[Example]:
    """Yield one example for each line of each file; ``-`` is standard input. An empty line is an example, too."""
    for path in paths:
        if path == "-":
            name, lines = "standard input", decode_lines(sys.stdin.buffer, "standard input")
        else:
            name, lines = path, read_lines(Path(path))
        number = 0
        for number, line in lines:
            yield Example(f"{path}:{number}", normalize("NFC", line), None, f"{name} line {number}")
        if not number:
            raise SeqpipeError(f"{name} is empty; give one input a line.")
