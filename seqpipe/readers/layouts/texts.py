"""Files of text in a corpus: which they are, and how they begin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice, zip_longest
from pathlib import Path
from unicodedata import normalize

from seqpipe.files import SeqpipeError
from seqpipe.lines import read_lines
from seqpipe.readers.layouts.files import PICTURES, SOUNDS, below, not_empty
from seqpipe.readers.videos import VIDEOS

ABOUT = re.compile(r"(source|readme|licen[cs]e|copying|changelog|citation|notice|authors)(\..*)?", re.IGNORECASE)
"""Files that tell of a corpus and are no part of it."""
OTHERS: tuple[str, ...] = (
    *SOUNDS,
    *PICTURES,
    *VIDEOS,
    ".py",
    ".md",
    ".ts",
    ".zip",
    ".tar",
    ".mid",
    ".midi",
    ".npz",
    ".pdf",
)
OTHERS += (".html", ".xml")
SHOWN = 1000  # lines that are looked at


def texts(path: Path, endings: tuple[str, ...] = ("",)) -> list[str]:
    """Names of the files below ``path`` that may be text with one of these endings, gzipped or not."""
    names = [name for name in below(path, ("",)) if not ABOUT.fullmatch(name.rpartition("/")[2])]
    return [name for name in names if bare(name).endswith(endings) and not bare(name).endswith(OTHERS)]


def bare(name: str) -> str:
    """A file's name in lower case, without ``.gz``."""
    return name.lower().removesuffix(".gz")


def beginning(path: Path, count: int = SHOWN) -> list[str]:
    """The first lines of a file; none where it is not text."""
    try:
        lines = [line for _, line in islice(read_lines(path), count)]
    except (SeqpipeError, OSError):
        return []
    return lines


def composed(text: str) -> str:
    """A text in one line: NFC, spaces for line ends."""
    return normalize("NFC", " ".join(text.splitlines()))


def side_by_side(path: Path, name: str, other: str) -> Iterator[tuple[int, str, str]]:
    """The number of each line, and that line of both files; unequal numbers of lines are a ``SeqpipeError``."""
    for left, right in zip_longest(read_lines(path / name), read_lines(path / other)):
        if left is None or right is None:
            short, long = (name, other) if left is None else (other, name)
            raise SeqpipeError(f"{path / short} has fewer lines than {long}; give both the same, line by line.")
        yield left[0], composed(left[1]).strip(), composed(right[1]).strip()


def counted(path: Path) -> int:
    """Lines of a file."""
    return sum(1 for _ in read_lines(path))


WRITTEN: tuple[str, ...] = (".txt", ".text", ".tsv", ".csv", ".json", ".jsonl", ".conll", ".conllu", ".bio", ".iob")
WRITTEN += (".ts", ".fasta", ".fa", ".fastq", ".fq", ".scp", ".train", ".valid", ".test", ".en", ".de", ".fr", ".ko")
"""Endings of files that are surely meant to be text."""


def check_texts(path: Path, most: int | None = None) -> None:
    """Raise ``SeqpipeError`` with what is wrong with the first text of a corpus that cannot be read, or is empty.

    Of each file ``most`` lines are read, or all.
    """
    for file in [path] if path.is_file() else [path / name for name in below(path, ("",))]:
        if bare(file.name).endswith(WRITTEN) and not ABOUT.fullmatch(file.name):
            for _ in islice(not_empty(file), most):
                pass
