"""Tagged sentences in CoNLL columns: a word a line, its label last, an empty line between sentences."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple
from unicodedata import normalize

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.bio import as_bio, is_bio
from seqpipe.readers.example import Example

DOCUMENT = "-DOCSTART-"
"""The word of CoNLL-2003 that stands between documents; it is no sentence."""


class Sentence(NamedTuple):
    """``text`` as it was before it was cut into ``words``."""

    text: str
    words: list[str]


class Labels(NamedTuple):
    """A kind of labels: which are of it, and those of a sentence as they are kept."""

    known: Callable[[str], bool]
    kept: Callable[[list[str]], list[str]]


LABELS = {"bio": Labels(is_bio, as_bio), "plain": Labels(bool, list)}


def read_conll(path: Path, kind: str = "bio") -> Iterator[Example]:
    """Yield the sentences of a file; the source is a ``Sentence``, the target a list of labels. Text becomes NFC.

    Columns stand between tabs or, in a line without any, between spaces; the word is the first and the label the last.
    A line that begins with ``#`` is a comment, unless it holds a tab or ends in a label (of kind ``plain``: has two
    words). ``# text = …`` and ``# group = …`` (whatever they end in) before a sentence tell its raw text and its part
    of the test set. BIO may be of the older kind that begins spans with ``I-`` (IOB1): it becomes the newer, as
    conlleval reads it.
    """
    rows: list[list[str]] = []
    told: dict[str, str] = {}
    width, count, begun, number = 0, 0, 1, 0
    for number, line in read_lines(path):
        line = normalize("NFC", line)
        if _is_comment(line, kind):
            key, equals, value = line[1:].partition("=")
            told |= {key.strip(): value.strip()} if equals else {}
        elif line.strip():
            row = _row(line, f"{path} line {number}", width, LABELS[kind])
            width, begun = len(row), begun if rows else number
            rows.append(row)
        elif rows:
            yield from _sentence(path, begun, rows, told, LABELS[kind])
            count, rows, told = count + (rows[0][0] != DOCUMENT), [], {}
    if rows:
        yield from _sentence(path, begun, rows, told, LABELS[kind])
        count += rows[0][0] != DOCUMENT
    if not count:
        needs = "it needs lines with a word and its label"
        raise SeqpipeError(f"{path} holds no sentence; {needs}." if number else f"{path} is empty; {needs}.")


def _sentence(path: Path, begun: int, rows: list[list[str]], told: dict[str, str], labels: Labels) -> Iterator[Example]:
    if rows[0][0] == DOCUMENT:
        return
    words = [row[0] for row in rows]
    source = Sentence(told.get("text", " ".join(words)), words)
    yield Example(
        f"{path.stem}-{begun}",
        source,
        labels.kept([row[-1] for row in rows]),
        f"{path.name} line {begun}",
        told.get("group", ""),
    )


def _row(line: str, where: str, width: int, labels: Labels) -> list[str]:
    row = [cell.strip() for cell in line.split("\t")] if "\t" in line else line.split()
    if len(row) < 2:
        raise SeqpipeError(f"{where} has one column; put the word first and its label last, a tab between them.")
    if width and len(row) != width:
        raise SeqpipeError(f"{where} has {len(row)} columns, but the lines before have {width}; give all the same.")
    if not row[0]:
        raise SeqpipeError(f"{where} has no word before its label '{row[-1]}'; remove the line.")
    if not labels.known(row[-1]):
        raise SeqpipeError(f"{where} has the label '{row[-1]}', which is not BIO; write O, B-type or I-type.")
    return row


def _is_comment(line: str, kind: str) -> bool:
    if not line.startswith("#") or "\t" in line:
        return False
    cells = line.split()
    if cells[2:3] == ["="] or len(cells) == 1:
        return True
    return len(cells) > 2 if kind == "plain" else not is_bio(cells[-1])
