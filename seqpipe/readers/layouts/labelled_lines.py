"""Labelled texts a line each, the label being its first word: SST, TREC, and fastText's ``__label__``."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from seqpipe.files import some
from seqpipe.lines import read_lines
from seqpipe.readers.example import Dropped, Example
from seqpipe.readers.layouts.files import splits_of
from seqpipe.readers.layouts.found import Found, Layout
from seqpipe.readers.layouts.texts import beginning, composed, texts

LABEL = re.compile(r"\d{1,2}|[A-Z][A-Za-z_]*(:[A-Za-z_]+)?|__label__\S+|positive|negative|neutral|pos|neg|spam|ham")
MARK = "__label__"
BARE = 0.02  # largest share of lines that are a label alone
MANY = 100  # more labels than this are first words


def look_lines(path: Path) -> Found | None:
    """Files each of whose lines begins with one of a few labels."""
    files, labels = [], set[str]()
    for name in texts(path):
        if found := _labels(beginning(path / name)):
            files.append(name)
            labels |= found
    if len(labels) < 2:
        return None
    said = f"Lines of a label and a text: {', '.join(files[:4])}; {len(labels)} labels ({some(sorted(labels), 6)})"
    return Found("label-lines", "text", "classify", {"files": files}, splits_of(files), said)


def read_label_lines(path: Path, options: dict[str, Any], names: list[str]) -> Iterator[Example | Dropped]:
    """Yield the lines that are not blank."""
    for name in names or options["files"]:
        for number, line in read_lines(path / name):
            where = f"{name} line {number}"
            label, text = _cut(composed(line))
            if label and text:
                yield Example(f"{name}-{number}", text, label, where)
            elif label:
                yield Dropped(where, "it has a label and no text")


def _cut(line: str) -> tuple[str, str]:
    label, *text = line.split(maxsplit=1) or [""]
    return label.removeprefix(MARK), "".join(text).strip()


def _labels(lines: list[str]) -> set[str]:
    """The labels of a file, if it is laid out so: few, each more than once, before texts that are not."""
    pairs = [_cut(line) for line in lines if line.strip()]
    marked = bool(lines) and all(line.startswith(MARK) for line in lines if line.strip())
    counts = Counter(label for label, _ in pairs)
    bare = sum(not text for _, text in pairs)
    if len(pairs) < 4 or bare > BARE * len(pairs) or len({text for _, text in pairs}) < len(pairs) / 2:
        return set()
    few = 2 <= len(counts) <= min(MANY, max(2, len(pairs) // 10))
    shaped = all(LABEL.fullmatch(label) for label in counts) and not any("\t" in line for line in lines)
    return set(counts) if marked or (few and shaped and min(counts.values()) > 1) else set()


LABEL_LINES = Layout(look_lines, read_label_lines, {"files": list})
