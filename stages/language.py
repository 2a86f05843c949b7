"""Python's own documentation, as ``help()`` shows it (``pydoc_data.topics``), a paragraph a line.

Whole topics are held out for validation and test, so that nothing of what they explain was read before. Topics share
many paragraphs (``compound`` contains ``if``, ``while``, ``try``): a paragraph is written once, and one that stands in
a training topic is in no other split. The text is that of the Python that runs this, so figures differ a little between
versions of Python.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from unicodedata import normalize

from pydantic import Field

from seqpipe.files import SeqpipeError, write_text
from seqpipe.params import Count, Section
from seqpipe.report import Note, Report

RULER = re.compile(r"[^\w\s]{3,}")  # what a heading is underlined with


LARGEST = 0.25
"""Share of validation or test that one topic may fill."""


class Source(Section):
    """How the topics are parted."""

    valid: Annotated[float, Field(gt=0, lt=0.5)] = 0.08
    """Share of the characters, in whole topics, to choose the best epoch by."""
    test: Annotated[float, Field(gt=0, lt=0.5)] = 0.1
    """Share of the characters, in whole topics, to score."""
    seed: Count = 1
    """Seed of the choice of topics."""


def make(folder: Path, source: Source, report: Report) -> None:
    """Write ``train.txt``, ``valid.txt`` and ``test.txt``."""
    topics = {name: list(paragraphs(text)) for name, text in _topics().items()}
    names = split(topics, source)
    written: set[str] = set()
    for part in ("train", "valid", "test"):  # in this order, so that what training has is in no other
        lines = [line for name in names[part] for line in dict.fromkeys(topics[name]) if line not in written]
        lines = list(dict.fromkeys(lines))
        if not lines:
            raise SeqpipeError(f"language.source: no topic is left for {part}; change the seed or the shares.")
        written.update(lines)
        write_text(folder / f"{part}.txt", "".join(f"{line}\n" for line in lines))
        size = sum(map(len, lines))
        report(Note(f"language: {part}, {len(names[part])} topics, {len(lines)} paragraphs, {size:,} characters"))


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of a topic, each on one line with single spaces; headings lose their underline."""
    for block in re.split(r"\n\s*\n", normalize("NFC", text)):
        lines = [line for line in block.splitlines() if not RULER.fullmatch(line.strip())]
        line = " ".join(" ".join(lines).split())
        if any(sign.isalpha() for sign in line):
            yield line


def split(topics: dict[str, list[str]], source: Source) -> dict[str, list[str]]:
    """Names of the topics of each split: in an order by hash, the first fill test, the next valid, the rest train.

    What counts is a topic's own text, which stands in no other topic. Topics are of very unequal size; one larger than
    ``LARGEST`` of a split stays in train, or it would be the split.
    """
    holders = Counter(line for lines in topics.values() for line in set(lines))
    own = {name: [line for line in set(lines) if holders[line] == 1] for name, lines in topics.items()}
    sizes = {name: sum(map(len, lines)) for name, lines in own.items()}
    wanted = {part: getattr(source, part) * sum(sizes.values()) for part in ("test", "valid")}
    left = dict(wanted)
    names: dict[str, list[str]] = {"train": [], "valid": [], "test": []}
    for name in sorted(topics, key=lambda name: hashlib.sha256(f"{source.seed} {name}".encode()).digest()):
        part = next((part for part in left if left[part] > 0 and sizes[name] <= LARGEST * wanted[part]), "train")
        names[part].append(name)
        if part in left:
            left[part] -= sizes[name]
    return names


def _topics() -> dict[str, str]:
    from pydoc_data.topics import topics

    return dict(topics)
