"""Symbols without spaces: one sequence a line with its label on the same line of another file, FASTA and FASTQ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from seqpipe.lines import read_lines
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.texts import bare, beginning, composed, side_by_side, texts

LABELS = re.compile(r"(.*?)[_.-]?(labels?|targets?|classes|y)(?=[_.]|$)(.*)")
RECORDS = (".fasta", ".fa", ".fna", ".faa", ".fastq", ".fq")
HEADED = re.compile(r"(?:^|[\s|;])label=(\S+)")
SEQUENCE = re.compile(r"[A-Za-z*-]+")
USUAL = 0.95  # share of what is as most is
LONGEST = 1 << 22  # letters of a sequence


def look_labelled(path: Path) -> Found | None:
    """A file of labels beside a file of as many lines."""
    names = texts(path)
    for labels in names:
        if not LABELS.fullmatch(bare(labels)):
            continue
        mine = beginning(path / labels)
        single = [line for line in mine if len(line.split()) == 1]
        if not mine or len(single) < USUAL * len(mine) or len(set(single)) > max(2, len(mine) // 4):
            continue
        others = [name for name in names if name != labels]
        if len(others) > 1:
            others = [name for name in others if len(beginning(path / name)) == len(mine)]
        if len(others) == 1:
            options = {"sequences": others[0], "labels": labels}
            said = f"Sequences in {others[0]}, a label for each in {labels}: {len(set(single))} labels"
            return Found("labels-file", "text", "classify", options, {}, said)
    return None


def read_labelled(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the lines of both files; unequal numbers of lines are a ``SeqpipeError``."""
    name, other = options["sequences"], options["labels"]
    for number, text, label in side_by_side(path, name, other):
        where = f"{name} line {number}"
        if text and label:
            yield Example(f"{name}-{number}", text, label, where)
        else:
            yield Dropped(where, f"its {'label' if text else 'sequence'} is empty")


class Record(NamedTuple):
    """A sequence of a FASTA or FASTQ file; ``fault`` is why it cannot be used."""

    line: int
    header: str
    letters: str
    fault: str = ""


def look_records(path: Path) -> Found | None:
    """FASTA and FASTQ files; with ``label=…`` in their headers they are to be classified."""
    files = [name for name in texts(path, RECORDS) if beginning(path / name, 1)[:1] and _first(path / name)]
    if not files:
        return None
    headers = [line for name in files for line in beginning(path / name) if line.startswith((">", "@"))]
    headers = [header for header in headers if header.startswith(">")]
    labelled = bool(headers) and sum(map(bool, map(HEADED.search, headers))) >= USUAL * len(headers)
    task = "classify" if labelled else "language-model"
    said = f"Sequences in {', '.join(files[:4])}{', with labels in their headers' if labelled else ''}"
    return Found("fasta", "text", task, {"labelled": labelled, "files": files}, splits_of(files), said)


def read_records(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the sequences in capitals; the id is the first word of the header."""
    for name in names or options["files"]:
        for record in _records(path / name):
            where = f"{name} line {record.line}"
            label = HEADED.search(record.header)
            if record.fault or (options["labelled"] and not label):
                yield Dropped(where, record.fault or "its header has no label=…")
                continue
            own = (record.header.split() or [str(record.line)])[0]
            yield Example(f"{name}-{own}", record.letters, label[1] if options["labelled"] and label else None, where)


def _records(path: Path) -> Iterator[Record]:
    lines = ((number, composed(line).strip()) for number, line in read_lines(path))
    return _fastq(lines) if bare(path.name).endswith((".fastq", ".fq")) else _fasta(lines)


def _fasta(lines: Iterator[tuple[int, str]]) -> Iterator[Record]:
    begun, header, size = 0, "", 0
    parts: list[str] = []
    for number, line in lines:
        if line.startswith(">"):
            if begun:
                yield _checked(begun, header, "".join(parts))
            begun, header, parts, size = number, line[1:], [], 0
        elif line and not line.startswith(";"):
            begun, size = begun or number, size + len(line)
            if size <= LONGEST + 1:
                parts.append(line[: LONGEST + 1])
    if begun:
        yield _checked(begun, header, "".join(parts))


def _fastq(lines: Iterator[tuple[int, str]]) -> Iterator[Record]:
    for number, header in lines:
        if not header:
            continue
        (_, letters), (_, plus), (_, quality) = (next(lines, (0, "")) for _ in range(3))
        if not header.startswith("@") or not plus.startswith("+") or len(letters) != len(quality):
            yield Record(number, "", "", "it is no FASTQ record of four lines, its letters and qualities equally many")
            continue
        yield _checked(number, header[1:], letters)


def _checked(line: int, header: str, letters: str) -> Record:
    if not letters:
        return Record(line, header, "", "it has no letters")
    if not SEQUENCE.fullmatch(letters) or len(letters) > LONGEST:
        return Record(line, header, "", f"its sequence has other signs than letters, or more than {LONGEST}")
    return Record(line, header, letters.upper())


def _first(path: Path) -> bool:
    return beginning(path, 1)[0].startswith((">", "@", ";"))


LABELS_FILE = Layout(look_labelled, read_labelled, {"sequences": str, "labels": str})
FASTA = Layout(look_records, read_records, {"labelled": bool, "files": list})
