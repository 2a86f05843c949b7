"""Universal Dependencies: CoNLL-U, ten columns between tabs; words and their parts of speech."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from seqpipe.files import SeqpipeError
from seqpipe.readers.conll import Sentence
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.blocks import blocks
from seqpipe.readers.layouts.files import splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.texts import texts

SAMPLE = 20  # sentences that are looked at
COLUMNS = ("id", "form", "lemma", "upos", "xpos", "feats", "head", "deprel", "deps", "misc")


def look_conllu(path: Path) -> Found | None:
    """Files that end in ``.conllu``."""
    files = [name for name in texts(path, (".conllu",)) if _begins(path / name)]
    said = f"Universal Dependencies (CoNLL-U): {', '.join(files[:6])}; parts of speech (upos)"
    return Found("conllu", "text", "tag", {"column": "upos", "files": files}, splits_of(files), said) if files else None


def read_conllu(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the sentences; ranges of multiword tokens (``1-2``) and empty nodes (``8.1``) are passed over.

    The id is ``sent_id``; the unit is the document, ``newdoc id``.
    """
    column = options["column"]
    at = COLUMNS.index(column)
    for name in names or options["files"]:
        document = ""
        for block in blocks(path / name, tabs=True):
            where = f"{name} line {block.line}"
            document = block.comments.get("newdoc id", document)
            rows = [row for row in block.rows if row[0].isascii() and row[0].isdigit()]
            if not rows or any(len(row) != len(COLUMNS) for row in block.rows):
                yield Dropped(where, f"not all its lines have the {len(COLUMNS)} columns of CoNLL-U")
                continue
            words, labels = [row[1].strip() for row in rows], [row[at].strip() for row in rows]
            if not all(words) or not all(labels):
                yield Dropped(where, f"a word of it has no {'form' if not all(words) else column}")
                continue
            own = block.comments.get("sent_id") or f"{name}-{block.line}"
            yield Example(
                own, Sentence(block.comments.get("text", " ".join(words)), words), labels, where, "", document
            )


def _begins(path: Path) -> bool:
    try:
        rows = [row for block in islice(blocks(path, tabs=True), SAMPLE) for row in block.rows]
    except (SeqpipeError, OSError):
        return False
    return 2 * sum(len(row) == len(COLUMNS) for row in rows) > len(rows)


CONLLU = Layout(look_conllu, read_conllu, {"column": COLUMNS, "files": list})
