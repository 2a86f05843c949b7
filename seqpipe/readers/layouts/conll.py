"""Tagged text in columns between spaces or tabs, the word first, its label last: CoNLL-2000, 2002 and 2003."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from seqpipe.files import SeqpipeError
from seqpipe.readers.bio import as_bio, is_bioes
from seqpipe.readers.conll import DOCUMENT, Sentence
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.blocks import Block, blocks
from seqpipe.readers.layouts.files import splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.texts import texts

SAMPLE = 200  # sentences that are looked at
MANY = 100  # labels
USUAL = 0.95  # share of the lines with as many columns as most, and of the labels that are of spans
FEWEST = 2.0  # words of a sentence, on average


def look_conll(path: Path) -> Found | None:
    """Files of equally many columns in every line, the last one a label."""
    files: dict[str, list[str]] = {}
    for name in texts(path):
        if kind := _kind(path / name):
            files.setdefault(kind, []).append(name)
    if not files:
        return None
    kind, names = max(files.items(), key=lambda one: len(one[1]))
    said = f"CoNLL columns ({'spans' if kind == 'bio' else 'a label a word'}): {', '.join(names[:6])}"
    return Found("conll", "text", "tag", {"labels": kind, "files": names}, splits_of(names), said)


def read_columns(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the sentences; spans of any IOB kind become BIO. ``-DOCSTART-`` ends a document and is no sentence."""
    for name in names or options["files"]:
        document = ""
        for block in blocks(path / name, tabs=False):
            where = f"{name} line {block.line}"
            if block.rows[0][0] == DOCUMENT:
                document = f"{name}-{block.line}"
                continue
            if reason := _fault(block, options["labels"]):
                yield Dropped(where, reason)
                continue
            words, labels = [row[0] for row in block.rows], [row[-1] for row in block.rows]
            labels = as_bio(labels) if options["labels"] == "bio" else labels
            yield Example(
                f"{name}-{block.line}", Sentence(block.comments.get("text", " ".join(words)), words), labels, where,
                unit=document,
            )  # fmt: skip


def _fault(block: Block, labels: str) -> str:
    widths = {len(row) for row in block.rows}
    if len(widths) > 1 or widths == {1}:
        line = next(at for at, row in enumerate(block.rows) if len(row) != len(block.rows[0]) or len(row) == 1)
        return f"its line {block.line + line} has {len(block.rows[line])} columns, not as many as the others"
    strange = [row[-1] for row in block.rows if labels == "bio" and not is_bioes(row[-1])]
    return f"it has the label '{strange[0]}', which is not BIO" if strange else ""


def _kind(path: Path) -> str:
    """``bio``, ``plain``, or nothing where a file is laid out another way."""
    try:
        found = [block.rows for block in islice(blocks(path, tabs=False), SAMPLE) if block.rows[0][0] != DOCUMENT]
    except (SeqpipeError, OSError):
        return ""
    rows = [row for block in found for row in block]
    width, usual = Counter(map(len, rows)).most_common(1)[0] if rows else (0, 0)
    if len(found) < 2 or len(rows) < FEWEST * len(found) or usual < USUAL * len(rows) or width < 2:
        return ""
    counts = Counter(row[-1] for row in rows if len(row) == width)
    spans = sum(count for label, count in counts.items() if is_bioes(label))
    if spans >= USUAL * counts.total() and any(is_bioes(label) and label != "O" for label in counts):
        return "bio"
    few = 2 <= len(counts) <= min(MANY, max(2, len(rows) // 4))
    return "plain" if few and all(label.isupper() or not label.isalnum() for label in counts) else ""


CONLL = Layout(look_conll, read_columns, {"labels": ("bio", "plain"), "files": list})
